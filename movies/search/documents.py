"""Stores the search documents of films; services call this in their own transactions."""

from collections.abc import Callable, Collection

from django.db import connection, transaction

from movies.folding import fold
from movies.locks import lock_editing_shared, lock_indexing
from movies.models import Movie, SearchDocument
from movies.search import gin_index, lexemes
from movies.search.lexemes import FoldedText
from movies.search.tiers import TIER, VOTES

_BATCH = 2000

# `OFFSET 0` makes PostgreSQL look up each film by id instead of joining.
# The lexemes of a film are lines of one text, because the rows of a two-dimensional array must have the same length.
_STORE = rf"""
    INSERT INTO movies_searchdocument AS stored (movie_id, tier, votes, version, document)
    SELECT id, tier, votes, {lexemes.VERSION},
           array_to_tsvector(string_to_array(tier || replace(lexemes, E'\n', E'\n' || tier), E'\n'))
      FROM (
          SELECT movie.id, {TIER} AS tier, {VOTES} AS votes, lexemes
            FROM unnest(%s::bigint[], %s::text[]) AS words (id, lexemes),
                 LATERAL (SELECT id, imdb_votes FROM movies_movie WHERE id = words.id OFFSET 0) AS movie
      ) AS movie
    ON CONFLICT (movie_id) DO UPDATE
       SET document = excluded.document, tier = excluded.tier, votes = excluded.votes, version = excluded.version
     WHERE (stored.document, stored.votes, stored.version) <> (excluded.document, excluded.votes, excluded.version)
"""


def index(movie_ids: Collection[int]) -> None:
    """Store the search documents of these films."""
    by_movie = lexemes_of(movie_ids)
    if not by_movie:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [list(by_movie), ["\n".join(words) for words in by_movie.values()]])
    gin_index.flush_pending()


def remove_document(movie_id: int) -> None:
    """Delete the search document of a film that is about to be removed."""
    SearchDocument.objects.filter(pk=movie_id).delete()


def lexemes_of(movie_ids: Collection[int]) -> dict[int, list[str]]:
    """The lexemes of these films, by id, from their current facts."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [list(movie_ids)])
        return {
            movie_id: lexemes.of_movie(
                _titles(title, key, original), year, list(map(FoldedText, names, name_keys)), description
            )
            for movie_id, title, key, original, year, description, names, name_keys in cursor.fetchall()
        }


def _titles(title: str, key: str, original: str) -> list[FoldedText]:
    other = [FoldedText(original, fold(original))] if original not in ("", title) else []
    return [FoldedText(title, key), *other]


_TEXTS = """
    SELECT movie.id, title, title_key, original_title, year, description,
           coalesce(names, '{}'), coalesce(name_keys, '{}')
      FROM movies_movie AS movie,
           LATERAL (
               SELECT array_agg(person.name) AS names, array_agg(person.name_key) AS name_keys
                 FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
                WHERE credit.movie_id = movie.id) AS credited
     WHERE movie.id = ANY(%s)
"""


def update_index() -> int:
    """Index the films that have no document, or one of an older version; return how many.

    Outdated documents are searched until they are replaced.
    """
    return sum(map(_index_all, (_missing, _outdated)))


def _index_all(next_ids: Callable[..., list[int]]) -> int:
    indexed = last = 0
    while movie_ids := next_ids(after=last):
        with transaction.atomic():
            lock_editing_shared()
            _locked(movie_ids)  # waits for concurrent writers, which index their films; later ones wait for this
            index(movie_ids)
        indexed, last = indexed + len(movie_ids), movie_ids[-1]
    return indexed


def index_new_movies(*, after: int) -> int:
    """Index films without a document and with ids above `after`, while an import is adding some; return the last id.

    Stops after a partial batch, because full ones are cheaper. Takes no editing lock, which the import holds, and
    skips locked films: their writers index them, or else `update_index` does.
    """
    while movie_ids := _missing(after=after):
        with transaction.atomic():
            locked = _locked(movie_ids, skip_locked=True)
            lock_indexing()
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
