"""Pictures for tests, and the content of the storage of posters."""

from io import BytesIO

from PIL import Image

from movies import posters
from movies.models import Movie
from movies.pictures import Picture

BLUE, RED = (20, 40, 200), (200, 30, 40)


def image(size=(800, 1200), color=RED, kind="PNG", mode="RGB", **options):
    """A file: mostly of this colour, the upper quarter blue."""
    drawn = Image.new("RGB", size, color)
    drawn.paste(BLUE, (0, 0, size[0], size[1] // 4))
    file = BytesIO()
    drawn.convert(mode).save(file, kind, **options)
    return file.getvalue()


def opened(content):
    return Image.open(BytesIO(content))


def files_in_storage():
    return {file: posters.read(file) for file in posters.stored_files()}


def a_poster(color="c81e28"):
    return Picture(files={342: b"small", 780: b"large"}, color=color)


def poster_of(movie):
    return Movie.objects.values_list("poster", flat=True).get(pk=movie.pk)
