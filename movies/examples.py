"""Answers that the schema shows."""

from drf_spectacular.utils import OpenApiExample

_MOVIE = {
    "id": 4,
    "url": "https://example.com/api/v1/movies/4/",
    "title": "Interstellar",
    "year": 2014,
    "genres": ["Adventure", "Drama", "Sci-Fi"],
    "runtime_minutes": 169,
    "certificate": None,
    "imdb_rating": 8.6,
    "likes": 12,
}
# In a page as `SearchPagination` describes it.
MATCH = OpenApiExample("For `q=intersteller`", {**_MOVIE, "matched": "title"}, response_only=True)
_PERSON = {
    "kind": "person",
    "text": "Christopher Nolan",
    "year": None,
    "link": "https://example.com/api/v1/people/12/",
    "id": 12,
}
SUGGESTIONS = [
    OpenApiExample("For `q=nol`", {"results": [_PERSON]}, response_only=True),
    OpenApiExample("For `q=nolam`", {"results": [_PERSON], "did_you_mean": "nolan"}, response_only=True),
]
