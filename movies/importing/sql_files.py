"""The SQL of an import: files in the folder `sql`, numbered in the order in which a batch runs them.

`$name` in a file is another file, an argument of `sql`, or a fragment that is made here of the `Facts` dataclass.
"""

from functools import lru_cache
from pathlib import Path
from string import Template

from movies.importing.facts import COLUMNS, FACTS

_FOLDER = Path(__file__).with_name("sql")


def sql(name: str, **parts: str) -> str:
    """The text of a file, with its parts."""
    return Template(_text(name)).substitute(_Parts(parts))


class _Parts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return _FRAGMENTS[name] if name in _FRAGMENTS else sql(name, **self)


@lru_cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def links_json(fact: str, *, by: str) -> str:
    """An SQL expression: the genres or the people of the film `movie` as a JSON list, by their "id" or "name"."""
    if role := FACTS[fact].role:
        rows = "movies_credit AS link JOIN movies_person AS linked ON linked.id = link.person_id"
        return _LINKS.format(by=by, rows=rows, condition=f"AND role = '{role}'", order="billing, link.id")
    rows = "movies_moviegenre AS link JOIN movies_genre AS linked ON linked.id = link.genre_id"
    return _LINKS.format(by=by, rows=rows, condition="", order=f"linked.{by}")


_LINKS = """
    coalesce((SELECT jsonb_agg(linked.{by} ORDER BY {order}) FROM {rows}
               WHERE link.movie_id = movie.id {condition}), '[]')
"""


def _value_of_row(name: str) -> str:
    """SQL expression: the row's value, null if it has none."""
    absent = FACTS[name].absent
    return f"nullif(incoming.{name}, {absent})" if absent else f"incoming.{name}"


def _is_present(name: str, column: str) -> str:
    """SQL condition: the column, of a row or a film, has a value of the fact."""
    return f"{column} <> {absent}" if (absent := FACTS[name].absent) else f"{column} IS NOT NULL"


def _value_of_movie(name: str) -> str:
    """SQL expression: the film's value as JSON."""
    return f"to_jsonb(movie.{name})" if FACTS[name].is_column else links_json(name, by="name")


def _movie_has(name: str) -> str:
    """SQL condition: the film has a value."""
    return _is_present(name, f"movie.{name}") if FACTS[name].is_column else f"{links_json(name, by='id')} <> '[]'"


def _new_value(name: str) -> str:
    """SQL expression: the film's value after the import. Another title is left to `14_renamed`."""
    other_title = " OR incoming.title_key <> movie.title_key" if name == "title" else ""
    stays = f"'{name}' = ANY(incoming.overruled){other_title}"
    return f"CASE WHEN {stays} THEN movie.{name} ELSE coalesce({_value_of_row(name)}, movie.{name}) END AS {name}"


def _conflicts_with_edit(name: str) -> str:
    """SQL condition: staff have edited the film's value, and the row has another."""
    value = _value_of_row(name)
    return f"('{name}' = ANY(movie.edited) AND {value} IS NOT NULL AND {value} IS DISTINCT FROM movie.{name})"


def _name_if_present(name: str) -> str:
    return f"CASE WHEN {_is_present(name, name)} AND '{name}' <> ALL (doubtful) THEN '{name}' END"


_UPDATED = [name for name in COLUMNS if name != "year"]  # a film gets another year together with its title

_FRAGMENTS = {
    "columns": ", ".join(COLUMNS),
    "columns_with_types": ", ".join(f"{name} {fact.sql}" for name, fact in FACTS.items()),
    "names_of_facts": ", ".join(map(_name_if_present, FACTS)),
    "values_of_row": ", ".join(f"'{name}', incoming.{name}" for name in FACTS),
    "when_movie_has": " ".join(f"WHEN '{name}' THEN {_movie_has(name)}" for name in FACTS),
    "when_value_of_movie": " ".join(f"WHEN '{name}' THEN {_value_of_movie(name)}" for name in FACTS),
    "new_values": ", ".join(map(_new_value, _UPDATED)),
    "assignments": ", ".join(f"{name} = fresh.{name}" for name in _UPDATED),
    "movie_values": ", ".join(f"movie.{name}" for name in _UPDATED),
    "wanted_values": ", ".join(f"wanted.{name}" for name in _UPDATED),
    "conflicts_with_edit": " OR ".join(map(_conflicts_with_edit, COLUMNS)),
}
