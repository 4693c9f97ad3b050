from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from netflix.accounts.tasks import remove_expired_logins

pytestmark = pytest.mark.django_db


def test_it_removes_what_has_expired_and_keeps_the_rest(viewer):
    kept, _ = AuthToken.objects.create(viewer, expiry=timedelta(hours=1))
    AuthToken.objects.create(viewer, expiry=timedelta(seconds=-1))
    for age in (-1, 3600):
        session = SessionStore()
        session.set_expiry(age)
        session.save()
    remove_expired_logins()
    remove_expired_logins()
    assert list(AuthToken.objects.all()) == [kept]
    assert Session.objects.count() == 1
