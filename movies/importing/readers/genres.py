"""Other data sets' words for genres, as IMDb says them: the same genre must not be in the catalogue under two names."""

from collections.abc import Iterable

from movies.importing.readers.cells import each_once

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
    # Netflix, whose shelves are some genres and some not
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


def in_imdbs_words(names: Iterable[str]) -> tuple[str, ...]:
    """Unknown ones stay as they are."""
    return each_once(word for name in names for word in _MEANINGS.get(name.casefold(), (name,)))
