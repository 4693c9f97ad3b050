import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0013_movies_in_sql'),
    ]

    operations = [
        RunSQLFile('movies/sql/lower.sql', '5562760fb684'),
        migrations.AlterField(
            model_name='change',
            name='action',
            field=models.CharField(choices=[('added', 'Added'), ('changed', 'Changed'), ('merged', 'Merged'), ('removed', 'Removed'), ('undone', 'Undone')], max_length=10),
        ),
        migrations.AlterField(
            model_name='externalid',
            name='removed_movie',
            field=models.BigIntegerField(help_text='The number of the film that staff removed.', null=True),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='message',
            field=models.TextField(blank=True, help_text='Why it ended in this state.'),
        ),
        migrations.AlterField(
            model_name='mergedmovie',
            name='run',
            field=models.ForeignKey(help_text='The import that found the two films to be the same. Empty: staff merged them.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun'),
        ),
        migrations.AlterField(
            model_name='movie',
            name='edited',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, editable=False, help_text='The facts that staff have edited. Imports leave these alone.', size=None),
        ),
        migrations.AlterField(
            model_name='movie',
            name='original_language',
            field=models.CharField(blank=True, db_default='', default='', help_text='ISO 639 code, such as en.', max_length=3, validators=[django.core.validators.RegexValidator('^([a-z]{2,3})?$', 'Give a code of two or three lowercase letters, such as en.')]),
        ),
        migrations.AlterField(
            model_name='movie',
            name='poster',
            field=models.CharField(blank=True, db_default='', default='', help_text='URL of a picture; it begins with https://.', max_length=500, validators=[django.core.validators.RegexValidator('^(https://\\S+)?$', 'Give a URL that begins with https:// and has no spaces.')]),
        ),
        migrations.AlterField(
            model_name='movie',
            name='source',
            field=models.CharField(default='staff', editable=False, help_text='Where the title comes from.', max_length=40),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='gives',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, help_text='The facts that the film takes from this row, unless staff have edited them since.', size=None),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='removed_movie',
            field=models.BigIntegerField(help_text='The number of the film that staff removed.', null=True),
        ),
    ]
