"""An import recognises the films that it has stored, and leaves later edits of staff alone until they allow changes."""

from decimal import Decimal

import pytest
from django.urls import reverse

from movies import services
from movies.importing import run
from movies.importing.run import import_rows
from movies.models import Genre, Movie, Person, SourceRow
from movies.tests.test_import_rows import movie_row, outcome, stored
from netflix.tests.forms import filled_in

pytestmark = pytest.mark.django_db
FILE = [
    movie_row(
        "Inception",
        2010,
        genres=("Sci-Fi", "Action"),
        directors=("Christopher Nolan",),
        actors=("Leonardo DiCaprio", "Ellen Page"),
        description="A thief who steals secrets.",
        imdb_rating=Decimal("8.8"),
        imdb_votes=1_583_625,
    ),
    movie_row("Interstellar", 2014, genres=("Sci-Fi",), directors=("Christopher Nolan",), actors=("Ellen Burstyn",)),
    movie_row("Drishyam", 2013, genres=("Drama",), directors=("Jeethu Joseph",)),
]


@pytest.fixture
def again():
    """Import the file; yields a function that imports it again and returns its counts: created, updated, unchanged, kept."""
    import_rows(FILE, source="a-file")

    def run(rows=FILE, **options):
        report = import_rows(rows, source="a-file", **options)
        assert report.stored + report.skipped == len(rows)
        return report.created, report.updated, report.unchanged, report.kept

    return run


def rename(site, model, old, new):
    thing = {"person": Person, "genre": Genre}[model].objects.get(name=old)
    assert site.post(reverse(f"admin:movies_{model}_change", args=[thing.pk]), {"name": new}).status_code == 302


def test_it_knows_the_movies_of_a_renamed_director(again, site, viewer_api):
    viewer_api.put(f"/api/v1/movies/{Movie.objects.get(title='Inception').pk}/like/")
    rename(site, "person", "Christopher Nolan", "Chris Nolan")
    before = stored()
    assert again() == (0, 0, 3, 0)
    assert stored() == before
    assert not Person.objects.filter(name="Christopher Nolan").exists()
    assert [movie["likes"] for movie in before if movie["title"] == "Inception"] == [1]


def test_it_knows_a_renamed_actor_and_a_renamed_genre(again, site):
    rename(site, "person", "Ellen Page", "Elliot Page")
    rename(site, "person", "Elliot Page", "Elliot P.")  # and once more
    rename(site, "genre", "Sci-Fi", "Science Fiction")
    before = stored()
    assert again() == (0, 0, 3, 0)
    assert stored() == before
    assert not Genre.objects.filter(name="Sci-Fi").exists()


def test_it_uses_the_new_names_for_new_movies_too(again, site):
    rename(site, "person", "Christopher Nolan", "Chris Nolan")
    rename(site, "genre", "Sci-Fi", "Science Fiction")
    new = movie_row("Tenet", 2020, genres=("sci-fi",), directors=("Christopher Nolan",))
    assert again([*FILE, new]) == (1, 0, 3, 0)
    (tenet,) = [movie for movie in stored() if movie["title"] == "Tenet"]
    assert (tenet["genres"], tenet["directors"]) == (["Science Fiction"], ["Chris Nolan"])


def test_it_takes_a_name_back(again, site):
    rename(site, "person", "Ellen Page", "Elliot Page")
    rename(site, "person", "Elliot Page", "Ellen Page")
    assert again() == (0, 0, 3, 0)
    assert Person.objects.filter(name__contains="Page").count() == 1


@pytest.mark.parametrize("way", ["api", "admin"])
def test_it_does_not_bring_a_removed_movie_back(again, site, curator_api, way):
    movie = Movie.objects.get(title="Drishyam")
    if way == "api":
        curator_api.delete(f"/api/v1/movies/{movie.pk}/")
    else:
        site.post(reverse("admin:movies_movie_delete", args=[movie.pk]), {"post": "yes"})
    assert again(dry_run=True) == again() == (0, 0, 2, 1)
    assert not Movie.objects.filter(title="Drishyam").exists()


def test_it_brings_a_removed_movie_back_when_somebody_says_so(again, site):
    services.remove_movie(movie_id=Movie.objects.get(title="Drishyam").pk)
    removed = SourceRow.objects.get(movie=None)
    site.post(reverse("admin:movies_sourcerow_delete", args=[removed.pk]), {"post": "yes"})
    assert again() == (1, 0, 2, 0)


@pytest.mark.parametrize("source", ["movielens", "imdb"])
def test_it_brings_a_movie_with_ids_back_when_one_of_its_rows_is_deleted(site, source):
    """The other ids and rows of the removed film are deleted with that row."""
    files = {
        "movielens": movie_row(ids=("movielens:6", "imdb:tt0113277", "tmdb:949"), directors=("Michael Mann",)),
        "imdb": movie_row(ids=("imdb:tt0113277",), directors=("Michael Mann",)),
    }
    other = movie_row("Ran", 1985, ids=("movielens:7", "imdb:tt0089881"))
    for name, row in files.items():
        import_rows([row, other], source=name)
    for movie in Movie.objects.all():
        services.remove_movie(movie_id=movie.pk)
    for name, row in files.items():
        assert import_rows([row], source=name).kept == 1
    (row,) = SourceRow.objects.filter(source=source, key=files[source].ids[0])
    page = site.get(reverse("admin:movies_sourcerow_changelist"), {"q": row.key})
    assert reverse("admin:movies_sourcerow_change", args=[row.pk]) in page.content.decode()
    assert page.context["cl"].result_count == SourceRow.objects.filter(key=row.key).count()
    site.post(reverse("admin:movies_sourcerow_delete", args=[row.pk]), {"post": "yes"})
    assert [import_rows([row, other], source=name, dry_run=True).created for name, row in files.items()] == [1, 1]
    assert [import_rows([row, other], source=name).created for name, row in files.items()] == [1, 0]
    assert Movie.objects.get().external_ids.count() == 3


def test_it_brings_back_what_was_removed_in_many_rows(again, site):
    for movie in Movie.objects.all():
        services.remove_movie(movie_id=movie.pk)
    data = {
        "action": "delete_selected",
        "post": "yes",
        "_selected_action": SourceRow.objects.values_list("pk", flat=True),
    }
    site.post(reverse("admin:movies_sourcerow_changelist"), data)
    assert again() == (3, 0, 0, 0)


def test_it_knows_a_removed_movie_that_somebody_added_again(again):
    services.remove_movie(movie_id=Movie.objects.get(title="Drishyam").pk)
    movie_id = services.add_movie(title="Drishyam", year=2013, directors=["Jeethu Joseph"])
    assert again() == (0, 1, 2, 0)  # it gets the genre, of which nobody has said anything
    assert SourceRow.objects.get(movie=movie_id).key == "drishyam|2013|jeethu joseph"


def test_it_knows_a_movie_whose_title_and_year_were_corrected(again, curator_api):
    movie = Movie.objects.get(title="Drishyam")
    curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Drishyam (Malayalam)", "year": 2012})
    assert again(dry_run=True) == again() == (0, 0, 2, 1)
    movie.refresh_from_db()
    assert (movie.title, movie.year, Movie.objects.count()) == ("Drishyam (Malayalam)", 2012, 3)


@pytest.mark.parametrize(
    "edit",
    [
        {"description": "Dreams within dreams."},
        {"imdb_rating": 9.0},
        {"imdb_votes": None},
        {"genres": ["Action"]},
        {"directors": ["Somebody Else"]},
        {"actors": []},
    ],
    ids=str,
)
def test_it_leaves_an_edited_fact_and_updates_the_others(again, curator_api, edit):
    movie = Movie.objects.get(title="Inception")
    url = f"/api/v1/movies/{movie.pk}/"
    edited = curator_api.patch(url, edit).json()
    assert again(dry_run=True) == again() == (0, 0, 2, 1)
    assert edited.items() <= curator_api.get(url).json().items()
    newer = movie_row(
        "Inception", 2010, genres=("Drama",), directors=("Christopher Nolan",), actors=("Ken Watanabe",),
        description="Newer.", imdb_rating=Decimal("1.0"), imdb_votes=1, metascore=74,
    )  # fmt: skip
    assert again([newer]) == (0, 1, 0, 0)
    (name,) = edit
    now = curator_api.get(url).json()
    assert now[name] == edited[name]
    assert now["metascore"] == 74
    services.let_imports_change([movie.pk])
    assert again([newer]) == (0, 1, 0, 0)
    assert curator_api.get(url).json()[name] != edited[name]


def test_it_lets_staff_give_a_movie_back_to_imports(again, site):
    movie = Movie.objects.get(title="Inception")
    services.change_movie(movie_id=movie.pk, description="Mine.")
    data = {"action": "let_imports_change", "_selected_action": [movie.pk]}
    assert "1 films" in site.post(reverse("admin:movies_movie_changelist"), data, follow=True).content.decode()
    assert again() == (0, 1, 2, 0)


def test_it_notes_what_was_edited_in_the_admin(again, site):
    movie = Movie.objects.get(title="Drishyam")
    Person.objects.create(name="Somebody", name_key="somebody")
    address = reverse("admin:movies_movie_change", args=[movie.pk])
    form = filled_in(site, address, description="Typed.", directors="Somebody")
    assert site.post(address, form).status_code == 302
    movie.refresh_from_db()
    assert movie.edited == ["description", "directors"]
    assert again() == (0, 0, 2, 1)
    assert movie.credits.get().person.name == "Somebody"


def test_it_leaves_what_staff_said_of_a_movie_of_their_own():
    services.add_movie(title="Heat", year=1995, directors=["Michael Mann"], metascore=76)
    report = import_rows([movie_row(directors=("Michael Mann",), metascore=1, runtime_minutes=170)], source="a-file")
    assert outcome(report) == (0, 1, 0, 0, 0)
    assert Movie.objects.values_list("metascore", "runtime_minutes").get() == (76, 170)


def test_it_takes_two_rows_that_an_edit_made_one_movie_for_one(again, curator_api, monkeypatch):
    movie = Movie.objects.get(title="Drishyam")
    curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Papanasam", "year": 2015})
    rows = [movie_row("Papanasam", 2015, genres=("War",), directors=("Jeethu Joseph",)), *FILE]
    assert again(rows, dry_run=True) == again(rows) == (0, 0, 2, 2)
    monkeypatch.setattr(run, "BATCH_SIZE", 1)  # whatever the batches
    assert again(rows) == (0, 0, 2, 2)
    assert [genre.name for genre in movie.genres.all()] == ["Drama"]


def test_it_forgets_a_passing_mistake_in_a_title(again, curator_api):
    url = f"/api/v1/movies/{Movie.objects.get(title='Drishyam').pk}/"
    rows = [*FILE, movie_row("Papanasam", 2015, directors=("Jeethu Joseph",))]
    curator_api.patch(url, {"title": "Papanasam", "year": 2015})
    again(rows)
    curator_api.patch(url, {"title": "Drishyam", "year": 2013})
    assert again(rows) == (1, 0, 3, 0)


def test_it_calls_a_movie_that_was_given_back_what_the_file_calls_it(again, curator_api):
    movie = Movie.objects.get(title="Drishyam")
    curator_api.patch(
        f"/api/v1/movies/{movie.pk}/", {"title": "Papanasam", "year": 2015, "directors": ["Somebody", "Jeethu Joseph"]}
    )
    services.let_imports_change([movie.pk])
    assert again(dry_run=True) == again() == (0, 1, 2, 0)
    movie.refresh_from_db()
    assert (movie.title, movie.title_key, movie.year, movie.director_key) == (
        "Drishyam", "drishyam", 2013, "jeethu joseph",
    )  # fmt: skip
    assert curator_api.get("/api/v1/movies/?q=drishyam").json()["results"][0]["id"] == movie.pk
    assert again() == (0, 0, 3, 0)


def test_it_merges_a_movie_that_was_given_back_with_the_one_that_has_its_name_now(again, curator_api):
    movie = Movie.objects.get(title="Drishyam")
    curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Papanasam"})
    other = services.add_movie(title="Drishyam", year=2013, directors=["Jeethu Joseph"])
    services.let_imports_change([movie.pk])
    assert again(dry_run=True) == again() == (0, 0, 2, 0)  # and one merged
    assert again() == (0, 0, 3, 0)
    movie.refresh_from_db()
    assert (movie.title, movie.title_key) == ("Drishyam", "drishyam")
    assert not Movie.objects.filter(pk=other).exists()


def test_it_knows_a_movie_that_staff_added_under_a_directors_new_name(again, site, curator_api):
    rename(site, "person", "Christopher Nolan", "Chris Nolan")
    genres = {"genres": ["Drama"]}
    body = {"title": "Tenet", "year": 2020, "directors": ["Chris Nolan"], **genres}
    assert curator_api.post("/api/v1/movies/", body).status_code == 201
    row = movie_row("Tenet", 2020, directors=("Christopher Nolan",), metascore=69)
    assert again([row], dry_run=True) == again([row]) == (0, 1, 0, 0)
    other = movie_row("Dunkirk", 2017, directors=("Christopher Nolan",))
    assert again([other, movie_row("Dunkirk", 2017, directors=("Chris Nolan",))]) == (1, 0, 0, 1)
    for name in ("Chris Nolan", "Christopher Nolan"):  # a former name is theirs too
        twin = {"title": "Dunkirk", "year": 2017, "directors": [name], **genres}
        assert curator_api.post("/api/v1/movies/", twin).status_code == 409
    assert not Person.objects.filter(name="Christopher Nolan").exists()


def test_it_gives_a_former_name_to_who_is_added_under_it(again, site):
    rename(site, "genre", "Sci-Fi", "Science Fiction")
    site.post(reverse("admin:movies_genre_add"), {"name": "Sci-Fi"})
    again()
    assert Movie.objects.get(title="Interstellar").genres.get().name == "Sci-Fi"


def test_it_takes_a_movie_without_director_for_the_only_one_of_its_title_and_year():
    movie_id = services.add_movie(title="Heat", year=1995)
    row = movie_row(directors=("Michael Mann",))
    assert outcome(import_rows([row], source="a-file", dry_run=True)) == (0, 1, 0, 0, 0)
    assert outcome(import_rows([row], source="a-file")) == (0, 1, 0, 0, 0)
    assert Movie.objects.get(pk=movie_id).director_key == "michael mann"
