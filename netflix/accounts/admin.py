from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from knox.admin import AuthTokenAdmin
from knox.models import AuthToken

from netflix.accounts import services
from netflix.accounts.models import User
from netflix.api.admin import ConflictAdmin, ServiceDeletesMixin

admin.site.unregister([Group, AuthToken])  # registered again below, as ConflictAdmin


@admin.register(User)
class AccountAdmin(ServiceDeletesMixin, ConflictAdmin, UserAdmin):
    """Deleting a user erases their data in every context, as `DELETE auth/me/` does."""

    readonly_fields = ("verified_email",)
    fieldsets = (*(UserAdmin.fieldsets or ()), ("E-mail", {"fields": ("verified_email",)}))

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the user's row: saving a user who was just deleted would insert the row again."""
        if object_id is not None and object_id.isdecimal():
            User.objects.select_for_update().filter(pk=object_id).first()

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        def answer() -> HttpResponse:
            return super(AccountAdmin, self).user_change_password(request, id, form_url)

        return self._unless_refused(request, self._locked(request, id, answer), self._back(request))

    def delete_row(self, request: HttpRequest, row: User) -> None:
        services.erase(user_id=row.pk)


@admin.register(Group)
class RoleAdmin(ConflictAdmin, GroupAdmin):
    pass


@admin.register(AuthToken)
class TokenAdmin(ConflictAdmin, AuthTokenAdmin):
    pass
