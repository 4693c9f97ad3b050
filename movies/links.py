"""Links of films with people, by the folded names that data sets and staff give."""

from collections.abc import Iterable, Sequence

from movies.folding import fold
from movies.models import Credit, Person, PersonAlias


def keys_of(names: Sequence[str]) -> dict[str, str]:
    """Map each name to the `name_key` of the person who has or had that name."""
    folded = {name: fold(name) for name in names}
    aliases = PersonAlias.objects.filter(name_key__in=folded.values())
    today = dict(aliases.values_list("name_key", "person__name_key")) if folded else {}
    return {name: today.get(key, key) for name, key in folded.items()}


def set_credits(movie_id: int, role: str, keys: Iterable[str]) -> list[str]:
    """Replace a film's people of one role by those of these keys who exist; return their keys, in billing order."""
    unique = list(dict.fromkeys(keys))
    people = {person.name_key: person for person in Person.objects.filter(name_key__in=unique)}
    known = [key for key in unique if key in people]
    Credit.objects.filter(movie=movie_id, role=role).delete()
    Credit.objects.bulk_create(
        Credit(movie_id=movie_id, person=people[key], role=role, billing=billing)
        for billing, key in enumerate(known, start=1)
    )
    return known
