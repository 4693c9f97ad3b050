from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from netflix.accounts import services
from netflix.accounts.models import User


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Deleting a person erases what is theirs in every context, as when they do it themselves."""

    readonly_fields = ("verified_email",)
    fieldsets = (*(UserAdmin.fieldsets or ()), ("E-mail", {"fields": ("verified_email",)}))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.erase(user_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user_id in queryset.values_list("pk", flat=True):
            services.erase(user_id=user_id)
