from django.db import migrations, models
import django.db.models.deletion

from netflix.migrating import RunSQLFile

NAME_ALL = """
    INSERT INTO movies_personname (rotation, person_id)
    SELECT rotation, person.id FROM movies_person AS person, movies_rotations(person.name_key) AS rotation
"""


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0002_like_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='MergedPerson',
            fields=[
                ('number', models.BigIntegerField(help_text='Their id before.', primary_key=True, serialize=False)),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='movies.person')),
            ],
        ),
        migrations.CreateModel(
            name='PersonName',
            fields=[
                ('pk', models.CompositePrimaryKey('rotation', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('rotation', models.TextField(db_collation='C')),
                ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='movies.person')),
            ],
        ),
        RunSQLFile('movies/sql/person_names.sql', 'f2c49b124073'),
        migrations.RunSQL(NAME_ALL, migrations.RunSQL.noop),  # the triggers above keep others from adding people meanwhile
    ]
