"""How much PostgreSQL reads for a page of the list: little, wherever in 100,000 films the page is."""

from functools import cache
from itertools import product

import pytest
from django.db import connection

from movies import selectors
from movies.lists import MovieList
from movies.models import Person
from movies.people import PeopleList
from movies.statements import person_details
from netflix.api import pagination
from netflix.tests.plans import buffers_of_query, buffers_of_read, mark_pages_visible, use_empty_tables

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

MOVIES = 100_000
MAX_BUFFERS = 2000  # of 8 kB; a page of 20 films with their genres and likes takes about 200

# Half of the films are dramas, every tenth is a western, every hundredth a musical. All facts follow from a film's number
# in its title: ids begin where the tests before have ended, and how much a page reads would be left to chance.
GENERATE = """
    INSERT INTO movies_genre (name) VALUES ('Drama'), ('Western'), ('Musical');
    INSERT INTO movies_movie (title, title_key, director_key, year, description, certificate, runtime_minutes,
                              imdb_rating, imdb_votes, source, source_id, edited, original_language, countries)
    SELECT 'Film ' || n, 'film ' || md5(n::text), '', 1950 + chance / 7 %% 70, '',
           (ARRAY['PG', 'R', ''])[chance / 11 %% 3 + 1], 60 + chance / 13 %% 120, (chance / 17 %% 91) / 10.0,
           chance / 19 %% 1000003, 'generated', '', '{}', (ARRAY['en', 'fr', 'de'])[chance / 23 %% 3 + 1],
           ARRAY[(ARRAY['France', 'Italy', 'India', 'Japan'])[chance / 29 %% 4 + 1]]
      FROM generate_series(1, %(movies)s) AS n, LATERAL (SELECT abs(hashint4(n)) AS chance) AS one;
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT movie.id, genre.id
      FROM movies_movie AS movie
      JOIN movies_genre AS genre
        ON substr(title, 6)::int %% (CASE genre.name WHEN 'Drama' THEN 2 WHEN 'Western' THEN 10 ELSE 100 END) = 0;
    INSERT INTO movies_person (name, name_key) VALUES ('Ann Lee', 'ann lee');
    INSERT INTO movies_credit (movie_id, person_id, role, billing)
    SELECT movie.id, person.id, 'cast', 1 FROM movies_movie AS movie, movies_person AS person
     WHERE substr(title, 6)::int %% 1000 = 0;
    UPDATE movies_likecount SET likes = abs(hashint4(substr(title, 6)::int)) %% 50
      FROM movies_movie WHERE movies_movie.id = movie_id;
    ANALYZE movies_movie, movies_moviegenre, movies_genre, movies_credit, movies_person, movies_likecount
"""


# A film of a genre that one in a hundred has is found among those, and not among all in the order that is asked for: all
# of that genre are read. By id they are in order. (Of a length that so few have, too: that is about as much as the bound,
# so that it is not asked for here.)
EXCEPTIONS = {("rare genre", name) for name in selectors.ORDERINGS} - {("rare genre", "id"), ("rare genre", "-id")}
FILTERS = {
    "no filter": "",
    "genre": "genre=Drama",
    "rare genre": "genre=Musical",
    "two genres": "genre=Drama&genre=Western",
    "person": "person=Ann Lee",
    "certificate": "certificate=R",
    "years": "year_min=1990&year_max=1999",
    "rating_min": "rating_min=8",
    "language": "language=fr",
    "country": "country=France",
    "votes_min": "votes_min=500000",
    "runtime_max": "runtime_max=90",
    "none so short": "runtime_max=1",
}
PAGES = ("first", "middle", "last", "backwards")


def generate():
    use_empty_tables()
    with connection.cursor() as cursor:
        cursor.execute(GENERATE, {"movies": MOVIES})


@cache  # each reads half of the list, or all of it
def cursor_of(ordering, page):
    """A cursor to this place in the whole list; filtered lists have a page there too."""
    keys = ordering.keys
    rows = selectors.with_sort_keys(selectors.movies(), ordering)
    rows = rows.order_by(*(f"-{key}" if ordering.descending else key for key in keys)).values_list(*keys)
    values = rows[MOVIES - 5 if page == "last" else MOVIES // 2]
    values = [value if isinstance(value, int | str) else str(value) for value in values]
    return pagination.sign_cursor(ordering.name, page == "backwards", 1, *values)


def test_it_reads_about_a_page_wherever_the_page_is(db):
    generate()
    beyond, read = {}, MovieList().read
    for (name, query), ordering, page in product(FILTERS.items(), selectors.ORDERINGS.values(), PAGES):
        cursor = "" if page == "first" else f"&cursor={cursor_of(ordering, page)}"
        buffers = buffers_of_read(read, f"/api/v1/movies/?ordering={ordering.name}&{query}{cursor}")
        if buffers > MAX_BUFFERS:
            beyond[name, ordering.name, page] = buffers
    assert {place: buffers for place, buffers in beyond.items() if place[:2] not in EXCEPTIONS} == {}
    assert {place[:2] for place in beyond} == EXCEPTIONS  # who mends one strikes it out


# Half of the people are called John, one in three has a Q between the names, one in a hundred is a Smith; all of them
# have words in common with somebody else. One has made a hundred films, one has made all.
PEOPLE = """
    INSERT INTO movies_person (name, name_key)
    SELECT name, name
      FROM generate_series(1, %(movies)s) AS n,
           LATERAL (SELECT concat_ws(' ',
               (ARRAY['john', 'ann', 'john', 'samuel'])[n %% 4 + 1], CASE n %% 3 WHEN 0 THEN 'q' END,
               (CASE n %% 100 WHEN 1 THEN 'smith' WHEN 2 THEN 'jackson' ELSE '' END) || substr(md5((n %% 500)::text), 1, 4), n
           ) AS name) AS one;
    INSERT INTO movies_person (name, name_key) VALUES ('Everywhere', 'everywhere');
    INSERT INTO movies_credit (movie_id, person_id, role, billing)
    SELECT movie.id, person.id, 'cast', 2 FROM movies_movie AS movie, movies_person AS person
     WHERE person.name = 'Everywhere';
    ANALYZE movies_person, movies_personname, movies_credit
"""
NAMES = [
    "", "j", "jo", "john", "john q", "q john", "smith", "samuel jackson", "jackson samuel", "john nobody", "john 1",
    "nobody", "jhon", "samule jackson",
]  # fmt: skip
MAX_BUFFERS_OF_A_PERSON = 20 * 1000  # of as many films as are shown, each with its genres


@pytest.fixture
def people(transactional_db):
    generate()
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"movies": MOVIES})
    mark_pages_visible("movies_person", "movies_personname", "movies_credit")


def test_it_reads_about_what_it_shows_of_people_and_of_one_person(people):
    read, beyond = PeopleList().read, {}
    for text, page in product(NAMES, PAGES):
        query = f"q={text}"
        if page != "first":
            place = {"middle": " m", "last": " zz", "backwards": " m"}[page]
            values = (
                [int(page == "last" and " " in text), max(text.split(), key=len) + place, 1]
                if text
                else ["john 1 m", 1]
            )
            token = [("match" if text else "name"), page == "backwards", 1, *values]
            query += f"&cursor={pagination.signer.sign_object(token)}"
        buffers = buffers_of_read(read, f"/api/v1/people/?{query}")
        if buffers > MAX_BUFFERS:
            beyond[query, page] = buffers
    assert beyond == {}
    assert buffers_of_person("Ann Lee") < MAX_BUFFERS
    assert buffers_of_person("Everywhere") < MAX_BUFFERS_OF_A_PERSON


def buffers_of_person(name):
    """How much PostgreSQL reads for a person's details, with all their films."""
    pk = Person.objects.get(name=name).pk
    return buffers_of_query(person_details(pk, {"movies_url": "", "people_url": ""}))
