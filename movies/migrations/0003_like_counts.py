from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("movies", "0002_edits_last")]

    operations = [
        migrations.RenameModel("Popularity", "LikeCount"),
        migrations.AlterModelOptions("likecount", {}),
        migrations.AlterField(
            model_name="likecount",
            name="movie",
            field=models.OneToOneField(
                on_delete=models.CASCADE,
                primary_key=True,
                related_name="like_count",
                serialize=False,
                to="movies.movie",
            ),
        ),
    ]
