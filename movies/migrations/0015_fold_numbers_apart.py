from django.db import migrations
from django.db.models import Q

from movies.folding import fold

_OTHER_THAN_ASCII = r"[^\u0001-\u007F]"


def fold_again(apps, schema_editor):
    """Superscripts and fractions are words of their own now, and Arabic letters that are exchanged are the same.

    Two films or people that become the same by this keep their keys, and stay two, until somebody merges them.
    """
    Movie, Person, PersonAlias, SourceRow, SearchDocument = (
        apps.get_model("movies", name) for name in ("Movie", "Person", "PersonAlias", "SourceRow", "SearchDocument")
    )
    changed = set()
    for person in Person.objects.filter(name__regex=_OTHER_THAN_ASCII).iterator():
        key = fold(person.name)
        taken = Person.objects.filter(name_key=key).exists() or PersonAlias.objects.filter(name_key=key).exists()
        if key == person.name_key or taken:
            continue
        changed.update(Movie.objects.filter(credits__person=person).values_list("pk", flat=True))
        Person.objects.filter(pk=person.pk).update(name_key=key)
    for alias in PersonAlias.objects.filter(name_key__regex=_OTHER_THAN_ASCII):
        key = fold(alias.name_key)
        if not PersonAlias.objects.filter(name_key=key).exists():
            PersonAlias.objects.filter(pk=alias.pk).update(name_key=key)
    names = Q(title__regex=_OTHER_THAN_ASCII) | Q(director_key__regex=_OTHER_THAN_ASCII) | Q(pk__in=changed)
    for movie in Movie.objects.filter(names).iterator():
        if _fold_movie(movie, Movie, Person, SourceRow):
            changed.add(movie.pk)
    for row in SourceRow.objects.filter(key__regex=_OTHER_THAN_ASCII).iterator():
        # Not the numbers: those of a row that calls its film otherwise are glued for good.
        _rename_row(SourceRow, row, "|".join(fold(part) for part in row.key.split("|")))
    SearchDocument.objects.filter(movie__in=changed).delete()  # `prepare` makes them anew


def _fold_movie(movie, Movie, Person, SourceRow):
    """Whether the keys of a film are others now: its rows without an id of their own are remembered by these."""
    directors = movie.credits.filter(role="director").order_by("billing", "pk")
    title_key = fold(movie.title)
    director_key = directors.values_list("person__name_key", flat=True).first() or ""
    if (title_key, director_key) == (movie.title_key, movie.director_key):
        return False
    same = Movie.objects.filter(title_key=title_key, year=movie.year, director_key=director_key).exclude(pk=movie.pk)
    if same.exists():
        return False
    former = _natural_key(movie.title_key, movie.year, movie.director_key)
    for row in SourceRow.objects.filter(movie=movie.pk, key=former):
        _rename_row(SourceRow, row, _natural_key(title_key, movie.year, director_key))
    return Movie.objects.filter(pk=movie.pk).update(title_key=title_key, director_key=director_key)


def _natural_key(title_key, year, director_key):
    return f"{title_key}|{year or ''}|{director_key}"


def _rename_row(SourceRow, row, key):
    if not SourceRow.objects.filter(key=key, source=row.source).exists():
        SourceRow.objects.filter(pk=row.pk).update(key=key)


class Migration(migrations.Migration):
    dependencies = [("movies", "0014_marks_and_runtimes")]

    operations = [migrations.RunPython(fold_again, migrations.RunPython.noop)]
