"""REST framework tuned as its documentation advises: generic views and ModelSerializers with few queries.

Every page takes a constant number of queries, and starts after the last row of the page before.
"""

from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.peers import django_likes
from movies.models import Credit, Genre, Movie, MovieGenre
from ranking.models import Standing

_PAGE = 20
_GENRES = Prefetch("genres", Genre.objects.order_by("name"))
_CREDITS = Prefetch("credits", Credit.objects.select_related("person").order_by("billing", "id"))


class Certificate(serializers.CharField):
    """Renders an empty value as null."""

    def to_representation(self, value: str) -> Any:
        return value or None


class MovieSerializer(serializers.ModelSerializer):
    genres = serializers.SlugRelatedField("name", many=True, read_only=True)
    certificate = Certificate()
    imdb_rating = serializers.FloatField()
    likes = serializers.IntegerField(source="like_count.likes", default=0)

    class Meta:
        model = Movie
        fields = ["id", "title", "year", "genres", "runtime_minutes", "certificate", "imdb_rating", "likes"]


class MovieDetailSerializer(MovieSerializer):
    description = Certificate()
    directors = serializers.SerializerMethodField()
    actors = serializers.SerializerMethodField()
    source_id = Certificate()

    class Meta(MovieSerializer.Meta):
        fields = [
            *MovieSerializer.Meta.fields,
            "description",
            "directors",
            "actors",
            "imdb_votes",
            "revenue_usd",
            "metascore",
            "source",
            "source_id",
        ]

    def get_directors(self, movie: Movie) -> list[str]:
        return [credit.person.name for credit in movie.credits.all() if credit.role == Credit.Role.DIRECTOR]

    def get_actors(self, movie: Movie) -> list[str]:
        return [credit.person.name for credit in movie.credits.all() if credit.role == Credit.Role.CAST]


class GenreSerializer(serializers.ModelSerializer):
    movies = serializers.IntegerField()

    class Meta:
        model = Genre
        fields = ["id", "name", "movies"]


class MovieList(ListAPIView):
    serializer_class = MovieSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        genre, after = request.query_params["genre"], int(request.query_params.get("after", "0"))
        links = MovieGenre.objects.filter(genre=_genre(genre), movie__gt=after).order_by("movie_id")
        links = links.select_related("movie__like_count").prefetch_related(_of_movie(_GENRES))
        films = [link.movie for link in links[: _PAGE + 1]]
        link = f"/api/v1/movies/?genre={genre}&after={films[_PAGE - 1].pk}" if len(films) > _PAGE else None
        return _envelope(link, self.get_serializer(films[:_PAGE], many=True).data)


class MovieDetails(RetrieveAPIView):
    serializer_class = MovieDetailSerializer
    queryset = Movie.objects.select_related("like_count").prefetch_related(_GENRES, _CREDITS)


class Ranking(ListAPIView):
    serializer_class = MovieSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        genre = request.query_params["genre"]
        standings = Standing.objects.filter(genre=_genre(genre)).annotate(backwards=-F("movie"))
        standings = standings.order_by("-likes", "-weighted_rating", "-backwards")
        standings = standings.select_related("movie__like_count").prefetch_related(_of_movie(_GENRES))
        rows = list(standings[: _PAGE + 1])
        films = self.get_serializer([row.movie for row in rows[:_PAGE]], many=True).data
        ranked = [
            {"rank": n, "score": row.likes, **movie}
            for n, (row, movie) in enumerate(zip(rows, films, strict=False), start=1)
        ]
        return _envelope(f"/api/v1/ranking/?genre={genre}&after={_PAGE}" if len(rows) > _PAGE else None, ranked)


class Genres(ListAPIView):
    serializer_class = GenreSerializer

    def get_queryset(self) -> QuerySet[Genre]:
        links = MovieGenre.objects.filter(genre=OuterRef("pk")).order_by().values("genre")
        return Genre.objects.annotate(movies=Subquery(links.values(count=Count("*")))).order_by("name")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return _envelope(None, self.get_serializer(self.get_queryset(), many=True).data)


class Like(APIView):
    permission_classes = [IsAuthenticated]

    def put(self, request: Request, pk: int) -> Response:
        return Response({"likes": django_likes.like(request.user.pk, pk), "liked": True})

    def delete(self, request: Request, pk: int) -> Response:
        django_likes.unlike(request.user.pk, pk)
        return Response(status=204)


def _envelope(link: str | None, results: Any) -> Response:
    return Response({"next": link, "previous": None, "results": results})


def _genre(name: str) -> Subquery:
    return Subquery(Genre.objects.filter(name=name).values("pk")[:1])


def _of_movie(lookup: Prefetch) -> Prefetch:
    """The same prefetch for rows whose foreign key is `movie`."""
    return Prefetch(f"movie__{lookup.prefetch_through}", lookup.queryset)


urlpatterns = [
    path("api/v1/movies/", MovieList.as_view()),
    path("api/v1/movies/<int:pk>/", MovieDetails.as_view()),
    path("api/v1/movies/<int:pk>/like/", Like.as_view()),
    path("api/v1/ranking/", Ranking.as_view()),
    path("api/v1/genres/", Genres.as_view()),
]
