"""Two people, or two genres, that are one: films, names and everything counted follow, and imports know of it."""

from functools import partial

import pytest
from django.utils import timezone

from movies import search, services
from movies.importing import undoing
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import (
    Credit,
    Genre,
    GenreAlias,
    ImportChange,
    ImportRun,
    MergedMovie,
    Movie,
    MovieGenre,
    Person,
    PersonAlias,
)  # fmt: skip
from movies.tests.factories import make_movie
from netflix.tests.meanwhile import at_once
from ranking import services as ranking
from ranking.models import Standing

pytestmark = pytest.mark.django_db


def person(name):
    return Person.objects.get(name=name).pk


def genre(name):
    return Genre.objects.get(name=name).pk


def imported(*rows, source="a-file"):
    run = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.DONE, started_at=timezone.now())
    import_rows(rows, source=source, run=run)
    return run


def credited(movie):
    rows = Credit.objects.filter(movie=movie).order_by("-role", "billing")
    return [f"{row.role} {row.billing} {row.person.name}" for row in rows]


def everything():
    models = (Movie, Credit, Person, PersonAlias, Genre, GenreAlias, MovieGenre, Standing)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_it_credits_the_one_who_stays(api):
    heat = make_movie("Heat", directors=["Michael Mann"], actors=["Al Pacino", "Alfredo Pacino", "Val Kilmer"])
    cruising = make_movie("Cruising", directors=["Alfredo Pacino"], actors=["Alfredo Pacino"])
    services.merge_people(kept_id=person("Al Pacino"), merged_id=person("Alfredo Pacino"))
    assert credited(heat) == ["director 1 Michael Mann", "cast 1 Al Pacino", "cast 2 Val Kilmer"]
    assert credited(cruising) == ["director 1 Al Pacino", "cast 1 Al Pacino"]
    cruising.refresh_from_db()
    assert cruising.director_key == "al pacino"
    assert not Person.objects.filter(name="Alfredo Pacino").exists()
    found = {text: [film["id"] for film in api.get("/api/v1/movies/", {"q": text}).json()["results"]]
             for text in ("al pacino", "alfredo")}  # fmt: skip
    assert (sorted(found["al pacino"]), found["alfredo"]) == ([heat.pk, cruising.pk], [])


def test_it_keeps_the_earlier_place_whoever_stays():
    heat = make_movie("Heat", actors=["Alfredo Pacino", "Val Kilmer", "Al Pacino", "Amy Brenneman"])
    services.merge_people(kept_id=person("Al Pacino"), merged_id=person("Alfredo Pacino"))
    assert credited(heat) == ["cast 1 Al Pacino", "cast 2 Val Kilmer", "cast 3 Amy Brenneman"]


def test_it_knows_the_one_who_stays_by_all_names():
    make_movie("Heat", actors=["Al Pacino", "Alfred Pacino"])
    services.rename_person(person_id=person("Alfred Pacino"), name="Alfredo Pacino")
    services.merge_people(kept_id=person("Al Pacino"), merged_id=person("Alfredo Pacino"))
    assert dict(PersonAlias.objects.values_list("name_key", "person__name")) == {
        "alfred pacino": "Al Pacino", "alfredo pacino": "Al Pacino",
    }  # fmt: skip
    rows = [
        MovieRow(line=n, title=f"New {n}", year=2000, directors=(name,), actors=(name,))
        for n, name in enumerate(["Al Pacino", "Alfred Pacino", "ALFREDO PACINO"], start=2)
    ]
    assert import_rows(rows, source="a-file").created == 3
    assert import_rows(rows, source="another-file").created == 0
    assert Person.objects.get().name == "Al Pacino"
    assert services.add_movie(title="Typed", year=2001, directors=["Alfred Pacino"])
    assert Person.objects.count() == 1


def test_it_knows_a_movie_again_whose_director_is_another_by_now():
    row = MovieRow(line=2, title="Heat", year=1995, directors=("M. Mann",), metascore=76)
    import_rows([row], source="a-file")
    make_movie("Ali", directors=["Michael Mann"])
    services.merge_people(kept_id=person("Michael Mann"), merged_id=person("M. Mann"))
    assert import_rows([row], source="a-file").unchanged == 1
    assert import_rows([row], source="another-file").created == 0
    assert Movie.objects.count() == 2


def test_it_refuses_to_make_two_movies_the_same():
    make_movie("Heat", year=1995, directors=["Michael Mann"])
    make_movie("Heat", year=1995, directors=["M. Mann"])
    before = everything()
    with pytest.raises(services.MovieExists):
        services.merge_people(kept_id=person("Michael Mann"), merged_id=person("M. Mann"))
    assert everything() == before
    kept, merged = services.duplicates_after_merge(
        Person.objects.get(name="Michael Mann"), Person.objects.get(name="M. Mann")
    )[0]
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    services.merge_people(kept_id=person("Michael Mann"), merged_id=person("M. Mann"))
    assert Movie.objects.get().director_key == "michael mann"


def test_it_gives_all_movies_to_the_genre_that_stays(api, viewer_api):
    both = make_movie("Alien", genres=("Sci-Fi", "Science Fiction", "Horror"))
    one = make_movie("Tenet", genres=("Science Fiction",))
    viewer_api.put(f"/api/v1/movies/{one.pk}/like/")
    ranking.rebuild()
    services.merge_genres(kept_id=genre("Sci-Fi"), merged_id=genre("Science Fiction"))
    assert {(row["name"], row["movies"]) for row in api.get("/api/v1/genres/").json()["results"]} == {
        ("Horror", 1), ("Sci-Fi", 2),
    }  # fmt: skip
    assert [film["id"] for film in api.get("/api/v1/movies/", {"genre": "sci-fi"}).json()["results"]] == [
        both.pk,
        one.pk,
    ]
    ranked = api.get("/api/v1/ranking/", {"genre": "Sci-Fi"}).json()["results"]
    assert ranked[0]["id"] == one.pk
    assert ranking.rebuild().drift == 0
    assert api.get("/api/v1/movies/", {"genre": "Science Fiction"}).status_code == 400


def test_it_knows_a_genre_by_all_names():
    make_movie("Alien", genres=("Sci-Fi", "SF"))
    services.rename_genre(genre_id=genre("SF"), name="Science Fiction")
    services.merge_genres(kept_id=genre("Sci-Fi"), merged_id=genre("Science Fiction"))
    names = ("sf", "SCIENCE FICTION", "Sci-Fi")
    rows = [MovieRow(line=n, title=f"New {n}", year=2000, genres=(name,)) for n, name in enumerate(names, start=2)]
    import_rows(rows, source="a-file")
    assert Genre.objects.get().name == "Sci-Fi"
    assert MovieGenre.objects.count() == 4


def test_it_knows_what_rows_say_that_no_movie_says_today():
    """Two rows of one film part when a third one shows that it may be either of two."""
    imported(MovieRow(line=2, title="Grindhouse", year=2007, genres=("Horror",), directors=("R. Rodriguez",)))
    ids = ("movielens:52281", "tmdb:253768")
    imported(MovieRow(line=2, title="Grindhouse", year=2007, ids=ids, genres=("Action",)), source="movielens")
    film = Movie.objects.get()
    make_movie("Other", genres=("Scary", "Fights"), directors=["Robert Rodriguez"])
    services.merge_people(kept_id=person("Robert Rodriguez"), merged_id=person("R. Rodriguez"))
    for kept, merged in (("Scary", "Horror"), ("Fights", "Action")):
        services.merge_genres(kept_id=genre(kept), merged_id=genre(merged))
    imported(MovieRow(line=2, title="GRINDHOUSE", year=2007, ids=("tmdb:285923",)), source="tmdb-5000")
    movies = {movie.pk: movie for movie in Movie.objects.filter(title="Grindhouse")}
    said = {pk: (movie.director_key, [str(genre) for genre in movie.genres.all()]) for pk, movie in movies.items()}
    assert said.pop(film.pk) == ("robert rodriguez", ["Scary"])
    assert list(said.values()) == [("", ["Fights"])]


@pytest.mark.parametrize("kind", ["people", "genres"])
def test_it_gives_movies_back_to_the_one_who_stays_when_an_import_is_undone(kind):
    first = MovieRow(line=2, title="Heat", year=1995, ids=("imdb:tt0113277",), genres=("Crime", "War"),
                     directors=("M. Mann",), actors=("A", "B"))  # fmt: skip
    second = MovieRow(line=2, title="Heat", year=1995, ids=("imdb:tt0113277",), genres=("Drama",),
                      directors=("Michael Mann",), actors=("B", "C"))  # fmt: skip
    imported(first)
    run = imported(second)
    make_movie("Ali", genres=("Noir",), directors=["Mann"], actors=["D"])
    if kind == "people":
        services.merge_people(kept_id=person("Mann"), merged_id=person("M. Mann"))
        services.merge_people(kept_id=person("D"), merged_id=person("B"))
    else:
        services.merge_genres(kept_id=genre("Noir"), merged_id=genre("War"))
    undone = undoing.undo(run.pk)
    assert (undone.restored, undone.not_undone) == (1, [])
    heat = Movie.objects.get(title="Heat")
    people = {"people": ["Mann", "A", "D"], "genres": ["M. Mann", "A", "B"]}[kind]
    assert [line.split(maxsplit=2)[2] for line in credited(heat)] == people
    assert heat.director_key == people[0].lower().replace(".", "")
    genres = {"people": ["Crime", "War"], "genres": ["Crime", "Noir"]}[kind]
    assert sorted(heat.genres.values_list("name", flat=True)) == genres
    assert not Person.objects.filter(name="Michael Mann").exists()
    assert import_rows([first], source="a-file").unchanged == 1


def test_it_splits_a_movie_off_with_the_one_who_stays():
    rows = {
        "imdb-2006-2016": MovieRow(line=2, title="Zork", year=2012, genres=("SF",), directors=("Z. Quill",)),
        "movielens": MovieRow(line=2, title="Zork III", year=2012, ids=("movielens:1", "tmdb:9"), genres=("Sci",)),
        "tmdb-5000": MovieRow(line=2, title="Zork", year=2012, ids=("tmdb:9",), genres=("SF",), directors=("Z. Quill",)),
    }  # fmt: skip
    runs = [imported(row, source=source) for source, row in rows.items()]
    assert MergedMovie.objects.count() == 1
    make_movie("Other", genres=("Sci-Fi",), directors=["Zed Quill"])
    services.merge_people(kept_id=person("Zed Quill"), merged_id=person("Z. Quill"))
    services.merge_genres(kept_id=genre("Sci-Fi"), merged_id=genre("Sci"))
    services.merge_genres(kept_id=genre("Sci-Fi"), merged_id=genre("SF"))
    undoing.undo(runs[2].pk)
    movies = Movie.objects.order_by("pk")
    assert [(film.title, film.director_key, [str(genre) for genre in film.genres.all()]) for film in movies] == [
        ("Zork", "zed quill", ["Sci-Fi"]), ("Zork III", "", ["Sci-Fi"]), ("Other", "zed quill", ["Sci-Fi"]),
    ]  # fmt: skip
    assert not Person.objects.filter(name="Z. Quill").exists()


@pytest.mark.parametrize(
    ("merge", "model"), [(services.merge_people, Person), (services.merge_genres, Genre)], ids=["people", "genres"]
)
def test_it_merges_none_with_itself_or_with_none(merge, model):
    make_movie("Heat", directors=["Michael Mann"])
    one, before = model.objects.get().pk, everything()
    with pytest.raises(services.MergedWithItself):
        merge(kept_id=one, merged_id=one)
    for pair in ((one, 10**12), (10**12, one)):
        with pytest.raises(model.DoesNotExist):
            merge(kept_id=pair[0], merged_id=pair[1])
    assert everything() == before


@pytest.mark.parametrize("movies", [10, 1000])
def test_it_asks_no_more_for_many_movies(django_assert_max_num_queries, movies):
    """Credits and genres written at once, as an import does."""
    rows = [
        MovieRow(line=n, title=f"Film {n}", year=2000, genres=("Sci-Fi",), directors=("M. Mann",), actors=("A", "B"))
        for n in range(movies)
    ]
    imported(*rows)
    make_movie("Ali", genres=("Science Fiction",), directors=["Michael Mann"])
    with django_assert_max_num_queries(45):
        services.merge_people(kept_id=person("Michael Mann"), merged_id=person("M. Mann"))
    with django_assert_max_num_queries(45):
        services.merge_genres(kept_id=genre("Science Fiction"), merged_id=genre("Sci-Fi"))
    assert Movie.objects.filter(director_key="michael mann", genres=genre("Science Fiction")).count() == movies + 1
    assert not ImportChange.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("merge", "model"), [(services.merge_people, Person), (services.merge_genres, Genre)], ids=["people", "genres"]
)
def test_it_merges_once_when_two_merge_crosswise(merge, model):
    make_movie("Heat", genres=("One", "Two"), actors=["One", "Two"])
    make_movie("Ali", genres=("Two",), actors=["Two"])
    make_movie("Ran", genres=("One",), actors=["One"])
    one, two = (model.objects.get(name=name).pk for name in ("One", "Two"))

    def run(kept, merged):
        try:
            merge(kept_id=kept, merged_id=merged)
        except model.DoesNotExist:
            return "gone"
        return "merged"

    outcomes = at_once([partial(run, one, two), partial(run, two, one)])
    assert sorted(outcomes) == ["gone", "merged"]
    kept = model.objects.get().pk
    links = MovieGenre.objects.filter(genre=kept) if model is Genre else Credit.objects.filter(person=kept)
    assert sorted(links.values_list("movie__title", flat=True)) == ["Ali", "Heat", "Ran"]
    assert ranking.rebuild().drift == 0
    search.update_index()
