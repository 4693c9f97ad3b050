from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ranking', '0003_many_at_once'),
    ]

    operations = [
        migrations.AlterField(
            model_name='parameters',
            name='half_lives',
            field=models.JSONField(default=dict, help_text='In hours, as the stored trends use them.'),
        ),
        migrations.AlterField(
            model_name='parameters',
            name='is_applied',
            field=models.BooleanField(default=False, help_text='Whether all scores use these parameters.'),
        ),
    ]
