"""Two films that are one: what refers to the second follows to the first, and so does its address."""

import pytest
from django.utils import timezone

from movies import services
from movies.importing import undoing
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import ExternalId, Genre, ImportRun, LikeCount, MergedMovie, Movie, SearchDocument, SourceRow
from movies.selectors import NoSuchMovie, movie_sources
from movies.tests.factories import details_of, make_movie
from netflix.accounts.models import User
from ranking import services as ranking
from ranking.models import Like, Standing
from reminder import services as reminder
from reminder.models import Reminder, Viewing, Watched
from support import services as support
from support.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def heat():
    return make_movie("Heat", year=1995, directors=["Michael Mann"], genres=("Crime",), metascore=76).pk


@pytest.fixture
def again():
    return make_movie("Heat", year=1996, genres=("Drama",), actors=["Al Pacino"], description="Thieves.").pk


@pytest.fixture
def people():
    return [User.objects.create_user(f"person {number}").pk for number in range(3)]


def test_it_says_what_either_movie_says_and_of_both_what_the_first_does(heat, again):
    services.merge_movies(kept_id=heat, merged_id=again)
    said = details_of(heat)
    assert (said["year"], said["genres"], said["directors"]) == (1995, ["Crime"], ["Michael Mann"])
    assert (said["actors"], said["description"], said["metascore"]) == (["Al Pacino"], "Thieves.", 76)
    assert Movie.objects.get().edited == ["actors", "description", "directors", "genres", "metascore", "title", "year"]
    assert list(SearchDocument.objects.values_list("movie", flat=True)) == [heat]


def test_it_is_found_by_all_that_it_says(api, heat, again):
    services.merge_movies(kept_id=heat, merged_id=again)
    assert [movie["id"] for movie in api.get("/api/v1/movies/", {"q": "pacino"}).json()["results"]] == [heat]


def test_it_believes_the_better_source_and_notes_what_the_other_says():
    import_rows([MovieRow(line=2, title="Heat", year=1995, metascore=10, directors=("A",))], source="imdb-2006-2016")
    import_rows(
        [MovieRow(line=2, title="HEAT", year=1994, ids=("tmdb:949",), metascore=20, directors=("B",))],
        source="tmdb-5000",
    )
    kept, merged = Movie.objects.order_by("pk").values_list("pk", flat=True)
    services.merge_movies(kept_id=kept, merged_id=merged)
    movie = Movie.objects.get()
    assert (movie.pk, movie.title, movie.year, movie.metascore, movie.source) == (
        kept,
        "Heat",
        1995,
        10,
        "imdb-2006-2016",
    )
    assert (movie.director_key, details_of(kept)["directors"]) == ("b", ["B"])
    assert movie_sources(kept)["directors"] == "tmdb-5000"
    rows = {row.source: row for row in SourceRow.objects.all()}
    assert rows["imdb-2006-2016"].unused == {"directors": ["A"]}
    assert rows["tmdb-5000"].unused == {"title": "HEAT", "year": 1994, "metascore": 20}
    assert (rows["tmdb-5000"].gives, rows["tmdb-5000"].called) == (["directors"], "heat|1994")
    assert ExternalId.objects.get().movie_id == kept
    again = MovieRow(line=2, title="HEAT", year=1994, ids=("tmdb:949",), metascore=20, directors=("B",))
    assert import_rows([again], source="tmdb-5000").unchanged == 1


def test_it_counts_everybody_once_who_likes_either(heat, again, people):
    both, first, second = people
    for movie_id, fans in {heat: (both, first), again: (both, second)}.items():
        for user_id in fans:
            ranking.like(user_id=user_id, movie_id=movie_id)
    earliest = Like.objects.filter(user=both).order_by("created_at").first().created_at
    services.merge_movies(kept_id=heat, merged_id=again)
    assert sorted(Like.objects.values_list("user", "movie")) == sorted((user_id, heat) for user_id in people)
    assert Like.objects.get(user=both).created_at == earliest
    assert list(LikeCount.objects.values_list("movie", "likes")) == [(heat, 3)]
    assert set(Standing.objects.values_list("movie", "likes")) == {(heat, 3)}
    assert ranking.rebuild().drift == 0


def test_it_moves_both_lists_and_the_tickets(heat, again, people):
    both, first, second = people
    reminder.set_reminder(user_id=both, movie_id=heat, note="")
    reminder.set_reminder(user_id=both, movie_id=again, note="with popcorn")
    reminder.set_reminder(user_id=second, movie_id=again)
    for movie_id, user_id in ((heat, both), (again, both), (again, first)):
        reminder.record_viewing(user_id=user_id, movie_id=movie_id)
    reminder.set_reminder(user_id=both, movie_id=heat, note="")
    reminder.set_reminder(user_id=both, movie_id=again, note="with popcorn")
    number = support.open_ticket(user_id=first, category="other", subject="s", message="m", movie_id=again)
    services.merge_movies(kept_id=heat, merged_id=again)
    assert sorted(Reminder.objects.values_list("user", "movie", "note")) == sorted(
        [(both, heat, "with popcorn"), (second, heat, "")]
    )
    assert sorted(Watched.objects.values_list("user", "movie")) == sorted([(both, heat), (first, heat)])
    assert Viewing.objects.filter(watched__user=both).count() == 2
    assert Ticket.objects.get(number=number).movie_id == heat


@pytest.mark.parametrize("path", ["movies/{}/", "movies/{}/like/", "reminders/{}/", "watched/{}/"])
def test_it_leads_from_the_old_address_to_the_new_one(viewer_api, viewer, heat, again, path):
    ranking.like(user_id=viewer.pk, movie_id=again)
    services.merge_movies(kept_id=heat, merged_id=again)
    answer = viewer_api.get(f"/api/v1/{path.format(again)}")
    assert (answer.status_code, answer.content) == (308, b"")
    assert answer.headers["Location"] == f"http://testserver/api/v1/{path.format(heat)}"


def test_it_keeps_the_query_and_leads_whoever_asks(api, viewer_api, heat, again):
    services.merge_movies(kept_id=heat, merged_id=again)
    assert api.get(f"/api/v1/movies/{again}/?sources=1").headers["Location"].endswith(f"/movies/{heat}/?sources=1")
    for method, path in (("put", "movies/{}/like/"), ("put", "reminders/{}/"), ("delete", "watched/{}/")):
        answer = getattr(viewer_api, method)(f"/api/v1/{path.format(again)}")
        assert answer.status_code == 308
        assert answer.headers["Location"].endswith(path.format(heat))
    assert not Like.objects.exists()
    assert not Reminder.objects.exists()


def test_it_shortens_chains_of_merges(api, heat, again):
    third = make_movie("Heat!", year=1997).pk
    services.merge_movies(kept_id=again, merged_id=third)
    services.merge_movies(kept_id=heat, merged_id=again)
    assert sorted(MergedMovie.objects.values_list("number", "kept", "into")) == sorted(
        [(third, heat, again), (again, heat, heat)]
    )
    assert api.get(f"/api/v1/movies/{third}/").headers["Location"].endswith(f"/movies/{heat}/")


def test_it_leads_nowhere_once_the_kept_movie_is_removed(api, heat, again):
    services.merge_movies(kept_id=heat, merged_id=again)
    services.remove_movie(movie_id=heat)
    assert api.get(f"/api/v1/movies/{again}/").status_code == 404


def test_it_merges_no_movie_with_itself_or_with_none(heat):
    with pytest.raises(services.MergedWithItself):
        services.merge_movies(kept_id=heat, merged_id=heat)
    for pair in ((heat, heat + 1000), (heat + 1000, heat)):
        with pytest.raises(NoSuchMovie):
            services.merge_movies(kept_id=pair[0], merged_id=pair[1])
    assert Movie.objects.get().pk == heat
    assert not MergedMovie.objects.exists()


def test_it_counts_the_movies_of_genres_right(api, heat, again):
    services.merge_movies(kept_id=again, merged_id=heat)
    counts = {genre["name"]: genre["movies"] for genre in api.get("/api/v1/genres/").json()["results"]}
    assert counts == {"Crime": 0, "Drama": 1}
    assert Genre.objects.count() == 2


def test_it_gives_everybody_their_own_back_when_the_import_that_merged_is_undone(people):
    both, first, second = people
    rows = {
        "imdb-2006-2016": MovieRow(line=2, title="Zork", year=2012, directors=("Zed Quill",)),
        "movielens": MovieRow(line=2, title="Zork III", year=2012, ids=("movielens:1", "tmdb:9")),
        "tmdb-5000": MovieRow(line=2, title="Zork", year=2012, ids=("tmdb:9",)),
    }
    for source in ("imdb-2006-2016", "movielens"):
        import_rows([rows[source]], source=source)
    kept, merged = Movie.objects.order_by("pk").values_list("pk", flat=True)
    for movie_id, fans in {kept: (both, first), merged: (both, second)}.items():
        for user_id in fans:
            ranking.like(user_id=user_id, movie_id=movie_id)
            reminder.record_viewing(user_id=user_id, movie_id=movie_id)
    reminder.set_reminder(user_id=second, movie_id=merged, note="again")
    number = support.open_ticket(user_id=second, category="other", subject="s", message="m", movie_id=merged)
    watched = sorted(Viewing.objects.values_list("watched__user", "watched__movie", "watched_at"))
    run = ImportRun.objects.create(file_name="f.csv", state="done", started_at=timezone.now())
    assert import_rows([rows["tmdb-5000"]], source="tmdb-5000", run=run).merged == 1
    assert Movie.objects.count() == 1
    assert Like.objects.filter(movie=kept).count() == 3
    undoing.undo(run.pk)
    assert sorted(Movie.objects.values_list("pk", "title")) == [(kept, "Zork"), (merged, "Zork III")]
    # Who liked both likes the kept one; all else is as it was.
    assert sorted(Like.objects.values_list("movie", "user")) == sorted([(kept, both), (kept, first), (merged, second)])
    assert sorted(Viewing.objects.values_list("watched__user", "watched__movie", "watched_at")) == watched
    assert list(Reminder.objects.values_list("user", "movie", "note")) == [(second, merged, "again")]
    assert Ticket.objects.get(number=number).movie_id == merged
    assert sorted(SearchDocument.objects.values_list("movie", flat=True)) == [kept, merged]
    assert ranking.rebuild().drift == 0
