from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from knox.admin import AuthTokenAdmin
from knox.models import AuthToken

from netflix.accounts import services
from netflix.accounts.models import User
from netflix.api.admin import ConflictAdmin, ServiceDeletesMixin

admin.site.unregister([Group, AuthToken])  # registered again below, as ConflictAdmin


_PERMISSION_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")
_FIELDS_TO_VIEW = (
    "username",
    "first_name",
    "last_name",
    "email",
    "verified_email",
    "is_active",
    "date_joined",
    "last_login",
)
# For groups and permissions: Django's two lists cannot be told apart by a screen reader.
_CHECKBOXES = {"widget": CheckboxSelectMultiple}


@admin.register(User)
class AccountAdmin(ServiceDeletesMixin, ConflictAdmin, UserAdmin):
    """Deleting a user erases their data in every context, as `DELETE auth/me/` does.

    Only superusers may make users staff, grant permissions, and change accounts that have permissions. Others who may
    change users could otherwise grant themselves everything, or take over an account that has it.
    """

    readonly_fields = ("verified_email", "last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (*(UserAdmin.fieldsets or ()), ("E-mail", {"fields": ("verified_email",)}))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_change(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": _FIELDS_TO_VIEW}),)
        return super().get_fieldsets(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_CHECKBOXES, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else (*fields, *_PERMISSION_FIELDS)

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the user's row: saving a user who was just deleted would insert the row again."""
        if object_id is not None and object_id.isdecimal():
            User.objects.select_for_update().filter(pk=object_id).first()

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        answer = partial(super().user_change_password, request, id, form_url)
        return self._handle_conflict(request, self._locked(request, id, answer), self._back(request))

    def delete_row(self, request: HttpRequest, row: User) -> None:
        """Erase after the page's transaction, which has locked the user: `erase` commits in steps, films first.

        If it fails, the page has logged a deletion, but the user is still there: staff delete it again.
        """
        transaction.on_commit(partial(_erase, row.pk))


def _erase(user_id: int) -> None:
    with suppress(User.DoesNotExist):  # already erased by a concurrent request
        services.erase(user_id=user_id)


def _may_change(request: HttpRequest, user: Any) -> bool:
    return user is None or _is_superuser(request) or not (user.is_staff or user.is_superuser)


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_superuser


@admin.register(Group)
class RoleAdmin(ConflictAdmin, GroupAdmin):
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_CHECKBOXES, **kwargs)


@admin.register(AuthToken)
class TokenAdmin(ConflictAdmin, AuthTokenAdmin):
    """Shows whose token it is and when it was used, and nothing of the token itself."""

    list_display = ("user", "device", "created", "last_used", "expiry")
    list_select_related = ("user", "login")
    search_fields = ("user__username",)

    def get_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        return ("user", "expiry") if obj is None else ("user", "device", "created", "last_used", "expiry")

    def get_readonly_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> tuple[str, ...]:
        return () if obj is None else ("device", "created", "last_used")

    @admin.display(ordering="login__device")
    def device(self, token: AuthToken) -> str:
        return str(token.login.device)

    @admin.display(ordering="login__last_used_at")
    def last_used(self, token: AuthToken) -> datetime:
        used: datetime = token.login.last_used_at
        return used
