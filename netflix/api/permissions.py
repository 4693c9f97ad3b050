from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class StaffWithPermissionOrReadOnly(DjangoModelPermissions):
    """Everybody may read; staff may write as Django's model permissions allow, like in the admin."""

    authenticated_users_only = False

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method in SAFE_METHODS:
            return True
        return bool(request.user.is_staff) and super().has_permission(request, view)


class StaffWhoMayMerge(StaffWithPermissionOrReadOnly):
    """Merging changes one row and deletes the other."""

    perms_map = StaffWithPermissionOrReadOnly.perms_map | {
        "POST": ["%(app_label)s.change_%(model_name)s", "%(app_label)s.delete_%(model_name)s"]
    }


class StaffWhoMayChange(StaffWithPermissionOrReadOnly):
    """For a part of a row: deleting the part needs the permission to change the row."""

    perms_map = StaffWithPermissionOrReadOnly.perms_map | {"DELETE": ["%(app_label)s.change_%(model_name)s"]}


def viewer_id(request: Request | HttpRequest) -> int:
    """The id of the logged-in user, for views that require a login."""
    pk: int | None = request.user.pk
    assert pk is not None  # noqa: S101  # the view requires a login
    return pk
