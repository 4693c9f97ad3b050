"""Which data set is believed where two say different things about one film. It never depends on which came first."""

FACTS = (
    "title", "year", "description", "certificate", "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd",
    "metascore", "genres", "directors", "actors",
)  # fmt: skip

# The first is believed before the others. IMDb's own files are newest, and its numbers are its own; the thousand best
# films were collected in 2020, after those of 2006 to 2016. One of the two that come from TMDB has to be the first.
# MovieLens has nothing but titles, years and genres.
_USUALLY = ("imdb", "imdb-top-1000", "imdb-2006-2016", "tmdb-5000", "the-movies-dataset", "netflix-titles", "movielens")
_EXCEPT = {
    # America's; those of the thousand best films are India's.
    "certificate": ("netflix-titles", "imdb-top-1000"),
    # All who directed the film; two of the others know the first of them only.
    "directors": ("imdb", "tmdb-5000", "the-movies-dataset"),
    # The longer casts.
    "actors": ("tmdb-5000", "the-movies-dataset", "netflix-titles"),
}


def order_of(fact: str) -> tuple[str, ...]:
    """The sources of a fact, the most believed first. Others come after them; among these the last import wins."""
    return tuple(dict.fromkeys((*_EXCEPT.get(fact, ()), *_USUALLY)))


def stronger(source: str) -> list[tuple[str, str]]:
    """What this source does not overrule: the pairs of another source and a fact that is better believed there."""
    return [(other, fact) for fact in FACTS for other in _before(source, order_of(fact))]


def weaker(source: str, fact: str) -> list[str]:
    """The sources that this one overrules in a fact."""
    order = order_of(fact)
    return list(order[order.index(source) + 1 :]) if source in order else []


def _before(source: str, order: tuple[str, ...]) -> tuple[str, ...]:
    return order[: order.index(source)] if source in order else order
