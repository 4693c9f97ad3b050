"""Type-ahead: titles of films, by votes, and names of people, by the votes of their films."""

from collections.abc import Iterator, Mapping, Sequence

from movies.search import lexemes, numbers
from movies.search.lexemes import ACCENTED_NAME, ACCENTED_TITLE, NAME_WORD, TITLE, TITLE_WORD, stem
from movies.search.matching import Match, any_of, but_not, quoted
from movies.search.pages import ANY_TIER, Arm, as_values, first_page_sql, in_tiers
from movies.search.queries import MAX_SEARCHED_WORDS, ParsedQuery, parse_queries
from movies.search.scripts import may_continue, words_or_bigrams

MIN_TYPED = 2  # characters before anything is suggested
MAX_SUGGESTIONS = 10
_MOVIES_OF_PEOPLE = 40  # whose people are candidates

# JSON subqueries with the parameters of `values_of`: [id, title, year] of films, and [id, name] of people, best first.
TITLES = f"""(
    SELECT json_agg(json_build_array(movie.id, movie.title, movie.year)
                    ORDER BY best.match DESC, best.votes DESC, best.movie_id DESC)
      FROM ({first_page_sql(tsqueries="%(title_queries)s", matches="%(title_matches)s", limit=MAX_SUGGESTIONS)}) AS best
      JOIN movies_movie AS movie ON movie.id = best.movie_id
)"""
# The words may be of two people of a film, so names are compared too. MATERIALIZED: begin with these films.
PEOPLE = f"""(
    WITH best AS MATERIALIZED (
             {first_page_sql(tsqueries="%(name_queries)s", matches="%(name_matches)s", limit=_MOVIES_OF_PEOPLE)}
         ),
         person AS MATERIALIZED (
             SELECT credit.person_id AS id, name, name_key, match, votes
               FROM best
              CROSS JOIN LATERAL (SELECT person_id FROM movies_credit WHERE movie_id = best.movie_id OFFSET 0) AS credit
              CROSS JOIN LATERAL (SELECT name, name_key FROM movies_person WHERE id = person_id OFFSET 0) AS person
         ),
         suggestion AS (
             SELECT id, name, max(match) AS match, max(votes) AS votes FROM person
              WHERE EXISTS (
                  SELECT FROM unnest(string_to_array(%(name_patterns)s, E'\\n')) AS typed (patterns)
                   WHERE ' ' || name_key || '  ' || replace(name_key, ' ', '') LIKE ALL (string_to_array(patterns, ','))
              )
              GROUP BY id, name ORDER BY match DESC, votes DESC, id LIMIT {MAX_SUGGESTIONS}
         )
    SELECT json_agg(json_build_array(id, name) ORDER BY match DESC, votes DESC, id) FROM suggestion
)"""


def values_of(texts: Sequence[str]) -> dict[str, str]:
    """The parameters of TITLES and PEOPLE, for queries whose last word may be incomplete."""
    queries = parse_queries(texts)
    titles, people = in_tiers(_titles(queries)), in_tiers(_people(queries))
    patterns = "\n".join(_patterns(query) for query in queries if query.words)
    values = dict(zip(("title_queries", "title_matches"), as_values(titles), strict=True))
    values |= zip(("name_queries", "name_matches"), as_values(people), strict=True)
    return values | {"name_patterns": patterns}


def _titles(queries: Sequence[ParsedQuery]) -> list[Arm]:
    prefixed = {
        query: _all_of(query, f"{ANY_TIER}{TITLE_WORD}", [f"{ANY_TIER}{TITLE}"]) for query in queries if query.words
    }
    written = [
        *(any_of([quoted(f"{ANY_TIER}{query.whole_title_lexemes[0]}")]) for query in queries if query.numbers),
        *_with_accents(prefixed, f"{ANY_TIER}{ACCENTED_TITLE}"),
    ]
    whole_title = [quoted(f"{ANY_TIER}{whole}") for query in queries for whole in query.whole_title_lexemes]
    return _arms({Match.WHOLE.as_written: written, Match.WHOLE: whole_title, Match.TITLE: list(prefixed.values())})


def _people(queries: Sequence[ParsedQuery]) -> list[Arm]:
    fields = [f"{ANY_TIER}{TITLE}", f"{ANY_TIER}{lexemes.PEOPLE}"]  # stems of the title are not stored in PEOPLE again
    prefixed = {query: _all_of(query, f"{ANY_TIER}{NAME_WORD}", fields) for query in queries if query.words}
    written = _with_accents(prefixed, f"{ANY_TIER}{ACCENTED_NAME}")
    return _arms({Match.PEOPLE.as_written: written, Match.PEOPLE: list(prefixed.values())})


def _arms(matches: Mapping[Match, Sequence[str]]) -> list[Arm]:
    """The arms of these tsqueries, best first."""
    arms: list[Arm] = []
    better: list[str] = []
    for match, tsqueries in matches.items():
        if tsqueries:
            arms.append((match, but_not(any_of(tsqueries), better)))
            better.append(any_of(tsqueries))
    return arms


def _with_accents(prefixed: Mapping[ParsedQuery, str], field: str) -> list[str]:
    return [
        " & ".join([tsquery, *(f"{quoted(field + word)}:*" for word in query.accented)])
        for query, tsquery in prefixed.items()
        if query.accented
    ]


def _all_of(query: ParsedQuery, field: str, fields_of_parts: Sequence[str]) -> str:
    """All words, the last one as a prefix; but a last single letter is ignored, as half of all words match it."""
    *complete, last = query.words[:MAX_SEARCHED_WORDS]
    is_significant = not complete or len(last) > 1 or not last.isalpha()
    prefixes = [*((word, "") for word in complete), *([(last, ":*")] if is_significant else [])]
    return " & ".join(
        any_of(
            [quoted(field + word) + prefix, *_other_forms(word, field, fields_of_parts, place >= query.letters_from)]
        )
        for place, (word, prefix) in enumerate(prefixes)
    )


def _other_forms(word: str, field: str, fields_of_parts: Sequence[str], may_be_letter: bool) -> Iterator[str]:
    """Alternatives for a word: numbers in another form, and pairs of characters in scripts without spaces."""
    pairs = words_or_bigrams(word)
    if pairs != [word] or may_continue(word):
        yield " & ".join(any_of(quoted(field + pair) for field in fields_of_parts) for pair in pairs)
    elif numbers.is_number(word):
        yield quoted(fields_of_parts[0] + stem(word))
        letter = numbers.other_form(stem(word)) if may_be_letter else None
        if letter:
            yield quoted(field + letter)
    elif may_be_letter and word in numbers.LETTERS:
        yield quoted(fields_of_parts[0] + numbers.LETTERS[word])


def _patterns(query: ParsedQuery) -> str:
    """LIKE patterns of a name; in scripts without spaces a word may be anywhere in it."""
    *complete, last = query.words
    whole = [f"%{word}%" if may_continue(word) else f"% {word} %" for word in complete]
    return ",".join([*whole, f"%{last}%" if may_continue(last) else f"% {last}%"])
