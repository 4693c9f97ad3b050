"""Every field of `Facts` is stored, ranked, edited, merged and undone alike."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from movies import merging, services
from movies.importing import undoing
from movies.importing.facts import COLUMNS, FACTS
from movies.importing.precedence import order_of
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.locks import lock_editing
from movies.models import Genre, ImportRun, MergedMovie, Movie, SourceRow
from movies.selectors import movie_sources
from movies.serializers import MovieDetailSerializer, MovieWriteSerializer
from movies.tests.factories import details_of, make_movie

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_refresh")]

VALUES = {
    "title": ("Heat", "HEAT"),
    "year": (1995, 1996),
    "description": ("A detective.", "A thief."),
    "certificate": ("R", "15"),
    "runtime_minutes": (170, 171),
    "imdb_rating": (Decimal("8.3"), Decimal("8.4")),
    "imdb_votes": (700_000, 0),
    "revenue_usd": (187_436_818, 0),
    "metascore": (76, 77),
    "original_title": ("Heat", "Hitze"),
    "original_language": ("en", "de"),
    "countries": (("United States",), ("France", "Italy")),
    "poster": ("https://example.com/heat.jpg", "https://example.com/heat,1.jpg"),
    "release_date": (date(1995, 12, 15), date(1996, 1, 1)),
    "genres": (("Crime",), ("Drama", "War")),
    "directors": (("Michael Mann",), ("Dick Richards", "Somebody")),
    "actors": (("Al Pacino", "Val Kilmer"), ("Robert De Niro",)),
}
HEAT = {"title": "Heat", "year": 1995, "ids": ("imdb:tt0113277",), "directors": ("Michael Mann",)}

each_fact = pytest.mark.parametrize("fact", FACTS)


def import_row(source, **facts):
    run = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.DONE, started_at=timezone.now())
    return run, import_rows([MovieRow(line=2, **HEAT | facts)], source=source, run=run)


def shown_value(fact):
    return details_of(Movie.objects.get().pk)[fact]


def in_json(value):
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def for_service(fact, value):
    return [Genre.objects.get_or_create(name=name)[0] for name in value] if fact == "genres" else value


def test_it_stands_in_the_model_the_service_and_the_api():
    assert VALUES.keys() == FACTS.keys() == services.MovieFacts.__annotations__.keys()
    assert MovieWriteSerializer().fields.keys() == FACTS.keys() <= MovieDetailSerializer().fields.keys()
    assert {*COLUMNS} <= {field.name for field in Movie._meta.concrete_fields}


def test_it_splits_off_a_movie_that_was_merged_before_there_were_all_facts():
    kept, merged = make_movie("Heat", year=1995), make_movie("Heat, the film", year=1996)
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    entry = MergedMovie.objects.get()
    for fact in ("original_title", "original_language", "countries", "poster", "release_date"):
        del entry.record["movie"][fact]
    entry.save()
    with transaction.atomic():
        lock_editing()
        assert merging.split(merged.pk)
    movie = details_of(merged.pk)
    assert [movie[fact] for fact in ("title", "poster", "countries")] == ["Heat, the film", None, []]


@each_fact
def test_it_believes_the_better_data_set_whatever_the_order(fact):
    better, worse = order_of(fact)[0], order_of(fact)[-1]
    for first, second in ((better, worse), (worse, better)):
        for source in (first, second):
            import_row(source, **{fact: VALUES[fact][source == worse]})
        assert shown_value(fact) == in_json(VALUES[fact][0])
        assert movie_sources(Movie.objects.get().pk)[fact] == better
        services.remove_movie(movie_id=Movie.objects.get().pk)
        services.let_imports_add(list(SourceRow.objects.values_list("pk", flat=True)))


@each_fact
def test_it_is_taken_back_with_its_import(fact):
    better, worse = order_of(fact)[0], order_of(fact)[-1]
    import_row(worse, **{fact: VALUES[fact][0]})
    before = details_of(Movie.objects.get().pk)
    run, report = import_row(better, **{fact: VALUES[fact][1]})
    assert (report.updated, shown_value(fact)) == (1, in_json(VALUES[fact][1]))
    undoing.undo(run.pk)
    assert details_of(Movie.objects.get().pk) == before


@each_fact
def test_it_stays_as_a_person_edited_it(fact):
    import_row(order_of(fact)[0], **{fact: VALUES[fact][0]})
    movie_id = Movie.objects.get().pk
    services.change_movie(movie_id=movie_id, **{fact: for_service(fact, VALUES[fact][1])})
    _, report = import_row(order_of(fact)[0], **{fact: VALUES[fact][0]})
    assert (report.kept, shown_value(fact)) == (1, in_json(VALUES[fact][1]))
    assert movie_sources(movie_id)[fact] == "staff"


@each_fact
def test_it_is_not_erased_by_a_row_without_it(fact):
    given = {fact: VALUES[fact][0]}
    import_row("a-file", **given)
    nothing = {"title": "Heat", "year": None, "directors": ()}.get(fact, () if FACTS[fact].sql == "text[]" else None)
    import_row("a-file", **{fact: "" if FACTS[fact].sql == "text" and nothing is None else nothing})
    assert shown_value(fact) == in_json(VALUES[fact][0])


@each_fact
def test_it_is_merged(fact):
    kept = make_movie("Heat", year=1995, genres=())
    Movie.objects.update(edited=[])
    merged = make_movie("Something else", year=2000, genres=())
    services.change_movie(movie_id=merged.pk, **{fact: for_service(fact, VALUES[fact][1])})
    Movie.objects.filter(pk=merged.pk).update(edited=[fact])
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    assert shown_value(fact) == in_json(VALUES[fact][1])
