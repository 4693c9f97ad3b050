import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0010_lock_against_removal'),
    ]

    operations = [
        migrations.AlterField(
            model_name='change',
            name='name',
            field=models.TextField(help_text='Its name after the change; if it was removed, its last name.'),
        ),
        migrations.AlterField(
            model_name='mergedmovie',
            name='record',
            field=models.JSONField(help_text="The merged film's state, to split it off again: see `movies.merging`."),
        ),
        migrations.AlterField(
            model_name='mergedmovie',
            name='run',
            field=models.ForeignKey(help_text='The import that found the two films to be the same. Empty: a person merged them.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun'),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='called',
            field=models.TextField(db_collation='C', db_default='', default='', help_text="The row's folded title and year, if the film has another title or year now."),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='created_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, help_text='The import that added the film with this row; undoing that import removes the film.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun'),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='gives',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, help_text='The facts that the film takes from this row, unless a person has edited them since.', size=None),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='unused',
            field=models.JSONField(help_text='By fact: values of the row that the film does not use; needed if the film is split again.', null=True),
        ),
    ]
