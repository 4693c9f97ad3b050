"""Whatever people, curators and imports do, in whatever order: everything that is counted stays what the rows say."""

import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from movies import search
from movies import services as movie_services
from movies.folding import fold
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import Genre, LikeCount, Movie, Person, SearchWord, SourceRow
from movies.tests.factories import make_movie
from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.notices.models import Notice
from ranking import services as ranking
from ranking.models import Like, Standing
from ranking.tests.tallies import tallies
from reminder import services as reminder
from reminder.models import Reminder, Viewing, Watched

pytestmark = pytest.mark.slow

GENRES = ("Crime", "Drama", "War")
MOVIES = st.integers(0, 3)
PEOPLE = st.integers(0, 2)
WORDS = st.sampled_from(["Dreams", "dream", "Spider-Man", "L\u00f8ve"])
START = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 5).map(lambda days: START + timedelta(days=days))


class Service(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.genres = [Genre.objects.create(name=name) for name in GENRES]
        self.movies = [make_movie(f"Film {n}", genres=GENRES[: n % 3 + 1], year=2000 + n).pk for n in range(4)]
        self.people = [User.objects.create_user(f"viewer {n}").pk for n in range(3)]

    def teardown(self):
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def refer(self, change, person, movie, **details):
        """Call it, unless the person or the film is not there any more."""
        there = (
            User.objects.filter(pk=self.people[person]).exists()
            and Movie.objects.filter(pk=self.movies[movie]).exists()
        )
        if there:
            change(user_id=self.people[person], movie_id=self.movies[movie], **details)

    @rule(person=PEOPLE, movie=MOVIES)
    def like(self, person, movie):
        self.refer(ranking.like, person, movie)

    @rule(person=PEOPLE, movie=MOVIES)
    def unlike(self, person, movie):
        self.refer(ranking.unlike, person, movie)

    @rule(person=PEOPLE, movie=MOVIES, at=TIMES)
    def watch(self, person, movie, at):
        self.refer(reminder.record_viewing, person, movie, watched_at=at)

    @rule(person=PEOPLE, movie=MOVIES)
    def take_back(self, person, movie):
        play = Viewing.objects.filter(watched__user=self.people[person], watched__movie=self.movies[movie]).first()
        if play is not None:
            self.refer(reminder.remove_viewing, person, movie, play_id=play.pk)

    @rule(person=PEOPLE, movie=MOVIES)
    def unwatch(self, person, movie):
        self.refer(reminder.remove_watched, person, movie)

    @rule(person=PEOPLE, movie=MOVIES, at=st.none() | TIMES)
    def remind(self, person, movie, at):
        self.refer(reminder.set_reminder, person, movie, remind_at=at)

    @rule()
    def deliver(self):
        reminder.deliver_due()

    @rule(person=PEOPLE)
    def leave(self, person):
        if User.objects.filter(pk=self.people[person]).exists():
            accounts.erase(user_id=self.people[person])
        self.people[person] = User.objects.create_user(f"viewer {person}").pk

    @rule(movie=MOVIES, chosen=st.sets(st.integers(0, 2)))
    def change_genres(self, movie, chosen):
        if Movie.objects.filter(pk=self.movies[movie]).exists():
            movie_services.change_movie(movie_id=self.movies[movie], genres=[self.genres[n] for n in sorted(chosen)])

    @rule(movie=MOVIES, names=st.lists(st.sampled_from(["Al Pacino", "Jean-Pierre Jeunet"]), unique=True), word=WORDS)
    def retell(self, movie, names, word):
        if Movie.objects.filter(pk=self.movies[movie]).exists():
            movie_services.change_movie(movie_id=self.movies[movie], actors=names, description=f"The {word}, again.")

    @rule(word=WORDS)
    def rename_somebody(self, word):
        name = f"A. {word}"
        person = Person.objects.order_by("pk").first()
        if person and not Person.objects.filter(name_key=fold(name)).exists():
            movie_services.rename_person(person_id=person.pk, name=name)

    @rule(movie=MOVIES)
    def remove(self, movie):
        if Movie.objects.filter(pk=self.movies[movie]).exists():
            movie_services.remove_movie(movie_id=self.movies[movie])

    @rule(movie=MOVIES, genres=st.sets(st.sampled_from(GENRES)), rating=st.integers(0, 100), votes=st.integers(0, 1000))
    def load(self, movie, genres, rating, votes):
        SourceRow.objects.filter(movie=None).delete()  # what was removed may come back
        row = MovieRow(
            line=2, title=f"Film {movie}", year=2000 + movie, genres=tuple(sorted(genres)), imdb_rating=Decimal(rating) / 10,
            imdb_votes=votes,
        )  # fmt: skip
        import_rows([row], source="a-file")
        self.movies[movie] = Movie.objects.get(title=f"Film {movie}").pk

    @invariant()
    def likes_are_counted(self):
        counted = {pk: Like.objects.filter(movie=pk).count() for pk in Movie.objects.values_list("pk", flat=True)}
        assert dict(LikeCount.objects.values_list("movie", "likes")) == counted

    @invariant()
    def standings_are_what_a_recomputation_gives(self):
        for movie in Movie.objects.prefetch_related("genres"):
            rows = Standing.objects.filter(movie=movie)
            wanted = {None, *(genre.pk for genre in movie.genres.all())}
            assert {row.genre_id for row in rows} == wanted
            tally = tallies([movie.pk]).get(movie.pk)
            for row in rows:
                assert row.likes == (tally.likes if tally else 0)
                trends = (row.trend_day, row.trend_week, row.trend_month)
                assert trends == pytest.approx(tally.trends if tally else (-math.inf,) * 3, abs=1e-9)

    @invariant()
    def nothing_drifts(self):
        with transaction.atomic():
            assert ranking.recompute(list(Movie.objects.values_list("pk", flat=True))) == 0

    @invariant()
    def search_knows_what_the_catalogue_says(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT movie_id, votes, tsvector_to_array(document) FROM movies_searchdocument")
            stored = {movie_id: (votes, sorted(lexemes)) for movie_id, votes, lexemes in cursor.fetchall()}
        votes = dict(Movie.objects.values_list("pk", "imdb_votes"))
        said = search.lexemes_of(votes)
        assert stored == {
            movie_id: (-1 if votes[movie_id] is None else votes[movie_id], sorted(f"3{lexeme}" for lexeme in lexemes))
            for movie_id, lexemes in said.items()
        }
        words = Counter(
            word for lexemes in said.values() for word in {lexeme[1:] for lexeme in lexemes if lexeme[0] in "wn"}
        )
        mistyped = {
            word: films for word, films in words.items() if 2 <= len(word) <= 30 and not re.fullmatch("[0-9]+", word)
        }
        assert dict(SearchWord.objects.values_list("word", "movies")) == mistyped

    @invariant()
    def viewings_agree_with_what_was_watched(self):
        for watched in Watched.objects.prefetch_related("viewings"):
            assert watched.last_watched_at == max(viewing.watched_at for viewing in watched.viewings.all())

    @invariant()
    def nothing_refers_to_nobody(self):
        people, movies = set(User.objects.values_list("pk", flat=True)), set(Movie.objects.values_list("pk", flat=True))
        for model in (Like, Reminder, Watched):
            assert {row.user_id for row in model.objects.all()} <= people
            assert {row.movie_id for row in model.objects.all()} <= movies
        assert {notice.user_id for notice in Notice.objects.all()} <= people
        assert {viewing.watched_id for viewing in Viewing.objects.all()} <= {row.pk for row in Watched.objects.all()}


@pytest.mark.django_db
def test_it_keeps_every_count_and_ranking_right_whatever_happens():
    run_state_machine_as_test(
        Service,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
