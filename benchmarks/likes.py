"""How many likes a second the services take, on one hot film and spread over many.

    .venv/bin/python -m netflix.embedded .venv/bin/python benchmarks/likes.py [SECONDS] [CLIENTS]

Works in a database of its own, which is made and removed again. Runs are interleaved; each line is the median of three.
"""

import os
import random
import sys
import threading
import time
from pathlib import Path
from statistics import median

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test.runner import DiscoverRunner  # noqa: E402

from movies import services as movie_services  # noqa: E402
from movies.models import Genre  # noqa: E402
from netflix.accounts.models import User  # noqa: E402
from ranking import services  # noqa: E402

MOVIES = 500


def run(people: list[int], movies: list[int], seconds: float) -> tuple[int, int]:
    """Everybody likes and unlikes until time is up; returns how often, and how many errors that gave."""
    end, counts, errors = time.monotonic() + seconds, [0] * len(people), []

    def waver(place: int) -> None:
        chance = random.Random(place)
        try:
            while time.monotonic() < end:
                movie = chance.choice(movies)
                services.like(user_id=people[place], movie_id=movie)
                services.unlike(user_id=people[place], movie_id=movie)
                counts[place] += 2
        except Exception as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=waver, args=(place,)) for place in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), len(errors)


def main(seconds: float = 5, clients: int = 16) -> None:
    runner = DiscoverRunner(verbosity=0)
    databases = runner.setup_databases()
    try:
        genres = [Genre.objects.create(name=name) for name in ("Crime", "Drama", "War")]
        movies = [movie_services.add_movie(title=f"Film {n}", year=2000, genres=genres) for n in range(MOVIES)]
        people = [User.objects.create_user(f"viewer {n}").pk for n in range(clients)]
        rates: dict[str, list[float]] = {"one film": [], "many films": []}
        for _ in range(3):
            for name, chosen in (("one film", movies[:1]), ("many films", movies)):
                done, errors = run(people, chosen, seconds)
                rates[name].append(done / seconds)
                print(f"{name}: {done / seconds:,.0f} likes and unlikes/s, {errors} errors")
        for name, found in rates.items():
            print(f"median, {name}: {median(found):,.0f}/s")
        print(f"one film beside many: {median(rates['one film']) / median(rates['many films']):.2f}")
        services.rebuild()  # the first one has no parameters to compare with
        print(f"drift afterwards: {services.rebuild().drift}")
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
