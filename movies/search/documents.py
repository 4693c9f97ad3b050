"""The stored side of keyword search: what each film is found by, kept by services in their own transaction."""

from collections.abc import Callable, Collection

from django.db import connection, transaction

from movies.locks import edit_alongside, index_alone
from movies.models import Movie, SearchDocument
from movies.search import entries, lexemes
from movies.search.lexemes import Spoken
from movies.search.tiers import TIER, VOTES

_BATCH = 2000

# Films are looked up one by one: however many there are, they are few of all.
# Lexemes come as lines of a text: PostgreSQL knows no arrays of arrays of different lengths, and none has a line break.
_STORE = rf"""
    INSERT INTO movies_searchdocument AS known (movie_id, tier, votes, version, document)
    SELECT id, tier, votes, {lexemes.VERSION}, array_to_tsvector(ARRAY(
               SELECT tier || lexeme FROM unnest(string_to_array(lexemes, E'\n')) AS lexeme
           ))
      FROM (
          SELECT movie.id, {TIER} AS tier, {VOTES} AS votes, lexemes
            FROM unnest(%s::bigint[], %s::text[]) AS words (id, lexemes),
                 LATERAL (SELECT id, imdb_votes FROM movies_movie WHERE id = words.id OFFSET 0) AS movie
      ) AS film
    ON CONFLICT (movie_id) DO UPDATE
       SET document = excluded.document, tier = excluded.tier, votes = excluded.votes, version = excluded.version
     WHERE (known.document, known.votes, known.version) <> (excluded.document, excluded.votes, excluded.version)
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
    with connection.cursor() as cursor:
        cursor.execute(_SPOKEN, [list(movie_ids)])
        return {
            movie_id: lexemes.of_film(Spoken(title, key), year, list(map(Spoken, names, name_keys)), description)
            for movie_id, title, key, year, description, names, name_keys in cursor.fetchall()
        }


_SPOKEN = """
    SELECT movie.id, title, title_key, year, description, coalesce(names, '{}'), coalesce(name_keys, '{}')
      FROM movies_movie AS movie,
           LATERAL (
               SELECT array_agg(person.name) AS names, array_agg(person.name_key) AS name_keys
                 FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
                WHERE credit.movie_id = movie.id) AS credited
     WHERE movie.id = ANY(%s)
"""


def catch_up() -> int:
    """Index the films that were never indexed, or by an older version of the service; how many that were.

    The latter are found by what they have until then.
    """
    return sum(map(_index_all, (_missing, _outdated)))


def _index_all(some: Callable[..., list[int]]) -> int:
    indexed = last = 0
    while movie_ids := some(after=last):
        with transaction.atomic():
            edit_alongside()
            # Whoever changes one of them meanwhile has indexed it, or waits for us and then does.
            _locked(movie_ids)
            index(movie_ids)
        indexed, last = indexed + len(movie_ids), movie_ids[-1]
    return indexed


def keep_up(*, after: int) -> int:
    """Index films that were never indexed, of those with higher ids, while an import goes on adding some; returns the
    highest id it has come to. Full sets are cheaper: a smaller one is the last for now.

    Unlike everybody else it edits alongside an import. So it waits for nobody who changes a film: they index it, or
    else `catch_up` does.
    """
    while movie_ids := _missing(after=after):
        with transaction.atomic():
            locked = _locked(movie_ids, skip_locked=True)
            index_alone()
            index(locked)
        after = movie_ids[-1]
        if len(movie_ids) < _BATCH:
            break
    return after


def _missing(*, after: int) -> list[int]:
    missing = Movie.objects.filter(search=None, pk__gt=after).order_by("pk")
    return list(missing.values_list("pk", flat=True)[:_BATCH])


def _outdated(*, after: int) -> list[int]:
    outdated = SearchDocument.objects.filter(version__lt=lexemes.VERSION, pk__gt=after).order_by("pk")
    return list(outdated.values_list("pk", flat=True)[:_BATCH])


def _locked(movie_ids: list[int], *, skip_locked: bool = False) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_LOCK} SKIP LOCKED" if skip_locked else _LOCK, [movie_ids])
        return [movie_id for (movie_id,) in cursor.fetchall()]


_LOCK = "SELECT id FROM movies_movie WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
