import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    initial = True

    # For databases from before the squash: Django takes these as applied.
    replaces = [
        ('ranking', '0001_initial'),
        ('ranking', '0002_parameters_applied'),
        ('ranking', '0003_like_in_one_call'),
        ('ranking', '0004_unlike_in_one_call'),
    ]

    dependencies = [
        ('movies', '0001_squashed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Parameters',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('mean_rating', models.FloatField(default=0.0)),
                ('minimum_votes', models.BigIntegerField(default=0)),
                ('half_lives', models.JSONField(default=dict, help_text='Hours, as the stored trends have them.')),
                ('computed_at', models.DateTimeField(auto_now=True)),
                ('is_applied', models.BooleanField(default=False, help_text="Whether all films' scores are made with these.")),
            ],
            options={
                'verbose_name_plural': 'parameters',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='parameters_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Like',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('movie', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='movies.movie')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='like_newest_first'), models.Index(models.F('movie'), models.F('created_at'), name='like_by_movie')],
                'constraints': [models.UniqueConstraint(fields=('user', 'movie'), name='like_once')],
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('likes', models.BigIntegerField(default=0)),
                ('weighted_rating', models.FloatField()),
                ('trend_day', models.FloatField(default=float("-inf"))),
                ('trend_week', models.FloatField(default=float("-inf"))),
                ('trend_month', models.FloatField(default=float("-inf"))),
                ('genre', models.ForeignKey(db_index=False, help_text='Empty: the whole catalogue.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='movies.genre')),
                ('movie', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='movies.movie')),
            ],
            options={
                'indexes': [models.Index(models.F('genre'), models.F('likes'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', False)), name='standing_genre_by_likes'), models.Index(models.F('genre'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', False)), name='standing_genre_by_rating'), models.Index(models.F('genre'), models.F('trend_day'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', False)), name='standing_genre_by_day'), models.Index(models.F('genre'), models.F('trend_week'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', False)), name='standing_genre_by_week'), models.Index(models.F('genre'), models.F('trend_month'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', False)), name='standing_genre_by_month'), models.Index(models.F('likes'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', True)), name='standing_all_by_likes'), models.Index(models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', True)), name='standing_all_by_rating'), models.Index(models.F('trend_day'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', True)), name='standing_all_by_day'), models.Index(models.F('trend_week'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', True)), name='standing_all_by_week'), models.Index(models.F('trend_month'), models.F('weighted_rating'), django.db.models.expressions.CombinedExpression(models.F('movie'), '*', models.Value(-1)), condition=models.Q(('genre__isnull', True)), name='standing_all_by_month')],
                'constraints': [models.UniqueConstraint(fields=('movie', 'genre'), name='standing_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('likes__gte', 0)), name='standing_likes_not_negative')],
            },
        ),
        RunSQLFile('ranking/sql/with_like.sql', 'ae1b79c8ec8c'),
        RunSQLFile('ranking/sql/without_like.sql', '04bad3a3e521'),
        RunSQLFile('ranking/sql/trends.sql', '23294b7da776'),
        RunSQLFile('ranking/sql/like.sql', '2f8905ff90cd'),
        RunSQLFile('ranking/sql/unlike.sql', '353144858855'),
    ]
