from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class StaffWithPermissionOrReadOnly(DjangoModelPermissions):
    """Everybody may read; staff may write what Django's model permissions allow them, as in the admin."""

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


def viewer_id(request: Request | HttpRequest) -> int:
    """Whose request it is, for views that only people with a login reach."""
    pk: int | None = request.user.pk
    assert pk is not None  # noqa: S101  # the view's permission has seen to it
    return pk
