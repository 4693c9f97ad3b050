from django.contrib import admin

from netflix.api.admin import ForLooking
from netflix.notices.models import Notice


@admin.register(Notice)
class NoticeAdmin(ForLooking):
    list_display = ("subject", "user", "sent_at", "seen_at", "emailed_at", "email_attempts")
    list_select_related = ("user",)
    list_filter = ("sent_at", ("emailed_at", admin.EmptyFieldListFilter))
    search_fields = ("user__username", "subject")
    ordering = ("-id",)
