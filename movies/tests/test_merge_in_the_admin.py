"""The admin lists films that may be the same, shows what a merge would do, and does it."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import MergedMovie, Movie
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
SAME = "admin:movies_movie_same"


@pytest.fixture
def site(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def films():
    kept = make_movie("Under the Skin", year=2013, directors=["Jonathan Glazer"]).pk
    return kept, make_movie("Under the Skin", year=2014, metascore=78).pk


def merge_page(kept):
    return reverse("admin:movies_movie_merge", args=[kept])


def test_it_lists_what_may_be_the_same_and_nothing_else(site, films):
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
    assert f'action="{merge_page(films[0])}"' in page
    assert reverse(SAME) in site.get(reverse("admin:movies_movie_changelist")).content.decode()


def test_it_shows_what_would_become_of_both_and_then_does_it(site, films):
    kept, merged = films
    assert merge_page(kept) in site.get(reverse("admin:movies_movie_change", args=[kept])).content.decode()
    page = site.get(merge_page(kept), {"merged": merged}).content.decode()
    assert "Under the Skin (2013) stays, Under the Skin (2014) goes" in page
    assert "<strong>78</strong>" in page  # the metascore, which only the other film has
    assert "<strong>Under the Skin</strong>" in page
    assert "1 movie genres" in page
    assert Movie.objects.count() == 2
    answer = site.post(merge_page(kept), {"merged": merged}, follow=True)
    assert "The films are one by now" in answer.content.decode()
    assert (Movie.objects.get().pk, Movie.objects.get().metascore) == (kept, 78)
    assert MergedMovie.objects.get().number == merged


@pytest.mark.parametrize(("other", "words"), [(0, "greater than or equal to 1"), (10**12, "no other film")])
def test_it_asks_again_for_a_number_that_is_no_other_films(site, films, other, words):
    assert words in site.get(merge_page(films[0]), {"merged": other}).content.decode()
    assert words in site.get(merge_page(films[0]), {"merged": other}).content.decode()
    assert "no other film" in site.get(merge_page(films[0]), {"merged": films[0]}).content.decode()
    assert Movie.objects.count() == 2


def test_it_says_what_it_cannot_merge(site, films):
    kept, merged = films
    for pair, words in (((kept, kept), "with itself"), ((kept, 10**12), "not there any more")):
        answer = site.post(merge_page(pair[0]), {"merged": pair[1]}, follow=True)
        assert words in answer.content.decode()
    assert "There is no film with this id" in site.get(merge_page(merged + 999), follow=True).content.decode()
    assert Movie.objects.count() == 2


@pytest.mark.parametrize("permissions", [[], ["change_movie", "view_movie"]])
def test_it_is_for_who_may_change_and_delete(viewer, films, permissions):
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(viewer)
    assert client.get(reverse(SAME)).status_code == 403
    assert client.post(merge_page(films[0]), {"merged": films[1]}).status_code == 403
    assert Movie.objects.count() == 2
