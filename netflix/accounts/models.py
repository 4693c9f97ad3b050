from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with a login: a viewer, or with `is_staff` someone who curates the catalogue."""
