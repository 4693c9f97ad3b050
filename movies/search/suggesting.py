"""Titles and names for who has typed a part of one: films by votes, and people by the votes of their films."""

from collections.abc import Sequence

from movies.search.lexemes import NAME_WORD, TITLE_WORD, whole, words_of
from movies.search.matching import Match, any_of, quoted
from movies.search.pages import arms_of, as_values, first_page_sql
from movies.search.tiers import TIERS

MOST = 10  # suggestions
_MOST_WORDS = 6  # of what was typed that are looked up
_FILMS_OF_PEOPLE = 40  # that names are taken from

# A subquery each, of JSON: [id, title, year] of films, the best first, and names of people. $1 to $5 are `values_of`.
TITLES = f"""(
    SELECT json_agg(json_build_array(movie.id, movie.title, movie.year)
                    ORDER BY film.match DESC, film.votes DESC, film.movie_id DESC)
      FROM ({first_page_sql(tsqueries="$1", ways="$2", limit=MOST)}) AS film
      JOIN movies_movie AS movie ON movie.id = film.movie_id
)"""
# Two people may have a word each, so that names are compared, too: of the people of these films, whatever the planner
# would rather begin with.
NAMES = f"""(
    WITH film AS MATERIALIZED ({first_page_sql(tsqueries="$3", ways="$4", limit=_FILMS_OF_PEOPLE)}),
         person AS MATERIALIZED (
             SELECT credit.person_id AS id, name, name_key, votes
               FROM film
              CROSS JOIN LATERAL (SELECT person_id FROM movies_credit WHERE movie_id = film.movie_id OFFSET 0) AS credit
              CROSS JOIN LATERAL (SELECT name, name_key FROM movies_person WHERE id = person_id OFFSET 0) AS person
         ),
         found AS (
             SELECT id, name, max(votes) AS votes FROM person
              WHERE EXISTS (
                  SELECT FROM unnest(string_to_array($5, E'\\n')) AS typed (patterns)
                   WHERE ' ' || name_key || '  ' || replace(name_key, ' ', '') LIKE ALL (string_to_array(patterns, ','))
              )
              GROUP BY id, name ORDER BY votes DESC, id LIMIT {MOST}
         )
    SELECT json_agg(name ORDER BY votes DESC, id) FROM found
)"""


def values_of(keys: Sequence[str]) -> list[str]:
    """What the statement reads for queries whose last word may go on."""
    titles = arms_of([_titles(keys, tier) for tier in TIERS])
    people = arms_of([_people(keys, tier) for tier in TIERS])
    return [*as_values(titles), *as_values(people), "\n".join(map(_patterns, filter(None, map(words_of, keys))))]


def _titles(keys: Sequence[str], tier: int) -> dict[Match, str]:
    very_title = {Match.WHOLE: any_of(quoted(f"{tier}{whole(key)}") for key in keys)}
    begun = _begun(keys, f"{tier}{TITLE_WORD}")
    return very_title | ({Match.TITLE: begun} if begun else {})


def _people(keys: Sequence[str], tier: int) -> dict[Match, str]:
    begun = _begun(keys, f"{tier}{NAME_WORD}")
    return {Match.PEOPLE: begun} if begun else {}


def _begun(keys: Sequence[str], field: str) -> str:
    of_keys = (_all_of(words[:_MOST_WORDS], field) for words in map(words_of, keys) if words)
    return " | ".join(of_keys)


def _all_of(words: Sequence[str], field: str) -> str:
    """A letter after whole words tells too little: half of all words would be looked up for it."""
    if len(words) > 1 and len(words[-1]) == 1:
        return " & ".join(quoted(field + word) for word in words[:-1])
    return " & ".join(quoted(field + word) for word in words) + ":*"


def _patterns(words: Sequence[str]) -> str:
    *complete, last = words
    return ",".join([*(f"% {word} %" for word in complete), f"% {last}%"])
