"""What films are called elsewhere, as links between data sets have it."""

from movies.importing.readers import cells


def own_id(cell: str) -> int:
    number = cells.whole_number(cell)
    if number is None:
        raise ValueError("a film needs its id")
    return number


def other_id(cell: str) -> int | None:
    """Of IMDb also with its letters; a zero is none."""
    return cells.whole_number(cell.strip().removeprefix("tt")) or None


def names_of(*, movielens: int | None = None, tmdb: int | None = None, imdb: int | None = None) -> list[str]:
    """Such as imdb:tt0113277."""
    found = (("movielens:{}", movielens), ("imdb:tt{:07d}", imdb), ("tmdb:{}", tmdb))
    return [name.format(number) for name, number in found if number is not None]
