from celery import shared_task
from django.core.management import call_command
from django.utils import timezone
from knox.models import AuthToken

from netflix.accounts import email


@shared_task
def remove_expired_logins() -> None:
    """Delete expired sessions and tokens."""
    call_command("clearsessions")
    AuthToken.objects.filter(expiry__lt=timezone.now()).delete()


@shared_task
def send_email_links() -> None:
    """Send the verification links that are due, every few seconds; the rows are the queue."""
    email.send_links()
