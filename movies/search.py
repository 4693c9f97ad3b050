"""Keyword search through PostgreSQL full text: title first, then people, then the description."""

from collections.abc import Collection

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, models
from django.db.models.functions import Cast

from movies.folding import fold
from movies.models import Credit, Movie

# What a match is worth, in PostgreSQL's order: unused, description, people, title.
_WEIGHTS = [0.05, 0.1, 0.4, 1.0]

_STORE = """
    INSERT INTO movies_searchdocument (movie_id, document)
    SELECT id,
           setweight(to_tsvector('simple', title) || to_tsvector('english', title), 'A')
        || setweight(to_tsvector('simple', people) || to_tsvector('english', people), 'B')
        || setweight(to_tsvector('english', description), 'C')
      FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS words (id, title, people, description)
    ON CONFLICT (movie_id) DO UPDATE SET document = excluded.document
"""


def matching(movies: models.QuerySet[Movie], query: str) -> models.QuerySet[Movie]:
    """The films that have every word of `query`, each with its `_relevance`: a film of that very title ranks first.

    Words are compared in their English stem (`dreams` finds `dream`) and as they stand (so that titles made of stop
    words, such as "Her", are found too). A query without any letter or digit finds films of that very title only.
    """
    words = fold(query)
    exact = models.Case(models.When(title_key=words, then=10.0), default=0.0, output_field=models.FloatField())
    either = SearchQuery(words, config="simple") | SearchQuery(words, config="english")
    rank = Cast(SearchRank(models.F("search__document"), either, weights=_WEIGHTS), models.FloatField())
    return movies.filter(models.Q(search__document=either) | models.Q(title_key=words)).annotate(
        _relevance=exact + rank
    )


def index(movie_ids: Collection[int]) -> None:
    """Store anew what search reads of these films."""
    movies = Movie.objects.filter(pk__in=movie_ids).values_list("id", "title_key", "description")
    people: dict[int, list[str]] = {}
    credits = Credit.objects.filter(movie__in=movie_ids).order_by("role", "billing", "id")
    for movie_id, name_key in credits.values_list("movie_id", "person__name_key"):
        people.setdefault(movie_id, []).append(name_key)
    rows = [
        (movie_id, title, " ".join(people.get(movie_id, ())), fold(description))
        for movie_id, title, description in movies
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [list(column) for column in zip(*rows, strict=True)])
