import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    initial = True

    # For databases from before the squash: Django takes these as applied.
    replaces = [
        ('movies', '0001_initial'),
        ('movies', '0002_edits_last'),
        ('movies', '0003_like_counts'),
        ('movies', '0004_hold_and_count'),
        ('movies', '0005_genre_counts'),
        ('movies', '0006_votes_index'),
        ('movies', '0007_search_by_field'),
        ('movies', '0008_search_tiers'),
        ('movies', '0009_search_words'),
        ('movies', '0010_sources'),
        ('movies', '0011_merged_entries'),
        ('movies', '0012_import_runs'),
        ('movies', '0013_removed_movies'),
        ('movies', '0014_marks_and_runtimes'),
        ('movies', '0015_fold_numbers_apart'),
        ('movies', '0016_search_document_versions'),
        ('movies', '0017_merged_movies'),
        ('movies', '0018_undo_leaves_nothing'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        RunSQLFile('movies/sql/neighbours.sql', '6491d4127a54'),  # an index of SearchWord is made with it
        migrations.CreateModel(
            name='Movie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('title_key', models.TextField(db_collation='C', editable=False)),
                ('director_key', models.TextField(db_collation='C', default='', editable=False)),
                ('year', models.SmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1888), django.core.validators.MaxValueValidator(2100)])),
                ('description', models.TextField(blank=True, max_length=10000)),
                ('certificate', models.CharField(blank=True, help_text='Age certificate, such as PG-13.', max_length=16)),
                ('runtime_minutes', models.SmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(32767)])),
                ('imdb_rating', models.DecimalField(blank=True, decimal_places=1, max_digits=3, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='IMDb rating')),
                ('imdb_votes', models.IntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(2147483647)], verbose_name='IMDb votes')),
                ('revenue_usd', models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1000000000000)], verbose_name='revenue (USD)')),
                ('metascore', models.SmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)])),
                ('source', models.CharField(default='staff', editable=False, help_text='Where the facts come from.', max_length=40)),
                ('source_id', models.CharField(blank=True, editable=False, max_length=40)),
                ('edited', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, editable=False, help_text='What a person has said about it. Imports leave that alone.', size=None)),
            ],
        ),
        migrations.CreateModel(
            name='SearchTier',
            fields=[
                ('tier', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('votes', models.IntegerField()),
                ('movie_id', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Genre',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('edited', models.BooleanField(db_default=False, default=False, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='genre_name_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='genre_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='GenreCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('movies', models.BigIntegerField()),
                ('genre', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='movies.genre')),
            ],
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('uploading', 'Uploading'), ('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('interrupted', 'Interrupted'), ('undone', 'Undone')], default='waiting', max_length=12)),
                ('message', models.TextField(blank=True, help_text='Why it ended so.')),
                ('file_name', models.CharField(max_length=255)),
                ('sha256', models.CharField(help_text='Of its files, one after the other.', max_length=64, verbose_name='SHA-256')),
                ('source', models.CharField(help_text='Which data set.', max_length=40)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('bytes_total', models.BigIntegerField(default=0)),
                ('bytes_read', models.BigIntegerField(default=0)),
                ('created', models.IntegerField(default=0)),
                ('updated', models.IntegerField(default=0)),
                ('unchanged', models.IntegerField(default=0)),
                ('kept', models.IntegerField(default=0)),
                ('repaired', models.IntegerField(default=0)),
                ('skipped', models.IntegerField(default=0)),
                ('problems', models.JSONField(default=list, help_text='Repaired cells and skipped rows, the first thousand.')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('is_cancelled', models.BooleanField(default=False, help_text='Somebody wants it to stop.')),
                ('user', models.ForeignKey(help_text='Empty: manage.py.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('merged', models.IntegerField(db_default=0, default=0)),
                ('is_being_undone', models.BooleanField(db_default=False, default=False, help_text='Somebody has asked for it.')),
            ],
            options={
                'verbose_name': 'import',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='LikeCount',
            fields=[
                ('movie', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='like_count', serialize=False, to='movies.movie')),
                ('likes', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('name', models.TextField(db_collation='C', primary_key=True, serialize=False)),
                ('movie', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='external_ids', to='movies.movie')),
                ('removed_movie', models.BigIntegerField(help_text='The number of the film that somebody removed.', null=True)),
            ],
            options={
                'verbose_name': 'external id',
            },
        ),
        migrations.CreateModel(
            name='MergedMovie',
            fields=[
                ('number', models.BigIntegerField(help_text='Its id before.', primary_key=True, serialize=False)),
                ('into', models.BigIntegerField(help_text='The film that it was merged with; that may have been merged since.')),
                ('record', models.JSONField(help_text='What it was, for splitting it off: `movies.merging` says how.')),
                ('merged_at', models.DateTimeField(auto_now_add=True)),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merged_movies', to='movies.movie')),
                ('run', models.ForeignKey(help_text='The import that told so. Empty: a person.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun')),
            ],
        ),
        migrations.CreateModel(
            name='MovieGenre',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('genre', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='movies.genre')),
                ('movie', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='genre_links', to='movies.movie')),
            ],
        ),
        migrations.AddField(
            model_name='movie',
            name='genres',
            field=models.ManyToManyField(related_name='+', through='movies.MovieGenre', to='movies.genre'),
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('name_key', models.TextField(db_collation='C', editable=False)),
                ('edited', models.BooleanField(db_default=False, default=False, editable=False)),
            ],
            options={
                'verbose_name_plural': 'people',
                'constraints': [models.UniqueConstraint(fields=('name_key',), name='person_name_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='person_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Credit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('director', 'Director'), ('cast', 'Cast')], max_length=8)),
                ('billing', models.PositiveSmallIntegerField(default=1, help_text='1 is named first.')),
                ('movie', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='credits', to='movies.movie')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='movies.person')),
            ],
        ),
        migrations.CreateModel(
            name='PersonAlias',
            fields=[
                ('name_key', models.TextField(db_collation='C', primary_key=True, serialize=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='movies.person')),
            ],
            options={
                'verbose_name_plural': 'person aliases',
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.TextField(primary_key=True, serialize=False)),
                ('films', models.IntegerField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(models.Func('word', function='movies_neighbours'), fastupdate=False, name='search_word_neighbours')],
            },
        ),
        migrations.CreateModel(
            name='SourceRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(help_text='Which data set.', max_length=40)),
                ('key', models.TextField(db_collation='C', help_text="The row's id there, or else its title, year and first director, folded.")),
                ('movie', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='source_rows', to='movies.movie')),
                ('gives', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, help_text='The facts of the film that come from this row; others say them better, or people do.', size=None)),
                ('created_by', models.ForeignKey(db_constraint=False, db_index=False, help_text="The import that brought the film, if it was this row's.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun')),
                ('last_run', models.ForeignKey(db_constraint=False, db_index=False, help_text='The last import that had this row.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.importrun')),
                ('removed_movie', models.BigIntegerField(help_text='The number of the film that somebody removed.', null=True)),
                ('called', models.TextField(db_collation='C', db_default='', default='', help_text="The row's folded title and year, where the film is called otherwise.")),
                ('unused', models.JSONField(help_text="What the row says otherwise, by fact: of use again if the film's rows part.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GenreAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('genre', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='movies.genre')),
            ],
            options={
                'verbose_name_plural': 'genre aliases',
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='genre_alias_once')],
            },
        ),
        migrations.CreateModel(
            name='ImportPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='movies.importrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'number'), name='import_piece_once')],
            },
        ),
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('movie', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='movies.movie')),
                ('document', django.contrib.postgres.search.SearchVectorField()),
                ('tier', models.PositiveSmallIntegerField()),
                ('votes', models.IntegerField()),
                ('version', models.PositiveSmallIntegerField(db_default=0)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['document'], name='search_document_words'), models.Index(models.F('version'), name='search_document_version')],
            },
        ),
        migrations.CreateModel(
            name='ImportChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('movie', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='movies.movie')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='movies.importrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('movie', 'run'), name='import_change_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='moviegenre',
            constraint=models.UniqueConstraint(fields=('genre', 'movie'), name='movie_genre_once'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(models.F('title_key'), models.F('id'), name='movie_by_title'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(django.db.models.functions.comparison.Coalesce('year', 0), models.F('id'), name='movie_by_year'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(django.db.models.functions.comparison.Coalesce('imdb_rating', -1, output_field=models.DecimalField()), models.F('id'), name='movie_by_rating'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(django.db.models.functions.comparison.Coalesce('imdb_votes', -1), models.F('id'), django.db.models.functions.comparison.Coalesce('imdb_rating', -1, output_field=models.DecimalField()), name='movie_by_votes'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(models.F('runtime_minutes'), models.F('id'), name='movie_by_runtime'),
        ),
        migrations.AddIndex(
            model_name='movie',
            index=models.Index(models.F('certificate'), models.F('id'), condition=models.Q(('certificate', ''), _negated=True), name='movie_by_certificate'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', ''), _negated=True), fields=('source', 'source_id'), name='movie_source_id_once'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id', '')), fields=('title_key', 'year', 'director_key'), name='movie_title_year_director_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='movie_has_a_title'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('year__range', (1888, 2100))), name='movie_year_in_range'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('runtime_minutes__gte', 1)), name='movie_runtime_in_range'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('imdb_rating__range', (0, 10))), name='movie_imdb_rating_in_range'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('imdb_votes__gte', 0)), name='movie_imdb_votes_in_range'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('revenue_usd__range', (0, 1000000000000))), name='movie_revenue_in_range'),
        ),
        migrations.AddConstraint(
            model_name='movie',
            constraint=models.CheckConstraint(condition=models.Q(('metascore__range', (0, 100))), name='movie_metascore_in_range'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.UniqueConstraint(fields=('movie', 'role', 'person'), name='credit_once'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['director', 'cast'])), name='credit_role_known'),
        ),
        migrations.AddIndex(
            model_name='sourcerow',
            index=models.Index(models.F('called'), condition=models.Q(('called', ''), _negated=True), name='source_row_called'),
        ),
        migrations.AddConstraint(
            model_name='sourcerow',
            constraint=models.UniqueConstraint(fields=('key', 'source'), name='source_row_once'),
        ),
        RunSQLFile('movies/sql/lock_against_removal.sql', '9fa0cb4debad'),
        RunSQLFile('movies/sql/count_like.sql', 'f7e05c4501f3'),
        RunSQLFile('movies/sql/count_genres.sql', 'f0ebf1358035'),
        RunSQLFile('movies/sql/keep_names.sql', '00f21e94c52e'),
        RunSQLFile('movies/sql/words.sql', '60803e5b7f62'),
        RunSQLFile('movies/sql/count_words.sql', '8893df805180'),
    ]
