"""Fills the database at DATABASE_URL from a file in one of the ways of benchmarks/import.py, which starts it.

    python benchmarks/import_ways.py WAY FILE

Prints the seconds and the peak memory of this process.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

_SOURCE = "imdb-2006-2016"


def by_import(file: Path) -> None:
    call_command("import_movies", str(file))


def by_save(file: Path) -> None:
    """Store one film per transaction, with everything derived from it, as the API does."""
    from movies import services  # noqa: PLC0415
    from movies.models import Genre  # noqa: PLC0415

    for row in _rows(file):
        services.add_movie(
            genres=[Genre.objects.get_or_create(name=name)[0] for name in row.genres],
            **{name: getattr(row, name) for name in _FACTS}, directors=row.directors, actors=row.actors,
        )  # fmt: skip


def by_bulk(file: Path) -> None:
    """Store batches with the ORM, then update search and rankings with the product."""
    from movies import genre_counts, search  # noqa: PLC0415
    from movies.folding import fold  # noqa: PLC0415
    from movies.models import Credit, Genre, Movie, MovieGenre, Person, SourceRow  # noqa: PLC0415
    from netflix import events  # noqa: PLC0415

    coming = _rows(file)
    while rows := list(islice(coming, 2000)):
        with transaction.atomic():
            names = sorted({name for row in rows for name in row.genres})
            Genre.objects.bulk_create([Genre(name=name) for name in names], ignore_conflicts=True)
            genres = dict(Genre.objects.values_list("name", "id"))
            people = {fold(name): name for row in rows for name in chain(row.directors, row.actors)}
            Person.objects.bulk_create(
                [Person(name=name, name_key=key) for key, name in people.items()],
                update_conflicts=True, unique_fields=["name_key"], update_fields=["name"],
            )  # fmt: skip
            ids = dict(Person.objects.filter(name_key__in=people).values_list("name_key", "id"))
            movies = Movie.objects.bulk_create(
                [
                    Movie(
                        title_key=fold(row.title), director_key=fold(row.directors[0]), source=_SOURCE,
                        **{name: getattr(row, name) for name in _FACTS},
                    )
                    for row in rows
                ]
            )  # fmt: skip
            pairs = list(zip(movies, rows, strict=True))
            MovieGenre.objects.bulk_create(
                [MovieGenre(movie=movie, genre_id=genres[name]) for movie, row in pairs for name in row.genres],
                update_conflicts=True, unique_fields=["genre", "movie"], update_fields=["movie"],
            )  # fmt: skip
            Credit.objects.bulk_create(
                [
                    Credit(movie=movie, person_id=ids[fold(name)], role=role, billing=billing)
                    for movie, row in pairs
                    for role, cast in (("director", row.directors), ("cast", row.actors))
                    for billing, name in enumerate(cast, start=1)
                ],
                update_conflicts=True, unique_fields=["movie", "role", "person"], update_fields=["billing"],
            )  # fmt: skip
            SourceRow.objects.bulk_create(
                [
                    SourceRow(source=_SOURCE, key=f"{movie.title_key}|{movie.year}|{movie.director_key}", movie=movie)
                    for movie in movies
                ],
                update_conflicts=True, unique_fields=["key", "source"], update_fields=["movie"],
            )  # fmt: skip
            search.index([movie.pk for movie in movies])
    genre_counts.recount()
    search.rebalance_tiers()
    events.catalogue_loaded.send(None)


def by_limit(file: Path) -> float:
    """Copy the rows into a temporary table; return the seconds of the statements that fill the tables from it."""
    from movies import genre_counts, search  # noqa: PLC0415
    from movies.folding import fold  # noqa: PLC0415
    from movies.search import lexemes  # noqa: PLC0415
    from netflix import events  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY staged FROM STDIN") as copy:
            for number, row in enumerate(_rows(file), start=1):
                keys = [fold(name) for name in (*row.directors, *row.actors)]
                people = [lexemes.FoldedText(*name) for name in zip((*row.directors, *row.actors), keys, strict=True)]
                title = lexemes.FoldedText(row.title, fold(row.title))
                words = "\n".join(lexemes.of_movie([title], row.year, people, row.description))
                copy.write_row((
                    number, title.key, keys[0], list(row.genres), list(row.directors), list(row.actors), keys, words,
                    *(getattr(row, name) for name in _FACTS),
                ))  # fmt: skip
        cursor.execute("ANALYZE staged")
        started_at = time.monotonic()
        cursor.execute("SET synchronous_commit = off; SET gin_pending_list_limit = '64MB'")
        for statement in _FILL:
            cursor.execute(statement)
        genre_counts.recount()
        search.rebalance_tiers()
        events.catalogue_loaded.send(None)
    return time.monotonic() - started_at


_FACTS = (
    "title", "year", "description", "certificate", "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd",
    "metascore",
)  # fmt: skip
_STAGE = """
    CREATE TEMPORARY TABLE staged (
        id bigint, title_key text COLLATE "C", director_key text COLLATE "C", genres text[], directors text[],
        actors text[], keys text[] COLLATE "C", lexemes text, title text, year smallint, description text,
        certificate text, runtime_minutes smallint, imdb_rating numeric, imdb_votes integer, revenue_usd bigint,
        metascore smallint)
"""
_FILL = (
    "INSERT INTO movies_genre (name) SELECT DISTINCT unnest(genres) FROM staged ORDER BY 1",
    """
    INSERT INTO movies_person (name, name_key)
    SELECT DISTINCT ON (key) name, key FROM staged, unnest(directors || actors, keys) AS given (name, key) ORDER BY key
    """,
    f"""
    INSERT INTO movies_movie (id, title_key, director_key, source, source_id, {", ".join(_FACTS)})
    SELECT id, title_key, director_key, '{_SOURCE}', '', {", ".join(_FACTS)} FROM staged ORDER BY id
    """,
    """
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT staged.id, genre.id FROM staged, unnest(genres) AS given JOIN movies_genre AS genre ON name = given
    """,
    """
    INSERT INTO movies_credit (movie_id, person_id, role, billing)
    SELECT staged.id, person.id, CASE WHEN place <= cardinality(directors) THEN 'director' ELSE 'cast' END,
           CASE WHEN place <= cardinality(directors) THEN place ELSE place - cardinality(directors) END
      FROM staged, unnest(keys) WITH ORDINALITY AS given (key, place)
      JOIN movies_person AS person ON name_key = key
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO movies_sourcerow (source, key, movie_id, gives)
    SELECT '{_SOURCE}', concat_ws('|', title_key, year, director_key), id,
           ARRAY['title', 'year', 'description', 'runtime_minutes', 'imdb_rating', 'genres', 'directors', 'actors']
      FROM staged
    """,
    """
    INSERT INTO movies_searchdocument (movie_id, tier, votes, document)
    SELECT id, 3, coalesce(imdb_votes, -1), array_to_tsvector(ARRAY(
               SELECT '3' || lexeme FROM unnest(string_to_array(lexemes, E'\\n')) AS lexeme))
      FROM staged
    """,
    "SELECT gin_clean_pending_list('search_document_words')",
)


def _rows(file: Path) -> Iterator[Any]:
    """Yield each film once, because only the import can handle a second row about a film."""
    from movies.importing.identity import key_of  # noqa: PLC0415
    from movies.importing.readers import open_dataset  # noqa: PLC0415
    from movies.importing.readers.rows import MovieRow  # noqa: PLC0415

    seen: set[int] = set()
    for row in open_dataset(file).rows():
        if isinstance(row, MovieRow) and (key := hash(key_of(row))) not in seen:
            seen.add(key)
            yield row


def main(way: str, file: str) -> None:
    call_command("migrate", verbosity=0)
    started_at = time.monotonic()
    ways = {"import": by_import, "again": by_import, "before": by_import, "save": by_save, "bulk": by_bulk}
    seconds = by_limit(Path(file)) if way == "limit" else ways[way](Path(file))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"seconds {seconds or time.monotonic() - started_at:.1f} megabytes {peak}")


if __name__ == "__main__":
    main(*sys.argv[1:])
