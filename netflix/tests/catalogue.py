"""Films that differ in everything that answers show, and a viewer with something on each list."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from movies.models import ExternalId, Movie, SourceRow
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, mark_seen, notify
from ranking import services as ranking
from reminder import services as reminders

OWN = [f"/api/v1/{path}" for path in ("likes/", "reminders/", "reminders/?ordering=remind_at", "watched/", "notices/")]
WHOLE, BROKEN = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2020, 1, 2, 3, 4, 5, 60, tzinfo=UTC)


def make_catalogue():
    """27 films, liked by up to three people, and ranked."""
    movies = [
        make_movie(
            "Heat", year=1995, genres=("Drama", "Crime", 'Noir, "neo"'), runtime_minutes=170,
            imdb_rating=Decimal("8.3"), directors=["Michael Mann"], actors=["Al Pacino", "Ünal"], certificate="R",
        ),
        make_movie('"Quoted" \\ and\ttabbed \x1f \x7f', genres=("Crime",), imdb_rating=Decimal(10), imdb_votes=0),
        make_movie("Amélie 🎬 \u2028 </script>", year=2001, genres=("Comedy", "Drama"), certificate="R", imdb_votes=9),
        make_movie("Nothing is known", genres=(), actors=["Al Pacino"]),
        *(
            make_movie(f"Film {n}", genres=("Drama",), imdb_rating=Decimal(n) / 10, imdb_votes=n * 7, year=1995 + n % 4, certificate="PG" if n % 5 else "")
            for n in range(23)
        ),
    ]  # fmt: skip
    Movie.objects.filter(pk=movies[0].pk).update(
        description="Two men,\none city.", revenue_usd=187_436_818, metascore=76, source="kaggle", source_id="x1",
        edited=["title"],
    )  # fmt: skip
    SourceRow.objects.create(movie=movies[0], source="kaggle", key="x1", gives=["title", "year"])
    ExternalId.objects.create(movie=movies[0], name="imdb:tt0113277")
    ranking.rebuild()
    people = [User.objects.create_user(f"person {n}").pk for n in range(3)]
    for place, movie in enumerate(movies[:7]):
        for person in people[: place % 4]:
            ranking.like(user_id=person, movie_id=movie.pk)
    return movies


def fill_lists(user, movies):
    """Put films on each of a viewer's lists, and create notices."""
    for n, movie in enumerate(movies[:8]):
        ranking.like(user_id=user.pk, movie_id=movie.pk)
        soon = timezone.now() + timedelta(days=n, microseconds=n % 2)
        reminders.set_reminder(
            user_id=user.pk, movie_id=movie.pk, note=f'Ünal, "{n}"\n', remind_at=soon if n % 3 else None
        )
    for n, movie in enumerate(movies[4:12]):
        for watched_at in (WHOLE, BROKEN, BROKEN + timedelta(days=n))[: n % 3 + 1]:
            reminders.record_viewing(user_id=user.pk, movie_id=movie.pk, watched_at=watched_at)
    notify(
        NewNotice(
            user_id=user.pk,
            key=f"key-{n}",
            subject="It's \\ 100 %",
            text="a\nb",
            link="/api/v1/movies/1/" if n % 2 else "",
            scheduled_at=BROKEN if n % 3 else None,
        )
        for n in range(5)
    )
    Notice.objects.filter(user=user, key="key-1").update(done_at=timezone.now(), next_attempt_at=None)
    mark_seen(user_id=user.pk, notice_id=Notice.objects.get(user=user, key="key-0").pk)
