"""Validation of input, and the shapes of answers for the schema."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from movies import limits
from movies.entries import EntrySerializer, entries
from movies.serializers import MovieRowSerializer
from netflix.api.serializers import StrictSerializer
from ranking import selectors


def _choice(values: tuple[str, ...], help_text: str, default: Any = empty) -> serializers.ChoiceField:
    allowed = f"{{input}} is not known here. Allowed: {', '.join(values)}."
    return serializers.ChoiceField(
        values, required=False, default=default, help_text=help_text, error_messages={"invalid_choice": allowed}
    )


class RankingQuerySerializer(serializers.Serializer):
    """The query parameters of a ranking."""

    genre = serializers.ListField(
        child=serializers.CharField(max_length=limits.NAME_LENGTH),
        required=False,
        max_length=limits.VALUES_AT_ONCE,
        help_text="A genre's name; without it, all films. Given several times: films that have all of these genres.",
    )
    by = _choice(selectors.CRITERIA, "Without it: likes.", "likes")
    window = _choice(selectors.WINDOWS, "How fast `trending` forgets: day, week or month. Without it: week.")
    explain = serializers.BooleanField(
        default=False, help_text="With 1, each row says what its score is made of, so that anyone can compute it."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Ignores parameters without a value, as HTML forms send them."""
        return super().to_internal_value({name: value for name, value in data.items() if value})

    def validate_genre(self, names: list[str]) -> list[str]:
        """Without the names that differ from others only in case."""
        return list({name.casefold(): name for name in names}.values())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "window" in attrs and attrs["by"] != "trending":
            raise serializers.ValidationError({"window": "A window goes with by=trending."}, code="invalid")
        return attrs


class ExplanationSerializer(serializers.Serializer):
    """`docs/adr/0006-rankings.md` gives the formulas."""

    likes = serializers.IntegerField(help_text="How many people like the film.")
    weighted_rating = serializers.FloatField(help_text="v/(v+m)*R + m/(v+m)*C")
    imdb_rating = serializers.FloatField(allow_null=True, help_text="R, the film's rating.")
    imdb_votes = serializers.IntegerField(allow_null=True, help_text="v, how many people rated it.")
    mean_rating = serializers.FloatField(help_text="C, the mean rating of the whole catalogue.")
    minimum_votes = serializers.IntegerField(
        help_text="m, the number of votes at which the film's own rating counts half."
    )
    half_life_hours = serializers.FloatField(required=False, help_text="Only for trending, as what follows.")
    landmark = serializers.DateTimeField(required=False, help_text="The moment that half-lives are counted from.")
    at = serializers.DateTimeField(required=False, help_text="The moment the score is of, as in the page's `at`.")
    half_lives_since_landmark = serializers.FloatField(
        required=False, help_text="How many half-lives lie between `landmark` and `at`."
    )
    log2_sum = serializers.FloatField(
        required=False, allow_null=True, help_text="Score = 2^(log2_sum - half_lives_since_landmark); null: no likes."
    )


class RankedMovieSerializer(MovieRowSerializer):
    rank = serializers.IntegerField(help_text="The place in the whole ranking, from 1.")
    score = serializers.FloatField(help_text="What the ranking is ordered by; the higher the better.")
    explain = ExplanationSerializer(required=False, help_text="With `explain=1`: what the score is made of.")


class LikeStateSerializer(serializers.Serializer):
    likes = serializers.IntegerField(help_text="How many people like the film.")
    liked = serializers.BooleanField(required=False, help_text="Whether you do; only with a login.")


class ViewerFactsSerializer(serializers.Serializer):
    """What rankings add to a film's details for a viewer."""

    liked = serializers.BooleanField(required=False, help_text="Whether you like it; only with a login.")


class LikesSerializer(StrictSerializer):
    """Films to like."""

    entries = entries(EntrySerializer, "The films to like, at most 1,000.")


class LikedMovieSerializer(serializers.Serializer):
    liked_at = serializers.DateTimeField(help_text="When you liked it.")
    movie = MovieRowSerializer(help_text="The film that you like.")
