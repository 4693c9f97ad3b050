from math import isinf
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from netflix.api import dashboard
from netflix.api.admin import ReadOnlyAdmin, ServiceDeletesMixin
from ranking import selectors, services
from ranking.models import Like, Parameters, Standing

_DAYS = 30  # shown in the chart of likes
_MOVIES_SHOWN = 5  # per ranking


@admin.register(Like)
class LikeAdmin(ServiceDeletesMixin, ReadOnlyAdmin):
    """Read-only, except for deleting, which unlikes the film and so updates counts and rankings."""

    list_display = ("user", "movie", "created_at")
    list_select_related = ("user", "movie")
    list_filter = ("created_at",)
    search_fields = ("user__username", "movie__title")
    ordering = ("-id",)

    def delete_row(self, request: HttpRequest, row: Like) -> None:
        services.unlike(user_id=row.user_id, movie_id=row.movie_id)


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    """Read-only. Deleting a row recomputes the film's standings instead."""

    list_display = ("movie", "within", "likes", "rating", "trend")
    list_select_related = ("movie", "genre")
    list_filter = ("genre",)
    search_fields = ("movie__title",)
    ordering = ("-id",)  # other orders sort the whole table

    @admin.display(description="genre", ordering="genre", empty_value="whole catalogue")
    def within(self, standing: Standing) -> str | None:
        return str(standing.genre) if standing.genre else None

    @admin.display(description="weighted rating", ordering="weighted_rating")
    def rating(self, standing: Standing) -> str:
        return f"{standing.weighted_rating:.2f}"

    @admin.display(description="trend of the week", ordering="trend_week")
    def trend(self, standing: Standing) -> str | None:
        return None if isinf(standing.trend_week) else f"{standing.trend_week:.2f}"

    def delete_model(self, request: HttpRequest, obj: Standing) -> None:
        services.recompute([obj.movie_id])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        services.recompute(set(queryset.values_list("movie", flat=True)))


@admin.register(Parameters)
class ParametersAdmin(ReadOnlyAdmin):
    list_display = ("computed_at", "rating", "votes")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="mean rating")
    def rating(self, parameters: Parameters) -> str:
        return f"{parameters.mean_rating:.2f}"

    @admin.display(description="minimum votes")
    def votes(self, parameters: Parameters) -> str:
        return f"{parameters.minimum_votes:,}"


def _likes_chart() -> dict[str, Any]:
    days = [(f"{day:%-d %B}", likes) for day, likes in selectors.likes_per_day(_DAYS)]
    best_day, most = max(days, key=lambda row: row[1])
    return {
        "bars": dashboard.bars(days, width=600, height=140, gap=4),
        "first": days[0][0],
        "last": days[-1][0],
        "best_day": best_day,
        "most": most,
        "total": sum(likes for _, likes in days),
    }


dashboard.register(
    dashboard.Card(
        name="likes", title=f"Likes per day, {_DAYS} days", permission="ranking.view_standing",
        template="admin/ranking/likes_card.html", read=_likes_chart, is_wide=True,
    ),
    dashboard.Card(
        name="trending", title="Trending this week", permission="ranking.view_standing",
        template="admin/ranking/movies_card.html",
        read=lambda: selectors.best(selectors.Board("trending", "week"), limit=_MOVIES_SHOWN),
    ),
    dashboard.Card(
        name="top", title="Most liked", permission="ranking.view_standing",
        template="admin/ranking/movies_card.html",
        read=lambda: selectors.best(selectors.Board("likes"), limit=_MOVIES_SHOWN),
    ),
)  # fmt: skip
