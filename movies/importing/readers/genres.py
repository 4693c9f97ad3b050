"""Maps the genre names of other data sets to IMDb's, so that each genre has one name in the catalogue."""

from collections.abc import Iterable

from movies.importing.cells import each_once

_MEANINGS = {
    # TMDB
    "science fiction": ("Sci-Fi",),
    "tv movie": (),
    "foreign": (),
    # MovieLens
    "children": ("Family",),
    "children's": ("Family",),
    "imax": (),
    "(no genres listed)": (),
    # Netflix, whose categories are not all genres
    "action & adventure": ("Action", "Adventure"),
    "children & family movies": ("Family",),
    "comedies": ("Comedy",),
    "documentaries": ("Documentary",),
    "dramas": ("Drama",),
    "horror movies": ("Horror",),
    "movies": (),
    "music & musicals": ("Music", "Musical"),
    "romantic movies": ("Romance",),
    "sci-fi & fantasy": ("Sci-Fi", "Fantasy"),
    "sports movies": ("Sport",),
    "thrillers": ("Thriller",),
}


def imdb_genres(names: Iterable[str]) -> tuple[str, ...]:
    """Translate genre names to IMDb's; unknown names are unchanged."""
    return each_once(word for name in names for word in _MEANINGS.get(name.casefold(), (name,)))
