"""The rankings are updated after every kind of change of the catalogue."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from movies import services as movie_services
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import Genre, Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.forms import filled_in
from ranking import services, tasks
from ranking.models import Parameters, Standing

pytestmark = pytest.mark.django_db


def standings(movie):
    rows = Standing.objects.filter(movie=movie).values_list("genre__name", "likes")
    return sorted(rows, key=str)


def rebuilt():
    output = StringIO()
    call_command("rebuild_ranking", stdout=output)
    return output.getvalue()


def test_it_follows_genres_changed_through_the_api(curator_api):
    movie, _ = make_movie(genres=("Drama", "Crime")), make_movie(genres=("War",))
    curator_api.put(f"/api/v1/movies/{movie.pk}/like/")
    curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"genres": ["War", "Drama"]})
    assert standings(movie) == [("Drama", 1), ("War", 1), (None, 1)]
    assert "drift 0" in rebuilt()


def test_it_follows_a_rating_changed_through_the_api(curator_api):
    movie = make_movie(imdb_rating=5.0, imdb_votes=100)
    curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"imdb_rating": 8.0})
    assert set(Standing.objects.values_list("weighted_rating", flat=True)) == {8.0}


def test_it_follows_genres_changed_in_the_admin(client, admin):
    movie = make_movie(genres=("Drama",))
    Genre.objects.create(name="Crime")
    client.force_login(admin)
    address = f"/admin/movies/movie/{movie.pk}/change/"
    assert client.post(address, filled_in(client, address, genres="Crime")).status_code == 302
    assert standings(movie) == [("Crime", 0), (None, 0)]


def test_it_follows_movies_deleted_in_the_admin(client, admin):
    movie = make_movie()
    services.like(user_id=admin.pk, movie_id=movie.pk)
    client.force_login(admin)
    chosen = {"action": "delete_selected", "_selected_action": [movie.pk], "post": "yes"}
    client.post("/admin/movies/movie/", chosen)
    assert not Movie.objects.exists()
    assert not Standing.objects.exists()


def test_it_takes_back_a_like_that_an_admin_deletes(client, admin):
    movie = make_movie()
    services.like(user_id=admin.pk, movie_id=movie.pk)
    client.force_login(admin)
    pk = client.get("/admin/ranking/like/").context["cl"].queryset.get().pk
    client.post("/admin/ranking/like/", {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    assert standings(movie) == [("Drama", 0), (None, 0)]


def test_it_follows_an_import_with_the_means_of_the_whole_catalogue():
    call_command("import_movies", stdout=StringIO())
    movies = Movie.objects.count()
    assert Standing.objects.filter(genre=None).count() == movies
    assert Standing.objects.count() == movies + Movie.genres.through.objects.count()
    assert Parameters.objects.get().mean_rating > 5
    assert rebuilt() == f"films {movies}, drift 0\n"


def test_it_changes_nothing_in_a_dry_run():
    call_command("import_movies", dry_run=True, stdout=StringIO())
    assert not Standing.objects.exists()
    assert not Parameters.objects.exists()


def test_it_reports_and_repairs_whatever_has_drifted(viewer):
    movie, other = make_movie(genres=("Drama", "Crime")), make_movie()
    services.like(user_id=viewer.pk, movie_id=movie.pk)
    rebuilt()
    Standing.objects.filter(movie=movie, genre__name="Crime").delete()
    Standing.objects.filter(movie=other, genre=None).update(likes=7)
    movie_services.set_likes({other.pk: 5})
    assert "drift 3" in rebuilt()
    assert standings(movie) == [("Crime", 1), ("Drama", 1), (None, 1)]
    assert rebuilt() == "films 2, drift 0\n"


def test_it_follows_new_half_lives_when_it_is_rebuilt(viewer, settings):
    movie = make_movie()
    services.like(user_id=viewer.pk, movie_id=movie.pk)
    rebuilt()
    before = Standing.objects.get(genre=None, movie=movie).trend_week
    settings.TRENDING_HALF_LIVES = {"day": 1.0, "week": 36.0, "month": 100.0}
    output = rebuilt()
    assert "every score follows" in output
    assert "drift 0" in output
    assert Standing.objects.get(genre=None, movie=movie).trend_week == pytest.approx(2 * before)
    call_command("rebuild_ranking", if_needed=True, stdout=(silent := StringIO()))
    assert not silent.getvalue()


def test_it_repairs_every_night(caplog):
    make_movie()
    tasks.rebuild_ranking()
    Standing.objects.update(likes=3)
    tasks.rebuild_ranking()
    assert "ranking_had_drifted" in caplog.text
    assert set(Standing.objects.values_list("likes", flat=True)) == {0}


def test_it_creates_demo_likes_only_if_there_are_none():
    call_command("import_movies", max_movies=50, stdout=StringIO())
    call_command("create_demo_likes", stdout=(output := StringIO()))
    assert "Made up 25 viewers" in output.getvalue()
    assert not User.objects.get(username="demo-viewer-01").has_usable_password()
    assert "drift 0" in rebuilt()
    call_command("create_demo_likes", stdout=(silent := StringIO()))
    assert not silent.getvalue()


def test_it_repairs_at_the_next_import_what_a_killed_one_left(monkeypatch):
    """The import was killed after it stored the parameters, before the scores. The next one changes no film."""

    def killed(**_):
        raise KeyboardInterrupt

    make_movie(imdb_rating=5, imdb_votes=100)
    better = MovieRow(line=2, title="Better", year=2015, imdb_rating=Decimal("9.9"), imdb_votes=5_000_000)
    with monkeypatch.context() as patch:
        patch.setattr("movies.selectors.movie_ids", killed)
        with pytest.raises(KeyboardInterrupt):
            import_rows([better], source="a-file")
    assert import_rows([better], source="a-file").unchanged == 1
    assert services.rebuild().drift == 0


def test_it_repairs_at_the_next_start_what_a_killed_import_left(monkeypatch):
    make_movie(imdb_rating=5, imdb_votes=100)
    better = MovieRow(line=2, title="Better", year=2015, imdb_rating=Decimal("9.9"), imdb_votes=5_000_000)
    with monkeypatch.context() as patch:
        patch.setattr("movies.importing.run.refresh_derived", lambda: None)
        import_rows([better], source="a-file")
    call_command("import_movies", if_empty=True, stdout=StringIO())
    assert services.rebuild().drift == 0
