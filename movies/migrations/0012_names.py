from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0011_help_texts'),
        ('netflix', '0004_changes'),  # uses the former name of Change.kind
    ]

    operations = [
        migrations.RemoveIndex('change', 'change_of_thing'),
        migrations.RenameField('change', 'thing', 'kind'),
        migrations.AddIndex('change', models.Index('kind', 'number', 'id', name='change_of_kind')),
        migrations.RenameField('importrun', 'is_cancelled', 'cancel_requested'),
        migrations.RenameField('importrun', 'is_being_undone', 'undo_requested'),
        migrations.AlterField(
            model_name='importrun',
            name='cancel_requested',
            field=models.BooleanField(default=False, help_text='A running import stops after its current batch.'),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='undo_requested',
            field=models.BooleanField(db_default=False, default=False, help_text='The import is being undone, or will be.'),
        ),
    ]
