"""The stored side of keyword search: what each film is found by, kept by services in their own transaction."""

from collections.abc import Collection

from django.db import connection, transaction

from movies.locks import edit_alongside
from movies.models import Credit, Movie, SearchDocument
from movies.search import entries, lexemes
from movies.search.lexemes import Spoken
from movies.search.tiers import TIER, VOTES

_BATCH = 2000

# Lexemes come as lines of a text: PostgreSQL knows no arrays of arrays of different lengths, and none has a line break.
_STORE = rf"""
    INSERT INTO movies_searchdocument AS known (movie_id, tier, votes, document)
    SELECT id, tier, votes, array_to_tsvector(ARRAY(
               SELECT tier || lexeme FROM unnest(string_to_array(lexemes, E'\n')) AS lexeme
           ))
      FROM (
          SELECT movie.id, {TIER} AS tier, {VOTES} AS votes, lexemes
            FROM unnest(%s::bigint[], %s::text[]) AS words (id, lexemes) JOIN movies_movie AS movie USING (id)
      ) AS film
    ON CONFLICT (movie_id) DO UPDATE SET document = excluded.document, tier = excluded.tier, votes = excluded.votes
     WHERE (known.document, known.votes) <> (excluded.document, excluded.votes)
"""


def index(movie_ids: Collection[int]) -> None:
    """Store anew what these films are found by."""
    found = lexemes_of(movie_ids)
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [list(found), ["\n".join(words) for words in found.values()]])
    entries.merge()


def forget(movie_id: int) -> None:
    """Find a film no more, which is about to go."""
    SearchDocument.objects.filter(pk=movie_id).delete()


def lexemes_of(movie_ids: Collection[int]) -> dict[int, list[str]]:
    """What these films are found by, from what the catalogue says of them now."""
    people: dict[int, list[Spoken]] = {}
    credits = Credit.objects.filter(movie__in=movie_ids)
    for movie_id, *name in credits.values_list("movie_id", "person__name", "person__name_key"):
        people.setdefault(movie_id, []).append(Spoken(*name))
    movies = Movie.objects.filter(pk__in=movie_ids)
    return {
        movie_id: lexemes.of_film(Spoken(title, key), year, people.get(movie_id, ()), description)
        for movie_id, title, key, year, description in movies.values_list(
            "id", "title", "title_key", "year", "description"
        )
    }


def catch_up() -> int:
    """Index the films that were never indexed, as after an update of the service; how many that were."""
    missing = Movie.objects.filter(search=None).order_by("pk").values_list("pk", flat=True)
    indexed = last = 0
    while movie_ids := list(missing.filter(pk__gt=last)[:_BATCH]):
        with transaction.atomic():
            edit_alongside()
            # Whoever changes one of them meanwhile has indexed it, or waits for us and then does.
            list(Movie.objects.select_for_update(no_key=True).filter(pk__in=movie_ids).order_by("pk").values("pk"))
            index(movie_ids)
        indexed, last = indexed + len(movie_ids), movie_ids[-1]
    return indexed
