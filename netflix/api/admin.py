"""Base classes of the admin's pages."""

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any, ClassVar

import structlog
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Model, ProtectedError, QuerySet, TextField
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from netflix.api.newlines import MultilineFormField

logger = structlog.get_logger(__name__)

_CONFLICT = "netflix.admin.conflict"  # in request.META: why the form could not be saved
_STORED = "netflix.admin.stored"  # in request.META: the row as it was before the form changed it
_GONE = "Nothing was changed, because something that this page shows was deleted in the meantime."
_STILL_REFERENCED = "Nothing was deleted, because something else refers to it by now."
_MESSAGES: dict[type[BaseException | None], str] = {
    UniqueViolation: "Nothing was saved, because somebody else has stored the same in the meantime.",
    ForeignKeyViolation: "Nothing was changed, because something that belongs to this was added or deleted in the "
    "meantime. Check it, and try again.",
}


class FormWithConflict(ModelForm):
    """A form that could not be saved: it has an error even if its fields are valid."""

    conflict: str

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            self.add_error(None, self.conflict)


class LenientChangeList(ChangeList):
    """Ignores filters that the database cannot apply, such as `id__regex=(` typed into the URL.

    Django itself ignores only those that it finds invalid before it runs the query.
    """

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (DataError, ProgrammingError, ValueError, IndexError) as error:
            if ERROR_FLAG in request.GET:  # the filters are already gone, so they are not the cause
                raise
            raise IncorrectLookupParameters from error


class ConflictAdmin(admin.ModelAdmin):
    """Shows a conflict with a concurrent write as an error on the page.

    Saving and deleting each run in one transaction. If the database or a service refuses it, nothing is written, and
    the page is shown again with the reason. A form keeps its input.
    """

    formfield_overrides: ClassVar[dict[Any, dict[str, Any]]] = {TextField: {"form_class": MultilineFormField}}

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Take the locks that saving or deleting needs, before anything is read. `object_id` is None for a new row.

        In the order of movies/locks.py.
        """

    def conflict_message(self, error: Exception) -> str | None:
        """The message for an error that a concurrent write can cause; None for any other error."""
        if isinstance(error, ProtectedError):
            return _STILL_REFERENCED
        if isinstance(error, IntegrityError):
            return _MESSAGES.get(type(error.__cause__))
        return _GONE if isinstance(error, ObjectDoesNotExist) else None

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        respond = partial(super().changeform_view, request, object_id, *args, **kwargs)

        def respond_again(message: str) -> HttpResponse:
            request.META[_CONFLICT] = message
            return respond()

        return self._handle_conflict(request, self._locked(request, object_id, respond), respond_again)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        respond = partial(super().delete_view, request, object_id, extra_context)
        return self._handle_conflict(request, self._locked(request, object_id, respond), self._back(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        respond = partial(super().changelist_view, request, extra_context)
        return self._handle_conflict(request, respond, self._back(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LenientChangeList

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        message = request.META.get(_CONFLICT)
        return type(form)(form.__name__, (FormWithConflict, form), {"conflict": message}) if message else form

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        request.META[_STORED] = copy(row)
        return row

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The title of a form with a conflict shows the stored row, not the values in the form."""
        if context["original"] is not None and (stored := request.META.get(_STORED)) is not None:
            context |= {"original": stored, "subtitle": str(stored)}
        return super().render_change_form(request, context, *args, **kwargs)

    # Called after all writes: deferred constraints are checked before the page reports success.

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        connection.check_constraints()
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        connection.check_constraints()
        return super().response_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        connection.check_constraints()
        return super().response_delete(request, obj_display, obj_id)

    def _locked(
        self, request: HttpRequest, object_id: str | None, respond: Callable[[], HttpResponse]
    ) -> Callable[[], HttpResponse]:
        def respond_locked() -> HttpResponse:
            with transaction.atomic():
                self.lock(request, object_id)
                return respond()

        return respond_locked if request.method == "POST" else respond

    def _handle_conflict(
        self,
        request: HttpRequest,
        respond: Callable[[], HttpResponse],
        respond_to_conflict: Callable[[str], HttpResponse],
    ) -> HttpResponse:
        try:
            return respond()
        except Exception as error:
            message = self.conflict_message(error)
            if message is None:
                raise
            unexpected = isinstance(error, ObjectDoesNotExist)  # may be a bug
            logger.info("admin_conflict", error=type(error).__name__, model=self.opts.label, exc_info=unexpected)
        # A GET runs several queries, between which a row can disappear: render the page again.
        return respond_to_conflict(message) if request.method == "POST" else respond()

    def _back(self, request: HttpRequest) -> Callable[[str], HttpResponse]:
        """Redirect to the same page, which then shows the current rows."""

        def redirect(message: str) -> HttpResponse:
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

        return redirect


class ServiceDeletesMixin:
    """Deletes rows through a service: those selected in a list one by one, each in its own transaction."""

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.delete_row(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.order_by("pk"):
            with suppress(ObjectDoesNotExist):  # already deleted
                self.delete_row(request, row)


class ReadOnlyAdmin(ConflictAdmin):
    """Rows that are not edited in the admin: staff can view and delete them."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
