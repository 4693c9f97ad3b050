"""The admin lists films that may be the same, shows what a merge of films, people or genres would do, and does it."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from movies import services
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import Genre, MergedMovie, Movie, Person
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.forms import filled_in
from netflix.tests.meanwhile import while_another_writes

pytestmark = pytest.mark.django_db
SAME = "admin:movies_movie_same"


@pytest.fixture
def movies():
    kept = make_movie("Under the Skin", year=2013, directors=["Jonathan Glazer"]).pk
    return kept, make_movie("Under the Skin", year=2014, metascore=78).pk


def merge_page(kept):
    return reverse("admin:movies_movie_merge", args=[kept])


def test_it_lists_what_may_be_the_same_and_nothing_else(site, movies):
    for source, row_id, other_id in (("movielens", "movielens:1", "movielens:2"), ("tmdb-5000", "tmdb:1", "tmdb:2")):
        import_rows(
            [
                MovieRow(line=2, title=f"Emma {source}", year=1996, ids=(row_id,)),
                MovieRow(line=3, title=f"Emma {source}", year=1997, ids=(other_id,)),
            ],
            source=source,
        )
    make_movie("The Host", year=2006, directors=["A"])
    make_movie("The Host", year=2007, directors=["B"])
    page = site.get(reverse(SAME)).content.decode()
    assert page.count('value="Merge ..."') == 1
    assert f'action="{merge_page(movies[0])}"' in page
    assert reverse(SAME) in site.get(reverse("admin:movies_movie_changelist")).content.decode()


def test_it_shows_what_would_become_of_both_and_then_does_it(site, movies):
    kept, merged = movies
    assert merge_page(kept) in site.get(reverse("admin:movies_movie_change", args=[kept])).content.decode()
    page = site.get(merge_page(kept), {"merged": merged}).content.decode()
    assert "Under the Skin (2013) stays, Under the Skin (2014) goes" in page
    assert "<strong>78</strong>" in page  # the metascore, which only the other film has
    assert "<strong>Under the Skin</strong>" in page
    assert "1 movie genres" in page
    assert Movie.objects.count() == 2
    answer = site.post(merge_page(kept), {"merged": merged}, follow=True)
    assert "Under the Skin (2014) was merged with Under the Skin (2013)." in answer.content.decode()
    assert (Movie.objects.get().pk, Movie.objects.get().metascore) == (kept, 78)
    assert MergedMovie.objects.get().number == merged


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_asks_again_for_a_number_that_is_no_other_movies(site, movies, method):
    for other in (0, 10**12, 10**30, "x", movies[0]):
        answer = getattr(site, method)(merge_page(movies[0]), {"merged": other})
        assert "no other entry with this number" in answer.content.decode()
    answer = getattr(site, method)(merge_page(movies[1] + 999), {"merged": movies[0]}, follow=True)
    assert "There is no movie with this number" in answer.content.decode()
    assert Movie.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_it_says_that_one_of_them_was_removed_meanwhile(site, movies):
    kept, merged = movies
    answer = while_another_writes(
        lambda: services.remove_movie(movie_id=merged),
        lambda: site.post(merge_page(kept), {"merged": merged}, follow=True),
    )
    assert "was deleted in the meantime" in answer.content.decode()
    assert Movie.objects.count() == 1


@pytest.fixture
def people():
    make_movie("Heat", year=1995, actors=["Al Pacino", "Alfredo Pacino"])
    make_movie("Cruising", year=1980, actors=["Alfredo Pacino"])
    return tuple(Person.objects.get(name=name) for name in ("Al Pacino", "Alfredo Pacino"))


@pytest.fixture
def genres():
    make_movie("Heat", year=1995, genres=("Crime", "Crimes"))
    make_movie("Cruising", year=1980, genres=("Crimes",))
    return tuple(Genre.objects.get(name=name) for name in ("Crime", "Crimes"))


def page_of(thing, what):
    return reverse(f"admin:movies_{thing._meta.model_name}_{what}", args=[thing.pk])


@pytest.mark.parametrize("kind", ["people", "genres"])
def test_it_shows_what_would_become_of_two_names_and_then_does_it(site, kind, request):
    kept, merged = request.getfixturevalue(kind)
    assert page_of(kept, "merge") in site.get(page_of(kept, "change")).content.decode()
    assert "autocomplete" in site.get(page_of(kept, "merge")).content.decode()
    page = site.get(page_of(kept, "merge"), {"merged": merged.pk})
    assert dict(page.context["lists"]) == {
        f"Names that imports will take for {kept}": [merged.name],
        f"Films of {merged}": ["Cruising (1980)", "Heat (1995)"],
        "Films of both": ["Heat (1995)"],
    }
    assert f"{kept} stays, {merged} goes" in page.content.decode()
    assert type(kept).objects.filter(pk=merged.pk).exists()
    answer = site.post(page_of(kept, "merge"), {"merged": merged.pk}, follow=True)
    assert f"{merged} was merged with {kept}." in answer.content.decode()
    assert not type(kept).objects.filter(pk=merged.pk).exists()
    history = site.get(page_of(kept, "history")).content.decode()
    assert f"Merged with {merged}, number {merged.pk}." in history


def test_it_names_the_movies_that_have_to_be_merged_first(site):
    movies = [make_movie("Heat", year=1995, directors=[name]).pk for name in ("Michael Mann", "M. Mann")]
    kept, merged = (Person.objects.get(name=name) for name in ("Michael Mann", "M. Mann"))
    page = site.get(page_of(kept, "merge"), {"merged": merged.pk}).content.decode()
    assert f"{merge_page(movies[0])}?merged={movies[1]}" in page
    assert "Merge them" not in page
    answer = site.post(page_of(kept, "merge"), {"merged": merged.pk}, follow=True)
    assert "Merge these first" in answer.content.decode()
    assert Person.objects.filter(pk=merged.pk).exists()
    site.post(merge_page(movies[0]), {"merged": movies[1]})
    site.post(page_of(kept, "merge"), {"merged": merged.pk})
    assert not Person.objects.filter(pk=merged.pk).exists()


@pytest.mark.parametrize("kind", ["people", "genres"])
def test_it_offers_to_merge_with_the_one_who_has_the_name(site, kind, request):
    """The heading still shows the stored name."""
    kept, other = request.getfixturevalue(kind)
    answer = site.post(page_of(other, "change"), {"name": kept.name.upper()})
    page = answer.content.decode()
    assert "already a" in page
    assert f"{page_of(kept, 'merge')}?merged={other.pk}" in page
    assert (answer.context["subtitle"], str(answer.context["original"])) == (other.name, other.name)
    assert page.count(kept.name.upper()) == 1  # in the field
    added = site.post(reverse(f"admin:movies_{kept._meta.model_name}_add"), {"name": kept.name}).content.decode()
    assert page_of(kept, "change") in added
    assert "/merge/" not in added
    other.refresh_from_db()
    assert other.name != kept.name


def test_it_offers_to_merge_a_movie_with_the_one_that_has_its_title(site, movies):
    kept, other = movies
    address = reverse("admin:movies_movie_change", args=[other])
    answer = site.post(address, filled_in(site, address, title="UNDER the skin", year=2013))
    assert "Under the Skin (2013) is already in the catalogue" in answer.content.decode()
    assert f"{merge_page(kept)}?merged={other}" in answer.content.decode()
    assert answer.context["subtitle"] == "Under the Skin (2014)"
    assert "UNDER the skin (2013)" not in answer.content.decode()


def test_it_offers_merging_to_none_who_may_not(client, people):
    kept, other = people
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["change_person", "view_person"]))
    client.force_login(staff)
    page = client.post(page_of(other, "change"), {"name": kept.name}).content.decode()
    assert page_of(kept, "change") in page
    assert "/merge/" not in page
    assert client.post(page_of(kept, "merge"), {"merged": other.pk}).status_code == 403
    assert Person.objects.filter(pk=other.pk).exists()


def test_it_lists_the_names_and_the_newest_movies_of_a_person(site, django_assert_max_num_queries):
    for n in range(60):
        make_movie(f"Film {n:02}", year=1950 + n, actors=["Al Pacino"])
    make_movie("Looking for Richard", year=2030, actors=["Al Pacino"], directors=["Alfredo Pacino"])
    person = Person.objects.get(name="Al Pacino")
    services.merge_people(kept_id=person.pk, merged_id=Person.objects.get(name="Alfredo Pacino").pk)
    with django_assert_max_num_queries(12):
        page = site.get(page_of(person, "change")).content.decode()
    assert "alfredo pacino" in page
    assert "Looking for Richard (2030)</a>, director and cast" in page
    assert page.count(", cast") == 49
    assert "61 films, of which the newest 50:" in page


def test_it_leads_from_a_genre_to_its_movies(site, genres):
    page = site.get(page_of(genres[1], "change")).content.decode()
    listed = f"{reverse('admin:movies_movie_changelist')}?genres__id__exact={genres[1].pk}"
    assert f'<a href="{listed}">2 films</a>' in page
    assert site.get(listed).context["cl"].result_count == 2


@pytest.mark.parametrize("permissions", [[], ["change_movie", "view_movie"]])
def test_it_is_for_who_may_change_and_delete(viewer, movies, permissions):
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(viewer)
    assert client.get(reverse(SAME)).status_code == 403
    assert client.post(merge_page(movies[0]), {"merged": movies[1]}).status_code == 403
    assert Movie.objects.count() == 2
