import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


# Until now there was one source, which gave whatever a film has and nobody edited.
_WHO_GAVE_WHAT = """
    UPDATE movies_sourcerow AS known
       SET gives = ARRAY(
               SELECT fact FROM unnest(array_remove(ARRAY[
                   'title',
                   CASE WHEN movie.year IS NOT NULL THEN 'year' END,
                   CASE WHEN movie.description <> '' THEN 'description' END,
                   CASE WHEN movie.certificate <> '' THEN 'certificate' END,
                   CASE WHEN movie.runtime_minutes IS NOT NULL THEN 'runtime_minutes' END,
                   CASE WHEN movie.imdb_rating IS NOT NULL THEN 'imdb_rating' END,
                   CASE WHEN movie.imdb_votes IS NOT NULL THEN 'imdb_votes' END,
                   CASE WHEN movie.revenue_usd IS NOT NULL THEN 'revenue_usd' END,
                   CASE WHEN movie.metascore IS NOT NULL THEN 'metascore' END,
                   CASE WHEN EXISTS (SELECT FROM movies_moviegenre WHERE movie_id = movie.id) THEN 'genres' END,
                   CASE WHEN EXISTS (
                       SELECT FROM movies_credit WHERE movie_id = movie.id AND role = 'director') THEN 'directors' END,
                   CASE WHEN EXISTS (
                       SELECT FROM movies_credit WHERE movie_id = movie.id AND role = 'cast') THEN 'actors' END
               ], NULL)) AS fact WHERE fact <> ALL (movie.edited))
      FROM movies_movie AS movie
     WHERE movie.id = known.movie_id
       AND NOT EXISTS (
           SELECT FROM movies_sourcerow AS other WHERE other.movie_id = known.movie_id AND other.id < known.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0009_search_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('name', models.TextField(db_collation='C', primary_key=True, serialize=False)),
            ],
            options={
                'verbose_name': 'external id',
            },
        ),
        migrations.RemoveConstraint(
            model_name='sourcerow',
            name='source_row_once',
        ),
        migrations.AddField(
            model_name='sourcerow',
            name='gives',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, help_text='The facts of the film that come from this row; others say them better, or people do.', size=None),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='key',
            field=models.TextField(db_collation='C', help_text="The row's id there, or else its title, year and first director, folded."),
        ),
        migrations.AddConstraint(
            model_name='sourcerow',
            constraint=models.UniqueConstraint(fields=('key', 'source'), name='source_row_once'),
        ),
        migrations.AddField(
            model_name='externalid',
            name='movie',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='external_ids', to='movies.movie'),
        ),
        migrations.AddField(
            model_name="person",
            name="edited",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(_WHO_GAVE_WHAT, migrations.RunSQL.noop),
    ]
