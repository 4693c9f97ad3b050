"""Search for people by the beginnings of the words of their names, in pages of alphabetical order.

`movies_personname` has each name once for each of its words, beginning with that word. So the people whose name has
these words one after the other are one range of its index; those who have them apart are in the range of one of the
words, and are compared with the others there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from movies.folding import fold
from movies.search import vocabulary
from movies.search.correcting import MAX_CORRECTED_WORDS, Candidates
from netflix.api.pagination import MAX_PAGE_SIZE, Cursor, Ordering
from netflix.hot.statements import Lane, Query, Row, Statement
from netflix.hot.steps import Steps

_LAST = "\U0010ffff"  # greater than any character of a name

# First (rank 0) the names that have the words one after the other, then (rank 1) those that have them apart.
MATCH = Ordering("match", ("_rank", "_rotation", "id"))

# A name that has the range's word twice has two rotations in the range: only the smaller one is a result.
_RANGE = """
    SELECT {rank} AS rank, rotation, person_id FROM movies_personname
     WHERE (rotation, person_id) {beyond} (%(start_{rank})s, %(start_id_{rank})s) AND rotation {until} {other_condition}
       AND (strpos(rotation, ' ' || %(begin_{rank})s) = 0 OR NOT EXISTS (
               SELECT FROM movies_rotations(rotation) AS other (words)
                WHERE words COLLATE "C" >= %(begin_{rank})s AND words COLLATE "C" < %(end_{rank})s
                  AND words COLLATE "C" < rotation))
     ORDER BY rotation {direction}, person_id {direction} LIMIT {limit}
"""
# Excludes the names of rank 0, in which the words stand one after the other, perhaps around the end of the name: such a
# name, written twice, contains the text. A shorter name is never of rank 0.
_APART = """
       AND ' ' || rotation LIKE ALL (string_to_array(%(patterns)s, E'\\n'))
       AND (length(rotation) < length(%(typed)s)
            OR strpos(' ' || rotation || ' ' || rotation, ' ' || %(typed)s) = 0)
"""
_IF_NEEDED = "AND (SELECT count(*) FROM together) < %(limit)s"  # a full page looks for no others


def page_sql(*, forwards: bool) -> str:
    """SQL of a page, with the parameters of `page_values`, in the order of MATCH."""
    direction, beyond = ("ASC", ">") if forwards else ("DESC", "<")
    ranges = [
        _RANGE.format(
            rank=rank,
            beyond=beyond,
            until=f"< %(end_{rank})s" if forwards else f">= %(begin_{rank})s",
            other_condition=condition,
            direction=direction,
            limit=MAX_PAGE_SIZE + 1,
        )
        for rank, condition in enumerate(("", _APART + (_IF_NEEDED if forwards else "")))
    ]
    return f"""
        WITH together AS MATERIALIZED ({ranges[0]})
        SELECT * FROM (TABLE together UNION ALL ({ranges[1]})) AS found (_rank, _rotation, id)
         ORDER BY _rank {direction}, _rotation {direction}, id {direction}
    """


class _Range(NamedTuple):
    """A range of the index, and the place in it after which the page starts."""

    begin: str
    end: str
    start: str
    start_id: int


_NOTHING = _Range("", "", "", 0)


def page_values(text: str, cursor: Cursor) -> dict[str, object]:
    """The parameters of `page_sql`, but for `limit`."""
    words = fold(text).split()
    prefixes = [" ".join(words), max(words, key=len) if len(words) > 1 else ""]
    values: dict[str, object] = {"patterns": _patterns(words), "typed": prefixes[0]}
    for rank, prefix in enumerate(prefixes):
        given = _range(prefix, rank, cursor)
        values |= {f"{name}_{rank}": value for name, value in given._asdict().items()}
    return values


def _range(prefix: str, rank: int, cursor: Cursor) -> _Range:
    if not prefix:
        return _NOTHING
    begin, end = prefix, prefix + _LAST
    if not cursor.values:
        return _Range(begin, end, begin, 0)
    rank_after, rotation, person_id = int(cursor.values[0]), str(cursor.values[1]), int(cursor.values[2])
    if rank == rank_after and begin <= rotation < end:
        return _Range(begin, end, rotation, person_id)
    if (rank < rank_after) != cursor.backwards:
        return _NOTHING  # all of them come before the page
    return _Range(begin, end, end if cursor.backwards else begin, 0)


def correct(text: str) -> Steps[str | None]:
    """The likeliest correction of a text that is in no name; None if it is in one, or nothing similar is."""
    words = fold(text).split()
    if not words or len(words) > MAX_CORRECTED_WORDS:
        return None
    candidates = Candidates(words)
    known, near = yield vocabulary.known_and_similar(candidates.looked_up(), candidates.mistyped())
    written = " ".join(words)
    match = yield _first_named([written, *candidates.for_unknown_words(known, near)])
    if match is None and (mistyped := [word for word in candidates.mistyped() if word in known]):
        near = yield vocabulary.similar_words(mistyped)
        match = yield _first_named(candidates.for_known_words(known, near))
    return None if match == written else match


# The texts are tried in their order, and no more of them than it takes.
_FIRST_NAMED = Statement(
    """
    SELECT typed.place
      FROM unnest(string_to_array(%(begins)s, E'\\n'), string_to_array(%(patterns)s, E'\\t'))
           WITH ORDINALITY AS typed (beginning, patterns, place)
     WHERE EXISTS (
               SELECT FROM movies_personname
                WHERE rotation >= beginning AND rotation < beginning || %(last)s
                  AND ' ' || rotation LIKE ALL (string_to_array(patterns, E'\\n')))
     LIMIT 1
    """,
    lane=Lane.SLOW,
)


def _first_named(texts: Sequence[str]) -> Query[str | None]:
    """Query for the first of these texts whose words are all in the name of one person."""
    words = [text.split() for text in texts]

    def result(rows: list[Row]) -> str | None:
        return texts[int(rows[0][0]) - 1] if rows else None

    values = {
        "begins": "\n".join(max(each, key=len) for each in words),
        "patterns": "\t".join(map(_patterns, words)),
        "last": _LAST,
    }
    return Query(_FIRST_NAMED, values, result)


def _patterns(words: Sequence[str]) -> str:
    return "\n".join(f"% {_escaped(word)}%" for word in words)


def _escaped(text: str) -> str:
    """For LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
