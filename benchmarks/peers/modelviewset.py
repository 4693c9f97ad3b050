"""REST framework as in its tutorial: a ModelViewSet, nested ModelSerializers, numbered pages, likes counted.

Nothing is tuned: related rows are read with a query for each film, and a ranking counts all likes.
"""

from typing import Any

from django.db import models
from django.db.models import Count, F, QuerySet, Subquery
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from benchmarks.peers import django_likes
from movies.models import Credit, Genre, Movie
from ranking.models import Standing


class MovieLike(models.Model):
    """The product's likes with a reverse accessor on the film, as tutorials have it."""

    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="movie_likes")

    class Meta:
        app_label = "movies"
        db_table = "ranking_like"
        managed = False

    def __str__(self) -> str:
        return f"likes {self.movie}"


class Page(PageNumberPagination):
    page_size = 20

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data})


class GenrePage(Page):
    page_size = 100


class NameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name"]


class MovieSerializer(serializers.ModelSerializer):
    genres = serializers.SerializerMethodField()
    certificate = serializers.SerializerMethodField()
    imdb_rating = serializers.FloatField()
    likes = serializers.SerializerMethodField()

    class Meta:
        model = Movie
        fields = ["id", "title", "year", "genres", "runtime_minutes", "certificate", "imdb_rating", "likes"]

    def get_genres(self, movie: Movie) -> list[str]:
        return [genre["name"] for genre in NameSerializer(movie.genres.order_by("name"), many=True).data]

    def get_certificate(self, movie: Movie) -> str | None:
        return movie.certificate or None

    def get_likes(self, movie: Movie) -> int:
        return movie.movie_likes.count()


class MovieDetailSerializer(MovieSerializer):
    description = serializers.SerializerMethodField()
    directors = serializers.SerializerMethodField()
    actors = serializers.SerializerMethodField()
    source_id = serializers.SerializerMethodField()

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

    def get_description(self, movie: Movie) -> str | None:
        return movie.description or None

    def get_source_id(self, movie: Movie) -> str | None:
        return movie.source_id or None

    def get_directors(self, movie: Movie) -> list[str]:
        return self._names(movie, Credit.Role.DIRECTOR)

    def get_actors(self, movie: Movie) -> list[str]:
        return self._names(movie, Credit.Role.CAST)

    def _names(self, movie: Movie, role: str) -> list[str]:
        return [credit.person.name for credit in movie.credits.filter(role=role).order_by("billing", "id")]


class MovieViewSet(ModelViewSet):
    queryset = Movie.objects.order_by("id")
    pagination_class = Page
    permission_classes = [IsAuthenticatedOrReadOnly]

    def get_serializer_class(self) -> type[serializers.ModelSerializer]:
        return MovieSerializer if self.action == "list" else MovieDetailSerializer

    def get_queryset(self) -> QuerySet[Movie]:
        genre = self.request.query_params.get("genre")
        return super().get_queryset().filter(genres__name=genre) if genre else super().get_queryset()

    @action(detail=True, methods=["put"])
    def like(self, request: Request, pk: str) -> Response:
        return Response({"likes": django_likes.like(request.user.pk, int(pk)), "liked": True})

    @like.mapping.delete
    def unlike(self, request: Request, pk: str) -> Response:
        django_likes.unlike(request.user.pk, int(pk))
        return Response(status=204)


class RankingViewSet(ReadOnlyModelViewSet):
    serializer_class = MovieSerializer
    pagination_class = Page

    def get_queryset(self) -> QuerySet[Movie]:
        standing = Standing.objects.filter(movie=models.OuterRef("pk"), genre=None)  # for films with as many likes
        movies = Movie.objects.filter(genres__name=self.request.query_params["genre"])
        movies = movies.annotate(score=Count("movie_likes"), weighted=Subquery(standing.values("weighted_rating")))
        return movies.order_by("-score", F("weighted").desc(), "id")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        films = self.get_serializer(page, many=True).data
        pairs = zip(page, films, strict=True)
        ranked = [{"rank": rank, "score": movie.score, **film} for rank, (movie, film) in enumerate(pairs, start=1)]
        return self.get_paginated_response(ranked)


class GenreSerializer(serializers.ModelSerializer):
    movies = serializers.SerializerMethodField()

    class Meta:
        model = Genre
        fields = ["id", "name", "movies"]

    def get_movies(self, genre: Genre) -> int:
        return Movie.objects.filter(genres=genre).count()


class GenreViewSet(ModelViewSet):
    queryset = Genre.objects.order_by("name")
    serializer_class = GenreSerializer
    pagination_class = GenrePage


router = DefaultRouter()
router.register("movies", MovieViewSet)
router.register("ranking", RankingViewSet, "ranking")
router.register("genres", GenreViewSet)
urlpatterns = [path("api/v1/", include(router.urls))]
