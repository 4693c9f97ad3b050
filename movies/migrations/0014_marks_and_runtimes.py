from django.db import migrations, models

from movies.folding import fold

_MAY_HAVE_OTHERS = r"[^\u0001-\u052F]"  # beyond Latin, Greek and Cyrillic letters, whose keys are as they were


def fold_again(apps, schema_editor):
    """Marks that tell words apart, such as the vowels of Hindi, had been left out of the keys."""
    Movie, Person, SearchDocument = (apps.get_model("movies", name) for name in ("Movie", "Person", "SearchDocument"))
    changed = set()
    for person in Person.objects.filter(name__regex=_MAY_HAVE_OTHERS).iterator():
        if (key := fold(person.name)) != person.name_key:
            directed = Movie.objects.filter(director_key=person.name_key)
            changed.update(directed.values_list("pk", flat=True))
            changed.update(Movie.objects.filter(credits__person=person).values_list("pk", flat=True))
            directed.update(director_key=key)
            Person.objects.filter(pk=person.pk).update(name_key=key)
    for movie in Movie.objects.filter(title__regex=_MAY_HAVE_OTHERS).only("title", "title_key").iterator():
        if (key := fold(movie.title)) != movie.title_key:
            changed.add(movie.pk)
            Movie.objects.filter(pk=movie.pk).update(title_key=key)
    SearchDocument.objects.filter(movie__in=changed).delete()  # `prepare` makes them anew


class Migration(migrations.Migration):
    dependencies = [("movies", "0013_removed_movies")]

    operations = [
        migrations.AddIndex("movie", models.Index("runtime_minutes", "id", name="movie_by_runtime")),
        migrations.RunPython(fold_again, migrations.RunPython.noop),
    ]
