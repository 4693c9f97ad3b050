from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from netflix.api import dashboard
from netflix.api.admin import ReadOnlyAdmin, ServiceDeletesMixin
from reminder import selectors, services
from reminder.models import Reminder, Viewing, Watched


@admin.register(Reminder)
class ReminderAdmin(ServiceDeletesMixin, ReadOnlyAdmin):
    list_display = ("movie", "user", "remind_at", "sent_at", "created_at")
    list_select_related = ("movie", "user")
    list_filter = ("remind_at", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("user__username", "movie__title")
    ordering = ("-id",)

    def delete_row(self, request: HttpRequest, row: Reminder) -> None:
        services.remove_reminder(user_id=row.user_id, movie_id=row.movie_id)


class ViewingInline(admin.TabularInline):
    model = Viewing
    extra = 0
    ordering = ("-watched_at",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Watched)
class WatchedAdmin(ServiceDeletesMixin, ReadOnlyAdmin):
    list_display = ("movie", "user", "last_watched_at")
    list_select_related = ("movie", "user")
    list_filter = ("last_watched_at",)
    search_fields = ("user__username", "movie__title")
    inlines = (ViewingInline,)
    ordering = ("-last_watched_at", "-id")

    def delete_row(self, request: HttpRequest, row: Watched) -> None:
        services.remove_watched(user_id=row.user_id, movie_id=row.movie_id)


dashboard.register(
    dashboard.Card(
        name="reminders", title="Reminders due", permission="reminder.view_reminder",
        template="admin/reminder/reminders_card.html", read=selectors.due_reminders,
    )
)  # fmt: skip
