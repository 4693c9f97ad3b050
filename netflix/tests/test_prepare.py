from io import StringIO

import pytest
from django.core.management import call_command

from movies.models import Movie

pytestmark = pytest.mark.django_db


def prepare(*arguments):
    output = StringIO()
    call_command("prepare", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def test_it_loads_the_sample_into_an_empty_catalogue_and_keeps_what_is_there(monkeypatch):
    monkeypatch.setenv("MAX_MOVIES", "3")
    assert "created 3, updated 0" in prepare()
    Movie.objects.order_by("id").first().delete()
    assert "they are kept as they are" in prepare()
    assert Movie.objects.count() == 2


def test_it_loads_a_named_file_into_any_catalogue(monkeypatch, settings):
    monkeypatch.setenv("MAX_MOVIES", "3")
    prepare()
    monkeypatch.delenv("MAX_MOVIES")
    assert "unchanged 3" in prepare(settings.BASE_DIR / "movies" / "sample" / "movies.csv")
