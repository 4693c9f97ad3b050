from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from movies.models import Credit, Genre, Movie, Person
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
URL = "/api/v1/movies/"
MOVIE = {
    "title": "Heat",
    "year": 1995,
    "genres": ["Crime", "drama"],
    "directors": ["Michael Mann"],
    "actors": ["Al Pacino", "Robert De Niro", "al pacino"],
    "runtime_minutes": 170,
    "imdb_rating": 8.3,
    "revenue_usd": 0,
}


@pytest.fixture(autouse=True)
def genres(db):
    return [Genre.objects.create(name=name) for name in ("Crime", "Drama")]


def test_it_adds_a_movie(curator_api, api):
    answer = curator_api.post(URL, MOVIE)
    assert answer.status_code == 201
    created = answer.json()
    assert answer.headers["Location"].endswith(f"{URL}{created['id']}/")
    assert created == api.get(f"{URL}{created['id']}/").json()
    assert created["genres"] == ["Crime", "Drama"]
    assert created["actors"] == ["Al Pacino", "Robert De Niro"]
    assert (created["imdb_rating"], created["revenue_usd"], created["source"]) == (8.3, 0, "staff")


def test_it_sets_where_and_when_a_movie_was_made(curator_api):
    movie = curator_api.post(URL, MOVIE | {"countries": ["France"], "original_language": "fr"}).json()
    given = {"countries": ["Italy", "France"], "original_language": "it", "poster": "https://example.com/a.jpg"}
    answer = curator_api.patch(f"{URL}{movie['id']}/", given | {"release_date": "1995-12-15"})
    assert answer.json() == movie | given | {"release_date": "1995-12-15"}
    nothing = {"countries": [], "original_language": None, "poster": None, "release_date": None}
    assert curator_api.patch(f"{URL}{movie['id']}/", nothing).json() == movie | nothing


def test_it_knows_people_again_whatever_the_spelling(curator_api):
    make_movie(actors=["Penélope Cruz"])
    curator_api.post(URL, MOVIE | {"actors": ["PENELOPE CRUZ"]})
    assert Person.objects.filter(name_key="penelope cruz").count() == 1


def test_it_refuses_the_same_movie_twice(curator_api):
    heat = curator_api.post(URL, MOVIE).json()
    answer = curator_api.post(URL, MOVIE | {"title": "HEAT!"})
    said = answer.json()
    assert (answer.status_code, said["code"], said["movie"]) == (409, "movie_exists", heat["id"])
    assert Movie.objects.count() == 1


def test_it_keeps_movies_apart_that_share_a_title(curator_api):
    assert curator_api.post(URL, MOVIE).status_code == 201
    assert curator_api.post(URL, MOVIE | {"year": 2013}).status_code == 201
    assert curator_api.post(URL, MOVIE | {"directors": ["Dick Richards"]}).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": None}, "title"),
        ({"year": 1800}, "year"),
        ({"year": 10**30}, "year"),
        ({"year": "soon"}, "year"),
        ({"genres": []}, "genres"),
        ({"genres": ["Nope"]}, "genres"),
        ({"genres": "Drama"}, "genres"),
        ({"genres": [{"name": "Drama"}]}, "genres.0"),
        ({"directors": ["x" * 201]}, "directors.0"),
        ({"actors": [""]}, "actors.0"),
        ({"imdb_rating": 10.1}, "imdb_rating"),
        ({"imdb_rating": 8.33}, "imdb_rating"),
        ({"runtime_minutes": 0}, "runtime_minutes"),
        ({"imdb_votes": -1}, "imdb_votes"),
        ({"revenue_usd": 10**18}, "revenue_usd"),
        ({"metascore": 101}, "metascore"),
        ({"certificate": "x" * 17}, "certificate"),
        ({"original_title": "x" * 301}, "original_title"),
        ({"poster": "http://example.com/a.jpg"}, "poster"),
        ({"poster": "https://example.com/a b.jpg"}, "poster"),
        ({"poster": "https://" + "x" * 500}, "poster"),
        ({"original_language": "English"}, "original_language"),
        ({"original_language": "EN"}, "original_language"),
        ({"countries": "France"}, "countries"),
        ({"countries": [""]}, "countries.0"),
        ({"release_date": "soon"}, "release_date"),
        ({"release_date": "1800-01-01"}, "release_date"),
    ],
)
def test_it_rejects_what_a_movie_cannot_be_and_writes_nothing(curator_api, change, field):
    answer = curator_api.post(URL, MOVIE | change)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Movie.objects.exists()
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"", "invalid"),
        (b'{"title": NaN}', "invalid_json"),
        (b'{"title": "\xff"}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"[]", "invalid"),
        (b'"text"', "invalid"),
    ],
)
def test_it_rejects_a_body_that_is_not_a_json_object(curator_api, body, code):
    answer = curator_api.post(URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Movie.objects.exists()


def test_it_rejects_a_body_that_is_too_large(curator_api):
    body = b'{"title": "' + b"x" * 2_000_000 + b'"}'
    answer = curator_api.post(URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_it_rejects_other_media_types(curator_api):
    answer = curator_api.post(URL, b"<film/>", content_type="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["id", "likes", "source", "source_id", "cast"])
def test_it_refuses_fields_that_nobody_may_set(curator_api, name):
    answer = curator_api.post(URL, MOVIE | {name: 1})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [name]
    assert "actors" in answer.json()["errors"][0]["detail"]
    assert not Movie.objects.exists()


def test_it_changes_what_is_given_and_leaves_the_rest(curator_api):
    movie = curator_api.post(URL, MOVIE).json()
    answer = curator_api.patch(
        f"{URL}{movie['id']}/", {"metascore": 76, "actors": ["Val Kilmer"], "runtime_minutes": None}
    )
    assert answer.status_code == 200
    people = [(person["name"], person["role"]) for person in answer.json()["people"]]
    assert people == [("Michael Mann", "director"), ("Val Kilmer", "actor")]
    changed = {"metascore": 76, "actors": ["Val Kilmer"], "runtime_minutes": None, "people": answer.json()["people"]}
    assert answer.json() == movie | changed


def test_it_takes_null_for_absent_texts_and_lists(curator_api):
    movie = curator_api.post(URL, MOVIE | {"description": "A crew.", "certificate": "R"}).json()
    absent = {"description": None, "certificate": None, "actors": None}
    changed = curator_api.patch(f"{URL}{movie['id']}/", absent).json()
    assert (changed["description"], changed["certificate"], changed["actors"]) == (None, None, [])


def test_it_refuses_a_change_that_makes_two_movies_the_same(curator_api, api):
    heat = curator_api.post(URL, MOVIE).json()
    other = curator_api.post(URL, MOVIE | {"year": 1996}).json()
    answer = curator_api.patch(f"{URL}{other['id']}/", {"year": 1995, "metascore": 1})
    said = answer.json()
    assert (answer.status_code, said["code"], said["movie"]) == (409, "movie_exists", heat["id"])
    assert api.get(f"{URL}{other['id']}/").json() == other


def test_it_removes_a_movie_and_keeps_its_people(curator_api):
    movie = curator_api.post(URL, MOVIE).json()
    assert curator_api.delete(f"{URL}{movie['id']}/").status_code == 204
    assert curator_api.delete(f"{URL}{movie['id']}/").status_code == 404
    assert curator_api.patch(f"{URL}{movie['id']}/", {"year": 1990}).status_code == 404
    assert (Movie.objects.count(), Credit.objects.count(), Person.objects.count()) == (0, 0, 3)


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_it_turns_away_who_may_not_curate(api, viewer, viewer_api, method):
    movie = make_movie("Safe", genres=("Drama",))
    url = URL if method == "post" else f"{URL}{movie.pk}/"
    anonymous = getattr(api, method)(url, {"title": "Hacked"})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    assert anonymous.headers["WWW-Authenticate"] == "Bearer"
    assert getattr(viewer_api, method)(url, {"title": "Hacked"}).json()["code"] == "permission_denied"
    viewer.is_staff = True  # staff without the permission, such as an agent of technical support
    viewer.save()
    assert getattr(viewer_api, method)(url, {"title": "Hacked"}).status_code == 403
    assert [movie.title for movie in Movie.objects.all()] == ["Safe"]


def test_it_lets_staff_with_the_permission_curate(viewer, viewer_api):
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="add_movie"))
    assert viewer_api.post(URL, MOVIE).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("others", [MOVIE, MOVIE | {"directors": []}], ids=["the same", "without directors"])
def test_it_stores_one_movie_when_many_add_it_at_once(curator_api, others):
    def add(number):
        try:
            return curator_api.post(URL, MOVIE if number % 2 else others).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(add, range(16)))
    assert answers == [201] + [409] * 15
    assert Movie.objects.count() == 1


def test_it_takes_a_form_as_well_as_json(curator_api):
    form = {"title": "Heat", "year": "1995", "genres": ["Crime", "Drama"], "directors": "Michael Mann"}
    answer = curator_api.post(URL, form, format="multipart")
    assert answer.status_code == 201
    assert (answer.json()["genres"], answer.json()["directors"]) == (["Crime", "Drama"], ["Michael Mann"])


@pytest.mark.parametrize("name", ["genres", "actors"])
def test_it_refuses_a_list_without_end_before_it_looks_at_it(curator_api, name):
    body = {"title": "Heat", "year": 1995, "genres": ["Drama"], name: ["x"] * 150_000}
    answer = curator_api.post(URL, body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, name, "max_length")
    assert not Movie.objects.exists()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("levels", [300, 1000])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a"}])
def test_it_refuses_a_body_nested_too_deep(curator_api, opening, closing, levels, headers):
    body = f'{{"title": {opening * levels}1{closing * levels}, "year": 1995}}'
    answer = curator_api.generic("POST", URL, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")
    assert not Movie.objects.exists()
