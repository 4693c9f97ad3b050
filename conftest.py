import pytest
from rest_framework.test import APIClient

from netflix.accounts.models import User


@pytest.fixture
def api() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def viewer(db) -> User:
    return User.objects.create_user("viewer", "viewer@example.org", "a-viewers-password")


@pytest.fixture
def admin(db) -> User:
    return User.objects.create_superuser("admin", "admin@example.org", "an-admins-password")


@pytest.fixture
def curator_api(admin) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(admin)
    return client


@pytest.fixture
def viewer_api(viewer) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(viewer)
    return client
