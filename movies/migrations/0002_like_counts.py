from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("movies", "0001_squashed")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO movies_likecount (movie_id, likes) SELECT id, 0 FROM movies_movie ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex("likecount", models.Index("likes", "movie", name="like_count_by_likes")),
    ]
