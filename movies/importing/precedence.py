"""Which data set takes precedence when two disagree on a fact. For those listed, import order does not matter."""

from movies.importing.facts import FACTS

# Highest precedence first, unless the fact says otherwise (`facts`). IMDb's own files are the newest and the origin of
# its ratings; the top 1000 were collected in 2020, after the films of 2006 to 2016. The order of the two TMDB data sets
# is arbitrary. MovieLens has only titles, years and genres.
_DEFAULT_ORDER = (
    "imdb",
    "imdb-top-1000",
    "imdb-2006-2016",
    "tmdb-5000",
    "the-movies-dataset",
    "netflix-titles",
    "movielens",
)


def order_of(fact: str) -> tuple[str, ...]:
    """The ranked sources of a fact, highest precedence first. Among unlisted sources the last import wins."""
    return tuple(dict.fromkeys((*FACTS[fact].preferred_sources, *_DEFAULT_ORDER)))


def rank(fact: str, source: str) -> int:
    """The place of a source in the order of a fact; unlisted sources come last."""
    order = order_of(fact)
    return order.index(source) if source in order else len(order)


def stronger(source: str) -> list[tuple[str, str]]:
    """Pairs of (other source, fact) where the other source takes precedence over this one."""
    return [(other, fact) for fact in FACTS for other in order_of(fact)[: rank(fact, source)]]


def weaker(source: str, fact: str) -> tuple[str, ...]:
    """The sources over which this one takes precedence for a fact."""
    return order_of(fact)[rank(fact, source) + 1 :]
