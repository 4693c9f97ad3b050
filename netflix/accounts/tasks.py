from celery import shared_task
from django.core.management import call_command
from django.utils import timezone
from knox.models import AuthToken


@shared_task
def remove_expired_logins() -> None:
    """Delete sessions and tokens that have expired; running it twice does no harm."""
    call_command("clearsessions")
    AuthToken.objects.filter(expiry__lt=timezone.now()).delete()
