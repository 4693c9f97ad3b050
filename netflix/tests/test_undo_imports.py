"""Undoing an import takes nothing away that is anybody's own, whichever context keeps it."""

import pytest
from django.utils import timezone

from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.importing.undoing import undo
from movies.models import ImportRun, Movie
from ranking import services as ranking
from reminder import services as reminder

pytestmark = pytest.mark.django_db


def test_it_keeps_movies_that_people_have_to_do_with(viewer):
    run = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.DONE, started_at=timezone.now())
    import_rows([MovieRow(line=line, title=f"Film {line}", year=2000) for line in range(2, 7)], source="a", run=run)
    liked, awaited, watched, _, _ = Movie.objects.order_by("title")
    ranking.like(user_id=viewer.pk, movie_id=liked.pk)
    reminder.set_reminder(user_id=viewer.pk, movie_id=awaited.pk)
    reminder.record_viewing(user_id=viewer.pk, movie_id=watched.pk)
    done = undo(run.pk)
    assert {movie.movie_id for movie in done.not_undone} == {liked.pk, awaited.pk, watched.pk}
    assert {movie.reason for movie in done.not_undone} == {"a user likes it, or has it on a list"}
    assert done.removed == 2
    assert set(Movie.objects.all()) == {liked, awaited, watched}
