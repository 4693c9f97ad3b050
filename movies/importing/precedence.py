"""Which data set takes precedence when two disagree on a fact. For those listed, import order does not matter."""

FACTS = (
    "title", "year", "description", "certificate", "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd",
    "metascore", "genres", "directors", "actors",
)  # fmt: skip

# Highest precedence first. IMDb's own files are the newest and the origin of its ratings; the top 1000 were collected
# in 2020, after the films of 2006 to 2016. The order of the two TMDB data sets is arbitrary. MovieLens has only titles,
# years and genres.
_USUALLY = ("imdb", "imdb-top-1000", "imdb-2006-2016", "tmdb-5000", "the-movies-dataset", "netflix-titles", "movielens")
_EXCEPT = {
    # American certificates; those of the top 1000 are Indian.
    "certificate": ("netflix-titles", "imdb-top-1000"),
    # All directors; two of the other data sets have only the first.
    "directors": ("imdb", "tmdb-5000", "the-movies-dataset"),
    # Longer casts than the others.
    "actors": ("tmdb-5000", "the-movies-dataset", "netflix-titles"),
}


def order_of(fact: str) -> tuple[str, ...]:
    """The ranked sources of a fact, highest precedence first. Among unlisted sources the last import wins."""
    return tuple(dict.fromkeys((*_EXCEPT.get(fact, ()), *_USUALLY)))


def stronger(source: str) -> list[tuple[str, str]]:
    """Pairs of (other source, fact) where the other source takes precedence over this one."""
    return [(other, fact) for fact in FACTS for other in _before(source, order_of(fact))]


def weaker(source: str, fact: str) -> list[str]:
    """The sources over which this one takes precedence for a fact."""
    order = order_of(fact)
    return list(order[order.index(source) + 1 :]) if source in order else []


def _before(source: str, order: tuple[str, ...]) -> tuple[str, ...]:
    return order[: order.index(source)] if source in order else order
