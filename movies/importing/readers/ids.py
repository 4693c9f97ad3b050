"""External ids of films (MovieLens, IMDb, TMDB)."""

from movies.importing import cells


def required_id(cell: str) -> int:
    number = cells.whole_number(cell)
    if number is None:
        raise ValueError("a film needs its id")
    return number


def optional_id(cell: str) -> int | None:
    """Parse an id, with or without IMDb's tt prefix; zero means none. Raises ValueError."""
    return cells.whole_number(cell.strip().removeprefix("tt")) or None


def format_ids(*, movielens: int | None = None, tmdb: int | None = None, imdb: int | None = None) -> list[str]:
    """Format ids with their prefixes, such as imdb:tt0113277."""
    ids = (("movielens:{}", movielens), ("imdb:tt{:07d}", imdb), ("tmdb:{}", tmdb))
    return [name.format(number) for name, number in ids if number is not None]
