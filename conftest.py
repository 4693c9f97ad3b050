import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import get_hashers, get_hashers_by_algorithm
from django.db import connection
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from netflix.accounts.models import User
from netflix.api.circuit_breakers import broker_circuit, redis_circuit
from netflix.tests import contract, emptying
from netflix.tests.meanwhile import eventually
from netflix.tests.servers import Servers
from netflix.tests.ways import ways_of

# Any example may take long on a busy machine.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def _answers_are_held_beside_the_schema():
    settings.MIDDLEWARE.insert(0, "netflix.tests.contract.AnswersAsPromised")


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_up_when_asked_for():
    """WhiteNoise would go through all of them for each client that a test makes."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_in_no_time():
    """A quarter of a second for each person would be most of the time that the tests take."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    get_hashers.cache_clear()
    get_hashers_by_algorithm.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_quickly():
    TransactionTestCase._fixture_teardown = emptying.empty_tables


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """No commit waits for the disk, which takes 3 ms: tests kill processes, but none cuts the power."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def _redis_may_answer_late():
    """A busy machine may pause Redis for longer than a request waits for it. Tests of timeouts set shorter ones."""
    patience = 20
    timeouts = dict.fromkeys(settings.CACHES["default"]["OPTIONS"], patience)
    settings.REDIS_PATIENCE = patience
    settings.CACHES = {"default": settings.CACHES["default"] | {"OPTIONS": timeouts}}
    settings.BROKER_PATIENCE = dict.fromkeys(settings.BROKER_PATIENCE, patience) | {"max_retries": 0}


@pytest.fixture(autouse=True)
def _circuits_are_closed():
    redis_circuit.reset()
    broker_circuit.reset()


@pytest.fixture(autouse=True)
def _answers_are_as_promised():
    """See netflix/tests/contract.py."""
    contract.broken.clear()
    yield
    assert not contract.broken


@pytest.fixture
def poster_folder(tmp_path):
    return tmp_path / "posters"


@pytest.fixture
def poster_files(settings, poster_folder):
    """The folder in which uploaded posters are kept."""
    options = {"OPTIONS": settings.STORAGES["posters"]["OPTIONS"] | {"location": poster_folder}}
    settings.STORAGES = settings.STORAGES | {"posters": settings.STORAGES["posters"] | options}
    return poster_folder


@pytest.fixture
def api() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def viewer(db) -> User:
    return User.objects.create_user(
        "viewer", "viewer@example.org", "a-viewers-password", verified_email="viewer@example.org"
    )


@pytest.fixture
def admin(db) -> User:
    return User.objects.create_superuser(
        "admin", "admin@example.org", "an-admins-password", verified_email="admin@example.org"
    )


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


@pytest.fixture
def ways(transactional_db):
    """Both paths of a request: see netflix/tests/ways.py."""
    with ways_of() as opened:
        yield opened


@pytest.fixture(scope="session")
def web_servers(django_db_setup, tmp_path_factory):
    servers = Servers(tmp_path_factory.mktemp("web"))
    yield servers
    servers.stop()


@pytest.fixture
def serve(transactional_db, web_servers):
    """Gives a running web server with these settings on the test's database; other tests may have used it."""
    yield web_servers.serve
    eventually(emptying.others_are_idle)  # it may still answer a client that has left
