from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Upper


class User(AbstractUser):
    """A person with a login: a viewer, or with `is_staff` someone who curates the catalogue."""

    class Meta(AbstractUser.Meta):
        # "Ann" and "ann" are one name: nobody can pass for somebody else by a capital.
        constraints: ClassVar = [models.UniqueConstraint(Upper("username"), name="user_name_once")]
