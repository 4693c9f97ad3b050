from celery import shared_task
from django.core.management import call_command
from django.utils import timezone
from knox.models import AuthToken

from netflix.accounts import email_addresses, mails


@shared_task
def remove_expired_logins() -> None:
    """Delete expired sessions and tokens, and the rows of old e-mails about accounts."""
    call_command("clearsessions")
    AuthToken.objects.filter(expiry__lt=timezone.now()).delete()
    mails.delete_old()


@shared_task
def send_email_links() -> None:
    """Send the verification links and the other e-mails about accounts that are due; the rows are the queue."""
    email_addresses.send_links()
    mails.send()
