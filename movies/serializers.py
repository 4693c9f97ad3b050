"""Request validation, and response shapes for the schema only: `statements` renders the responses."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.files.base import File
from django.http import QueryDict
from rest_framework import serializers

from movies import limits, selectors, statements
from movies.importing.facts import FACTS
from movies.models import Genre, Movie
from movies.pictures import LARGE, SMALL, Picture, PictureRefused, limits_in_words, make_picture
from netflix.api.newlines import MultilineField
from netflix.api.schema import ProblemSerializer
from netflix.api.serializers import StrictSerializer

_POSTER_SMALL = f"an uploaded poster, {SMALL} pixels wide; `poster` is {LARGE} wide then."
_POSTER_COLOR = "the dominant colour of an uploaded poster, such as #7a4b22, to show until that is loaded."


class GenreSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="It never changes.")
    name = serializers.CharField(help_text="For `genre` in filters and rankings.")
    movies = serializers.IntegerField(help_text="How many films it has.")


class MovieSummarySerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `movie_id` in URLs.")
    url = serializers.URLField(help_text="The film's URL.")
    title = serializers.CharField(help_text="As the data set spells it.")
    year = serializers.IntegerField(allow_null=True, help_text="Of the first showing.")
    genres = serializers.ListField(child=serializers.CharField(), help_text="Names, in alphabetical order.")
    runtime_minutes = serializers.IntegerField(allow_null=True, help_text="How long the film is.")
    certificate = serializers.CharField(allow_null=True, help_text="An age certificate, such as PG-13.")
    imdb_rating = serializers.FloatField(allow_null=True, help_text="0 to 10, a fact of the data set.")
    likes = serializers.IntegerField(help_text="How many of our viewers like it.")
    poster = serializers.URLField(allow_null=True, help_text="URL of a picture.")


class MoviePersonSerializer(serializers.Serializer):
    """A director or cast member of a film."""

    id = serializers.IntegerField(help_text="Their details are at `people/{id}/`.")
    name = serializers.CharField(help_text="The person's name.")
    role = serializers.ChoiceField(["director", "actor"], help_text="What they did.")


class MovieRowSerializer(MovieSummarySerializer):
    """A film in a list."""

    people = MoviePersonSerializer(
        many=True, required=False, help_text="With `include=people`: directors, then actors, each in billing order."
    )
    description = serializers.CharField(required=False, allow_null=True, help_text="With `include=description`.")
    poster_small = serializers.URLField(
        required=False, allow_null=True, help_text=f"With `include=poster_small`: {_POSTER_SMALL}"
    )
    poster_color = serializers.CharField(
        required=False, allow_null=True, help_text=f"With `include=poster_color`: {_POSTER_COLOR}"
    )
    liked = serializers.BooleanField(required=False, help_text="With a login: whether you like it.")
    watched = serializers.BooleanField(required=False, help_text="With a login: whether you have watched it.")
    reminder = serializers.BooleanField(
        required=False, help_text="With a login: whether it is on your reminder list, with a time or without."
    )


class ListedMovieSerializer(MovieRowSerializer):
    matched = serializers.ChoiceField(
        ["title", "people", "description"],
        required=False,
        help_text="With `q`: the field that the last of its words was found in. A year counts as people.",
    )


class SuggestQuerySerializer(serializers.Serializer):
    q = serializers.CharField(
        max_length=limits.QUERY_LENGTH,
        allow_blank=True,
        trim_whitespace=False,
        help_text="What has been typed so far, from the second letter.",
    )


class SuggestionSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(["title", "person"], help_text="What it is.")
    text = serializers.CharField(help_text="The title, or the person's name.")
    year = serializers.IntegerField(allow_null=True, help_text="Of a film.")
    link = serializers.URLField(help_text="The film, or the person.")
    id = serializers.IntegerField(help_text="Of the film, or of the person.")


class SuggestionsSerializer(serializers.Serializer):
    results = SuggestionSerializer(many=True, help_text="The best match first, at most ten.")
    did_you_mean = serializers.CharField(
        required=False, help_text="If nothing begins with what was typed: what these begin with."
    )


class MovieDetailSerializer(MovieSummarySerializer):
    description = serializers.CharField(allow_null=True, help_text="What the film is about.")
    directors = serializers.ListField(child=serializers.CharField(), help_text="Their names.")
    actors = serializers.ListField(child=serializers.CharField(), help_text="In billing order.")
    imdb_votes = serializers.IntegerField(allow_null=True, help_text="How many people rated it on IMDb.")
    revenue_usd = serializers.IntegerField(allow_null=True, help_text="What it earned, in US dollars.")
    metascore = serializers.IntegerField(allow_null=True, help_text="0 to 100, of Metacritic.")
    original_title = serializers.CharField(allow_null=True, help_text="In its own language.")
    original_language = serializers.CharField(allow_null=True, help_text="ISO 639 code, such as en.")
    countries = serializers.ListField(child=serializers.CharField(), help_text="Where it was made.")
    poster_small = serializers.URLField(allow_null=True, help_text=_POSTER_SMALL.capitalize())
    poster_color = serializers.CharField(allow_null=True, help_text=_POSTER_COLOR.capitalize())
    release_date = serializers.DateField(allow_null=True, help_text="When it was first shown.")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="The data set that the title comes from, or `staff`; `sources=1` names the source of every fact."
    )
    source_id = serializers.CharField(
        allow_null=True, help_text="Its id there, if another film has the same title, year and director."
    )
    people = MoviePersonSerializer(many=True, help_text="Directors, then actors, each in billing order.")


class PersonSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `person_id` in URLs.")
    url = serializers.URLField(help_text="The person's URL.")
    name = serializers.CharField(help_text="For `person` among the filters of films.")


class PeopleQuerySerializer(serializers.Serializer):
    q = serializers.CharField(
        max_length=limits.QUERY_LENGTH,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="Words of the name, in any order, each perhaps only its beginning. Without it: everybody, by name.",
    )


class PersonMovieSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `movie_id` in URLs.")
    title = serializers.CharField(help_text="As the data set spells it.")
    year = serializers.IntegerField(allow_null=True, help_text="Of the first showing.")
    url = serializers.URLField(help_text="The film's URL.")


class PersonMoviesSerializer(serializers.Serializer):
    """A person's films by role, the latest first."""

    director = PersonMovieSerializer(many=True, help_text="Those that the person directed.")
    actor = PersonMovieSerializer(many=True, help_text="Those that the person played in.")


class PersonGenreSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="The same as in the list of genres.")
    name = serializers.CharField(help_text="For `genre` in filters and rankings.")
    movies = serializers.IntegerField(help_text="How many of the person's films it has.")


class PersonDetailSerializer(PersonSerializer):
    movies = PersonMoviesSerializer(help_text="The person's films by role, the latest first.")
    genres = PersonGenreSerializer(many=True, help_text="The genres of these films, the most frequent first.")


class MovieDetailQuerySerializer(serializers.Serializer):
    sources = serializers.BooleanField(default=False, help_text="With 1 also where each fact comes from.")


class MovieSourcesSerializer(serializers.Serializer):
    """What `sources=1` adds to a film's details."""

    sources = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="With `sources=1`: for each fact the data set that says so, or `staff`.",
    )
    ids = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `sources=1`: what others know the film by, such as imdb:tt0113277.",
    )


def details_with(parts: Sequence[type[serializers.Serializer]]) -> type[serializers.Serializer]:
    """A serializer class of a film's details for a viewer; `parts` are the serializers of other apps."""
    description = "Everything about a film; with a login also what it is to the viewer."
    bases: tuple[type, ...] = (MovieDetailSerializer, *parts, MovieSourcesSerializer)
    return type("MovieForViewerSerializer", bases, {"__doc__": description})


class ShortListField(serializers.ListField):
    """Checks the list's length before validating its items."""

    def to_internal_value(self, data: Any) -> list[Any]:
        longest = self.max_length
        if longest is not None and isinstance(data, list) and len(data) > longest:
            self.fail("max_length", max_length=longest)
        return super().to_internal_value(data)


def _names(max_length: int, help_text: str, **kwargs: Any) -> ShortListField:
    name = serializers.CharField(max_length=limits.NAME_LENGTH)
    return ShortListField(child=name, max_length=max_length, help_text=help_text, **kwargs)


class MovieWriteSerializer(StrictSerializer, serializers.ModelSerializer):
    """What staff may say about a film."""

    genres = _names(limits.MAX_GENRES, "Names of genres that the catalogue has.", allow_empty=False)
    directors = _names(limits.MAX_PEOPLE, "Full names. People who are not known yet are added.", required=False)
    actors = _names(
        limits.MAX_PEOPLE, "Full names, in billing order. People who are not known yet are added.", required=False
    )
    description = MultilineField(
        max_length=limits.DESCRIPTION_LENGTH, required=False, allow_blank=True, help_text="What the film is about."
    )
    countries = _names(limits.MAX_COUNTRIES, "Where it was made.", required=False)

    class Meta:
        model = Movie
        fields = (
            "title", "year", "genres", "directors", "actors", "description", "certificate", "runtime_minutes",
            "imdb_rating", "imdb_votes", "revenue_usd", "metascore", "original_title", "original_language", "countries",
            "poster", "release_date",
        )  # fmt: skip
        extra_kwargs: ClassVar = {
            "title": {"help_text": "With year and director it tells films apart."},
            "year": {"help_text": "Of the first showing.", "required": True, "allow_null": False},
            "certificate": {"help_text": "An age certificate, such as PG-13."},
            "runtime_minutes": {"help_text": "How long the film is."},
            "imdb_rating": {"help_text": "0 to 10, as IMDb gives it.", "coerce_to_string": False},
            "imdb_votes": {"help_text": "How many people rated it on IMDb."},
            "revenue_usd": {
                "help_text": "What it earned, in US dollars.",
                "error_messages": {"invalid": "A valid integer is required."},
            },
            "metascore": {"help_text": "0 to 100, of Metacritic."},
            "release_date": {"help_text": "When it was first shown."},
        }

    def validate_genres(self, names: list[str]) -> list[Genre]:
        genres = selectors.genres_named(names)
        known = {genre.name.casefold() for genre in genres}
        unknown = [name for name in names if name.casefold() not in known]
        if unknown:
            allowed = ", ".join(statements.filter_choices().run().genres) or "none yet; add genres in the admin"
            raise serializers.ValidationError(
                f"The catalogue has no genre {', '.join(map(repr, unknown))}. Allowed: {allowed}.",
                code="unknown_genre",
            )
        return genres

    def to_internal_value(self, data: Any) -> Any:
        """Treat an explicit null as empty for texts and lists too, as responses do."""
        if isinstance(data, dict) and not isinstance(data, QueryDict):  # form data has no null
            data = {name: _EMPTY.get(name) if value is None else value for name, value in data.items()}
        return super().to_internal_value(data)


_EMPTY = {name: fact.empty for name, fact in FACTS.items() if name not in ("title", "year", "genres")}


class MergeSerializer(StrictSerializer):
    """The duplicate to merge into the film at this URL."""

    merged = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The id of the film that goes.")


class PosterWriteSerializer(StrictSerializer):
    """A picture for a film."""

    file = serializers.FileField(
        allow_empty_file=True,  # `make_picture` says so in its own words
        help_text=f"A JPEG, PNG or WebP file, {limits_in_words()}.",
    )

    def validate_file(self, file: File) -> Picture:
        try:
            return make_picture(file.read())
        except PictureRefused as error:
            raise serializers.ValidationError(str(error), code="picture_refused") from error


class MovieExistsProblemSerializer(ProblemSerializer):
    """Problem details, RFC 9457, of a film that may be in the catalogue already."""

    movie = serializers.IntegerField(
        required=False, help_text="With `movie_exists`: the id of the film that is there, if it is known."
    )
