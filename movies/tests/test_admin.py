import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from movies.models import Credit, Genre, Movie, Person, SearchDocument
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.forms import filled_in

pytestmark = pytest.mark.django_db


def movie_form(**changes):
    """What the browser sends for a new film without genres and people."""
    return {"title": "Heat", "year": 1995, "description": "A crew."} | changes


def test_it_takes_the_line_breaks_of_a_browser_for_no_change(site):
    movie = make_movie("Heat", description="A crew.\nA cop.", genres=("Crime", "War"), directors=["A", "B"])
    Movie.objects.update(edited=[])
    form = filled_in(site, reverse("admin:movies_movie_change", args=[movie.pk]), certificate="R")
    sent = {name: value.replace("\n", "\r\n") if isinstance(value, str) else value for name, value in form.items()}
    assert site.post(reverse("admin:movies_movie_change", args=[movie.pk]), sent).status_code == 302
    movie.refresh_from_db()
    assert (movie.description, movie.certificate) == ("A crew.\nA cop.", "R")
    assert movie.edited == ["certificate"]


@pytest.mark.parametrize("model", ["movie", "person", "genre"])
def test_it_lists_searches_and_opens(site, model):
    movie = make_movie("Heat", actors=["Al Pacino"], genres=("Crime",))
    objects = {"movie": movie, "person": Person.objects.get(), "genre": Genre.objects.get()}
    words = {"movie": "pacino heat", "person": "PACINO", "genre": "crime"}
    listed = site.get(reverse(f"admin:movies_{model}_changelist"), {"q": words[model]})
    assert str(objects[model].pk) in listed.content.decode()
    assert listed.context["cl"].result_count == 1
    assert site.get(reverse(f"admin:movies_{model}_change", args=[objects[model].pk])).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "genres__id__exact=1", "year=2010", "certificate=R", "source=staff", "o=1.-2", "q=...", "q=it"]
)
def test_it_filters_movies(site, query):
    make_movie("It", certificate="R")
    assert site.get(f"{reverse('admin:movies_movie_changelist')}?{query}").status_code == 200


@pytest.mark.parametrize("model", ["movie", "person", "genre"])
def test_it_takes_no_more_queries_for_more_rows(site, model, django_assert_max_num_queries):
    for n in range(30):
        make_movie(genres=("Crime", f"Genre {n}"), actors=[f"Actor {n}", "Star"])
    with django_assert_max_num_queries(12):
        site.get(reverse(f"admin:movies_{model}_changelist"))


def test_it_takes_no_more_queries_for_a_larger_cast(site, django_assert_max_num_queries):
    movie = make_movie(genres=("Crime", "Drama", "War"), actors=[f"Actor {n}" for n in range(20)])
    with django_assert_max_num_queries(12):
        site.get(reverse("admin:movies_movie_change", args=[movie.pk]))


def test_it_adds_a_movie_that_can_be_found(site, api):
    Genre.objects.create(name="Crime")
    Person.objects.create(name="Michael Mann", name_key="michael mann")
    form = movie_form(genres="crime", directors="michael mann")
    assert site.post(reverse("admin:movies_movie_add"), form).status_code == 302
    movie = Movie.objects.get()
    assert (movie.title_key, movie.director_key, movie.source) == ("heat", "michael mann", "staff")
    assert movie.edited == ["description", "directors", "genres", "title", "year"]
    assert [row["id"] for row in api.get("/api/v1/movies/", {"q": "mann heat crew"}).json()["results"]] == [movie.pk]


def test_it_keeps_search_in_step_with_a_change(site, api):
    movie = make_movie("Before")
    address = reverse("admin:movies_movie_change", args=[movie.pk])
    site.post(address, filled_in(site, address, title="After"))
    assert api.get("/api/v1/movies/", {"q": "before"}).json()["results"] == []
    assert len(api.get("/api/v1/movies/", {"q": "after"}).json()["results"]) == 1


def test_it_refuses_a_movie_that_is_there_already(site):
    make_movie("Heat", year=1995)
    answer = site.post(reverse("admin:movies_movie_add"), movie_form(title="HEAT!", genres="Drama"))
    assert "already in the catalogue" in answer.content.decode()
    assert Movie.objects.count() == 1


@pytest.mark.parametrize("directors", [["Michael Mann"], []])
def test_it_keeps_what_was_typed_of_a_movie_that_is_there_already(site, directors):
    make_movie("Heat", year=1995, directors=["Michael Mann"], genres=("Crime",))
    form = movie_form(title="HEAT", description="Typed for an hour.", genres="Crime", directors="\n".join(directors))
    answer = site.post(reverse("admin:movies_movie_add"), form)
    html = answer.content.decode()
    assert "Heat (1995) is already in the catalogue" in html
    assert "Typed for an hour." in html
    assert (Movie.objects.count(), Credit.objects.count(), SearchDocument.objects.count()) == (1, 1, 1)


def test_it_takes_a_second_movie_of_one_title_and_year_by_another_director(site):
    make_movie("The Host", year=2013, directors=["Andrew Niccol"], genres=("Crime",))
    Person.objects.create(name="Somebody Else", name_key="somebody else")
    form = movie_form(title="The Host", year=2013, directors="Somebody Else", genres="Crime")
    answer = site.post(reverse("admin:movies_movie_add"), form)
    assert answer.status_code == 302
    assert Movie.objects.count() == 2


def test_it_changes_a_movie_that_an_import_left_beside_one_without_director(site):
    """Nothing tells the two films apart, but this change does not touch that."""
    movie = make_movie("The Host", year=2013, directors=["Andrew Niccol"])
    Movie.objects.create(title="The Host", title_key="the host", year=2013, source="a-file")
    address = reverse("admin:movies_movie_change", args=[movie.pk])
    assert site.post(address, filled_in(site, address, description="Corrected.")).status_code == 302
    movie.refresh_from_db()
    assert movie.description == "Corrected."
    refused = site.post(address, filled_in(site, address, directors=""))
    assert "already in the catalogue" in refused.content.decode()
    assert movie.credits.exists()


def staff_site(client, *permissions):
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(staff)
    return client


def test_it_shows_everything_to_those_who_may_only_look(client):
    site = staff_site(client, "view_movie")
    movie = make_movie("Heat", genres=("Crime",), directors=["Michael Mann"], actors=["Al Pacino"])
    html = site.get(reverse("admin:movies_movie_change", args=[movie.pk])).content.decode()
    assert all(f'<div class="readonly">{text}</div>' in html for text in ("Crime", "Michael Mann", "Al Pacino"))


def test_it_adds_no_people_for_those_who_may_not_add_any(client):
    site = staff_site(client, "change_movie")
    movie = make_movie("Heat", year=1995, directors=["Michael Mann"])
    address = reverse("admin:movies_movie_change", args=[movie.pk])
    form = filled_in(site, address, **{"actors": "Al Pacino", "actors-new": "Al Pacino"})
    assert "you may not add people" in site.post(address, form).content.decode()
    assert not movie.credits.filter(role="cast").exists()
    assert Person.objects.count() == 1
    assert site.post(address, filled_in(site, address, actors="michael mann")).status_code == 302
    assert movie.credits.get(role="cast").person.name == "Michael Mann"


@pytest.mark.parametrize(("missing", "words"), [("year", "This field is required"), ("genres", "at least one genre")])
def test_it_asks_for_what_the_api_asks_for(site, missing, words):
    Genre.objects.create(name="Crime")
    form = movie_form(genres="Crime") | {missing: ""}
    assert words in site.post(reverse("admin:movies_movie_add"), form).content.decode()
    assert not Movie.objects.exists()


def test_it_refuses_genres_that_are_not_there(site):
    Genre.objects.create(name="Crime")
    answer = site.post(reverse("admin:movies_movie_add"), movie_form(genres="Crime\nNoir"))
    assert "There is no genre “Noir”." in answer.content.decode()
    assert not Movie.objects.exists()
    assert Genre.objects.count() == 1


def test_it_shows_every_digit_of_the_votes(site):
    movie = make_movie(imdb_votes=1_583_625)
    html = site.get(reverse("admin:movies_movie_change", args=[movie.pk])).content.decode()
    votes = next(line for line in html.splitlines() if 'name="imdb_votes"' in line)
    assert 'value="1583625"' in votes
    assert "vBigIntegerField" in votes


def test_it_says_in_words_that_a_genre_has_this_name(site):
    genre = Genre.objects.create(name="War")
    Genre.objects.create(name="Drama")
    answer = site.post(reverse("admin:movies_genre_change", args=[genre.pk]), {"name": "drama"})
    html = answer.content.decode()
    assert "There is already a genre with this name." in html
    assert "genre_name_once" not in html
    genre.refresh_from_db()
    assert genre.name == "War"


@pytest.mark.parametrize("model", ["genre", "person"])
def test_it_says_which_movies_keep_something_from_being_deleted(site, model):
    for n in range(23):
        make_movie(f"Western {n:02}", genres=("Western",), actors=["Clint"])
    thing = {"genre": Genre, "person": Person}[model].objects.get()
    url = reverse(f"admin:movies_{model}_delete", args=[thing.pk])
    html = site.get(url).content.decode()
    assert "Western 00 (2010)" in html
    assert "Western 19 (2010)" in html
    assert "Western 20 (2010)" not in html
    assert "and 3 more films" in html
    site.post(url, {"post": "yes"})
    thing.refresh_from_db()


@pytest.mark.parametrize(
    "change", [{"year": 1700}, {"title": ""}, {"runtime_minutes": 0}, {"imdb_rating": 11}, {"metascore": 101}]
)
def test_it_rejects_what_a_movie_cannot_be(site, change):
    answer = site.post(reverse("admin:movies_movie_add"), movie_form(**change))
    assert answer.status_code == 200
    assert answer.context["adminform"].errors
    assert not Movie.objects.exists()


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "²"])
def test_it_takes_no_number_that_no_movie_has(site, number):
    for page in ("change", "delete"):
        assert site.post(f"/admin/movies/movie/{number}/{page}/", movie_form()).status_code == 302


def test_it_renames_a_person_everywhere(site, api):
    make_movie("Heat", actors=["Al Patchino"])
    person = Person.objects.get()
    site.post(reverse("admin:movies_person_change", args=[person.pk]), {"name": "Al Pacino"})
    assert Person.objects.get().name_key == "al pacino"
    assert len(api.get("/api/v1/movies/", {"q": "pacino"}).json()["results"]) == 1


def test_it_refuses_a_second_person_of_the_same_name(site):
    make_movie(actors=["Penélope Cruz"])
    answer = site.post(reverse("admin:movies_person_add"), {"name": "penelope cruz"})
    assert "already a person with this name" in answer.content.decode()
    assert Person.objects.count() == 1


def test_it_refuses_a_name_that_makes_two_movies_the_same(site):
    make_movie("Heat", year=1995, directors=["Michael Mann"])
    make_movie("Heat", year=1995, directors=["Somebody"])
    Person.objects.filter(name_key="michael mann").update(name_key="mann")
    person = Person.objects.get(name_key="somebody")
    answer = site.post(reverse("admin:movies_person_change", args=[person.pk]), {"name": "Michael Mann"}, follow=True)
    assert "Nothing was saved" in answer.content.decode()
    person.refresh_from_db()
    assert person.name == "Somebody"


def test_it_keeps_a_genre_that_movies_have(site):
    make_movie(genres=("Crime",))
    genre = Genre.objects.get()
    site.post(reverse("admin:movies_genre_delete", args=[genre.pk]), {"post": "yes"})
    assert Genre.objects.filter(pk=genre.pk).exists()


def test_it_offers_movies_people_and_genres_while_typing(site):
    make_movie("Heat", actors=["Al Pacino"], genres=("Crime",))
    url = reverse("admin:autocomplete")
    for model, field, term in (("credit", "person", "pac"), ("moviegenre", "genre", "cri"), ("credit", "movie", "hea")):
        found = site.get(url, {"app_label": "movies", "model_name": model, "field_name": field, "term": term}).json()
        assert len(found["results"]) == 1
