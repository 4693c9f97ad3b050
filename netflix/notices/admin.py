from django.contrib import admin

from netflix.api.admin import ReadOnlyAdmin
from netflix.notices.models import Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("subject", "user", "sent_at", "seen_at", "done_at", "dead_at", "attempts", "last_error")
    list_select_related = ("user",)
    list_filter = ("sent_at", ("done_at", admin.EmptyFieldListFilter), ("dead_at", admin.EmptyFieldListFilter))
    search_fields = ("user__username", "subject")
    ordering = ("-id",)
