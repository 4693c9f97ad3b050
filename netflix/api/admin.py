from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ForLooking(admin.ModelAdmin):
    """Rows that the service writes by itself, or people about themselves: staff may look, and delete."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
