from django.db import transaction

from netflix.accounts.models import User


@transaction.atomic
def ensure_login(*, username: str, password: str, is_admin: bool) -> bool:
    """Create this login unless the name is taken. Returns whether the password given opens it."""
    create = User.objects.create_superuser if is_admin else User.objects.create_user
    user = User.objects.filter(username=username).first() or create(username, password=password)
    return user.check_password(password)
