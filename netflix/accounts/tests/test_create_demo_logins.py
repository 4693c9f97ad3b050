import pytest
from django.core.management import call_command

from netflix.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def create(tmp_path, settings, capsys):
    settings.DATA_DIR = tmp_path

    def create():
        call_command("create_demo_logins")
        return capsys.readouterr().out

    return create


def test_it_creates_an_admin_and_a_viewer_whose_passwords_work(create, client, tmp_path):
    shown = create()
    for username in ("admin", "demo"):
        password = (tmp_path / "secrets" / f"{username}_password").read_text()
        assert password in shown
        assert User.objects.get(username=username).check_password(password)
    assert User.objects.get(username="admin").is_superuser
    assert not User.objects.get(username="demo").is_staff


def test_it_leaves_them_alone_the_second_time(create):
    assert create() == create()
    assert User.objects.count() == 2


def test_it_does_not_show_a_password_that_no_longer_works(create):
    create()
    admin = User.objects.get(username="admin")
    admin.set_password("a-better-one")
    admin.save()
    assert "(changed since)" in create()
    assert User.objects.get(username="admin").check_password("a-better-one")
