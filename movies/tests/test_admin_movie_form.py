"""Genres and people in the film's form: names are stored as they were typed."""

import pytest
from django.urls import reverse

from movies import services
from movies.models import Credit, Genre, Movie, Person, SourceRow
from movies.tests.factories import make_movie
from netflix.tests.forms import fields_of, filled_in

pytestmark = pytest.mark.django_db
ADD = "/admin/movies/movie/add/"


def change(movie):
    return reverse("admin:movies_movie_change", args=[movie.pk])


def people_of(movie, role):
    return list(movie.credits.filter(role=role).order_by("billing").values_list("person__name", "billing"))


def test_it_credits_people_in_the_order_in_which_they_were_typed(site):
    make_movie("Zodiac", actors=["Mark Ruffalo"], genres=("Crime", "Drama"))
    form = {"title": "Heat", "year": 1995, "genres": "Drama\nCrime", "directors": "Michael Mann"}
    form |= {"actors": "Al Pacino\nRobert De Niro\nmark  ruffalo\nAl Pacino"}
    form |= {"directors-new": "Michael Mann", "actors-new": "Al Pacino\nRobert De Niro"}
    assert site.post(ADD, form).status_code == 302
    movie = Movie.objects.get(title="Heat")
    assert people_of(movie, "director") == [("Michael Mann", 1)]
    assert people_of(movie, "cast") == [("Al Pacino", 1), ("Robert De Niro", 2), ("Mark Ruffalo", 3)]
    assert Person.objects.count() == 4


def test_it_asks_before_it_adds_people_that_the_page_has_not_shown_as_new(site):
    make_movie("Superbad", actors=["Emma Stone"], genres=("Comedy",))
    form = {"title": "La La Land", "year": 2016, "genres": "Comedy", "actors": "Emma Stoen\nRyan Gosling"}
    answer = site.post(ADD, filled_in(site, ADD, **form, **{"actors-new": "Ryan Gosling"}))
    html = answer.content.decode()
    assert "“Emma Stoen” is not in the catalogue. Did you mean Emma Stone? Save again to add this person." in html
    assert "“Ryan Gosling” is not" not in html
    assert (Movie.objects.count(), Person.objects.count()) == (1, 1)
    assert site.post(ADD, fields_of(answer)).status_code == 302  # saved again
    assert Person.objects.filter(name="Emma Stoen").exists()


def test_it_knows_people_by_their_former_names(site):
    movie = make_movie("Bound", directors=["Larry Wachowski"], genres=("Crime",))
    services.rename_person(person_id=Person.objects.get().pk, name="Lana Wachowski")
    form = {"title": "The Matrix", "year": 1999, "genres": "Crime", "directors": "larry wachowski"}
    assert site.post(ADD, form).status_code == 302
    assert people_of(Movie.objects.get(title="The Matrix"), "director") == [("Lana Wachowski", 1)]
    assert "Lana Wachowski</textarea>" in site.get(change(movie)).content.decode()


def test_it_keeps_what_another_editor_changed_meanwhile_elsewhere_in_the_form(site):
    movie = make_movie("Heat", genres=("Crime", "Drama"), directors=["Michael Mann"], actors=["Al Pacino"])
    form = filled_in(site, change(movie), certificate="R")
    services.change_movie(
        movie_id=movie.pk, actors=["Al Pacino", "Val Kilmer"], genres=[Genre.objects.get(name="Crime")]
    )
    assert site.post(change(movie), form).status_code == 302
    movie.refresh_from_db()
    assert movie.certificate == "R"
    assert [name for name, _ in people_of(movie, "cast")] == ["Al Pacino", "Val Kilmer"]
    assert [genre.name for genre in movie.genres.all()] == ["Crime"]


def test_it_writes_nothing_when_nothing_was_changed(site):
    movie = make_movie(
        "Heat", genres=("Crime", "Drama"), directors=["Michael Mann"], actors=["Al Pacino", "Val Kilmer"]
    )
    Movie.objects.update(edited=[])
    before = list(Credit.objects.values_list("pk", flat=True))
    assert site.post(change(movie), filled_in(site, change(movie))).status_code == 302
    movie.refresh_from_db()
    assert (movie.edited, list(Credit.objects.values_list("pk", flat=True))) == ([], before)


@pytest.mark.parametrize("actors", ["x" * 201, "Ann\0", "\n".join(f"Actor {n}" for n in range(201))])
def test_it_refuses_names_that_cannot_be(site, actors):
    Genre.objects.create(name="Crime")
    form = {"title": "Heat", "year": 1995, "genres": "Crime", "actors": actors, "actors-new": actors}
    answer = site.post(ADD, form)
    assert answer.context["adminform"].errors.keys() == {"actors"}
    assert not Movie.objects.exists()
    assert not Person.objects.exists()


def test_it_says_beside_each_fact_where_it_comes_from(site):
    movie = make_movie("Heat", description="A crew.")
    Movie.objects.update(edited=["title"])
    SourceRow.objects.create(source="a-file", key="heat", movie=movie, gives=["description", "genres"])
    html = site.get(change(movie)).content.decode()
    assert html.count("From a-file.") == 2
    assert html.count("Edited here; imports leave it.") == 1


def test_it_suggests_people_and_knows_exactly_those_who_are_there(site, viewer):
    make_movie("La La Land", actors=["Emma Stone", "Emma Watson"])
    services.rename_person(person_id=Person.objects.get(name="Emma Watson").pk, name="Emma Charlotte Watson")

    def answer_to(text):
        return site.get("/admin/movies/movie/people/", {"q": text}).json()

    assert answer_to("emma") == {"name": None, "suggestions": ["Emma Stone", "Emma Charlotte Watson"]}
    assert answer_to("EMMA  STONE")["name"] == "Emma Stone"
    assert answer_to("emma watson")["name"] == "Emma Charlotte Watson"
    assert answer_to("emma stoen") == {"name": None, "suggestions": ["Emma Stone"]}
    assert answer_to("") == answer_to("x") == answer_to("...") == {"name": None, "suggestions": []}
    site.force_login(viewer)
    assert site.get("/admin/movies/movie/people/", {"q": "emma"}).status_code == 302


def test_it_leads_to_the_movie_in_the_api(site):
    movie = make_movie("Heat")
    assert f'href="/api/v1/movies/{movie.pk}/"' in site.get(change(movie)).content.decode()


def test_it_leads_from_the_api_back_to_the_form(site, client, viewer):
    movie = make_movie("Heat")
    address, browser = f"/api/v1/movies/{movie.pk}/", {"Accept": "text/html"}
    assert f'href="{change(movie)}"' in site.get(address, headers=browser).content.decode()
    client.force_login(viewer)
    assert "/admin/" not in client.get(address, headers=browser).content.decode()
