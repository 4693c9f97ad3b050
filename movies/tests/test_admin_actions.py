"""What can be done with several films of the list, and how the list is filtered."""

import csv
import io

import pytest
from django.contrib.auth.models import Permission

from movies.models import Change, Movie, SourceRow
from movies.tests.factories import make_movie
from netflix.accounts.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/movies/movie/"


def act(site, action, movies, **fields):
    return site.post(
        LIST, {"action": action, "_selected_action": [movie.pk for movie in movies], **fields}, follow=True
    )


def facts_of(movie):
    movie = Movie.objects.get(pk=movie.pk)
    return movie.certificate, sorted(genre.name for genre in movie.genres.all()), movie.edited


def test_it_changes_certificate_and_genres_of_several_movies(site):
    movies = [make_movie(genres=("Crime", "Drama")), make_movie(genres=("War",), certificate="R"), make_movie()]
    Movie.objects.update(edited=[])
    page = act(site, "bulk_edit", movies[:2])
    assert "Change 2 films" in page.content.decode()
    assert [facts_of(movie)[2] for movie in movies] == [[], [], []]
    done = act(site, "bulk_edit", movies[:2], apply="1", certificate="R", add_genres="war", remove_genres="Drama")
    assert "1 of 2 films were changed." in done.content.decode()
    assert facts_of(movies[0]) == ("R", ["Crime", "War"], ["certificate", "genres"])
    assert facts_of(movies[1]) == ("R", ["War"], [])
    assert facts_of(movies[2]) == ("", ["Drama"], [])
    assert Change.objects.count() == 1


def test_it_leaves_every_movie_a_genre(site):
    movies = [make_movie(genres=("Drama",)), make_movie(genres=("Crime", "Drama"))]
    done = act(site, "bulk_edit", movies, apply="1", remove_genres="Drama")
    assert "Left as they are, because they would have no genre: 1." in done.content.decode()
    assert [facts_of(movie)[1] for movie in movies] == [["Drama"], ["Crime"]]


@pytest.mark.parametrize(
    ("fields", "words"), [({}, "Say what is to be changed."), ({"add_genres": "Noir"}, "There is no genre “Noir”.")]
)
def test_it_changes_nothing_unless_it_knows_what(site, fields, words):
    movie = make_movie()
    before = facts_of(movie)
    assert words in act(site, "bulk_edit", [movie], apply="1", **fields).content.decode()
    assert facts_of(movie) == before


def lines_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_it_saves_the_selection_as_a_file(site):
    heat = make_movie(
        "Heat", year=1995, genres=("Drama", "Crime"), directors=["Michael Mann"], actors=["Al Pacino", "Val Kilmer"],
        imdb_votes=1_583_625, description='A "crew",\nand a cop.',
    )  # fmt: skip
    other = make_movie("Not this")
    answer = act(site, "export_csv", [heat])
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    (line,) = lines_of(answer)
    assert (line["title"], line["year"], line["imdb_votes"], line["likes"]) == ("Heat", "1995", "1583625", "0")
    assert (line["genres"], line["directors"], line["actors"]) == (
        "Crime; Drama",
        "Michael Mann",
        "Al Pacino; Val Kilmer",
    )
    assert line["description"] == 'A "crew",\nand a cop.'
    assert line["metascore"] == ""
    assert len(lines_of(act(site, "export_csv", [other], select_across=1))) == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.com")'])
def test_it_saves_nothing_that_a_spreadsheet_would_execute(site, text):
    movie = make_movie(text, description=text, actors=[f"{text} Smith"])
    (line,) = lines_of(act(site, "export_csv", [movie]))
    assert {line["title"], line["description"]} == {f"'{text}"}
    assert line["actors"] == f"'{text} Smith"


def test_it_saves_no_more_movies_than_one_request_can_write_in_a_moment(site, monkeypatch):
    monkeypatch.setattr("movies.admin.actions.MAX_EXPORTED", 2)
    movies = [make_movie() for _ in range(3)]
    answer = act(site, "export_csv", movies[:1], select_across=1)
    assert "Select at most 2 films: narrow the list with the filters." in answer.content.decode()
    assert len(lines_of(act(site, "export_csv", movies[:2]))) == 2


def test_it_saves_any_number_of_movies_in_few_queries(site, django_assert_max_num_queries):
    movies = [make_movie(genres=("Crime", "Drama"), actors=["A", "B"]) for _ in range(20)]
    with django_assert_max_num_queries(12):
        assert len(lines_of(act(site, "export_csv", movies))) == 20


@pytest.mark.parametrize("action", ["bulk_edit", "let_imports_change"])
def test_it_lets_those_who_may_only_look_change_nothing(client, action):
    staff = User.objects.create_user("agent", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_movie"))
    client.force_login(staff)
    movie = make_movie()
    before = facts_of(movie)
    act(client, action, [movie], apply="1", certificate="R")
    assert facts_of(movie) == before
    assert len(lines_of(act(client, "export_csv", [movie]))) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("year__gte=2000", {"New", "Newest"}),
        ("year__lte=1999", {"Old"}),
        ("year__gte=1990&year__lte=2005", {"Old", "New"}),
        ("year__gte=&year__lte=", {"Old", "New", "Newest", "Undated"}),
        ("imdb_votes__gte=1000", {"New"}),
        ("imdb_rating__gte=7.5&imdb_rating__lte=9", {"Newest"}),
        ("imdb_rating__gte=7.5&year__lte=2000", set()),
        ("year__gte=soon", {"Old", "New", "Newest", "Undated"}),
    ],
)
def test_it_filters_by_ranges(site, query, found):
    make_movie("Old", year=1995, imdb_votes=10)
    make_movie("New", year=2000, imdb_votes=1000, imdb_rating="7.4")
    make_movie("Newest", year=2015, imdb_rating="8.0")
    Movie.objects.filter(pk=make_movie("Undated").pk).update(year=None)
    answer = site.get(f"{LIST}?{query}", follow=True)
    assert {movie.title for movie in answer.context["cl"].result_list} == found


def test_it_shows_numbers_with_separators(site):
    make_movie("Heat", imdb_votes=1_583_625, runtime_minutes=170)
    html = site.get(LIST).content.decode()
    assert "1,583,625" in html
    assert "170 min" in html


def test_it_says_what_is_deleted_with_movies_without_listing_it_all(site, viewer):
    movie = make_movie("Heat", actors=["A", "B"])
    SourceRow.objects.create(source="a-file", key="heat", movie=movie)  # stays, so that imports do not bring it back
    page = act(site, "delete_selected", [movie]).content.decode()
    assert "Films: 1" in page
    assert "Credits: 2" in page
    assert "Source rows: " not in page
    act(site, "delete_selected", [movie], post="yes")
    assert not Movie.objects.exists()
    assert SourceRow.objects.get().movie is None
