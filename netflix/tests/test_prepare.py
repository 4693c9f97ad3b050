from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from movies.models import Movie

pytestmark = pytest.mark.django_db


def prepare(*arguments):
    output = StringIO()
    call_command("prepare", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def test_it_loads_the_sample_into_an_empty_catalogue_and_keeps_what_is_there(settings):
    settings.MAX_MOVIES = 3
    assert "created 3, updated 0" in prepare()
    Movie.objects.order_by("id").first().delete()
    assert "they are kept as they are" in prepare()
    assert Movie.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"), [(None, "There is no file"), ("Some,other\nthing,1\n", "Some")], ids=["no file", "no films"]
)
def test_it_refuses_a_bad_file_before_it_does_anything(tmp_path, content, words):
    path, output = tmp_path / "films.csv", StringIO()
    if content:
        path.write_text(content)
    with pytest.raises(CommandError, match=words):
        call_command("prepare", path, stdout=output)
    assert output.getvalue() == ""
    assert not Movie.objects.exists()


def test_it_loads_a_named_file_into_any_catalogue(settings):
    settings.MAX_MOVIES = 3
    prepare()
    settings.MAX_MOVIES = None
    assert "unchanged 3" in prepare(settings.BASE_DIR / "movies" / "sample" / "movies.csv")
