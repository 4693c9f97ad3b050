from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from movies import tasks
from movies.admin.history import HistoryAdmin
from movies.importing import runs, undoing, uploads
from movies.importing.readers import READERS
from movies.importing.report import COUNTS
from movies.models import Change, ImportRun
from netflix.api.errors import UserErased
from netflix.api.permissions import viewer_id

_PROBLEMS_SHOWN = 100
_MAX_PIECES = 4096  # two gigabytes


class UploadForm(forms.Form):
    """A file in one request; with JavaScript (static/movies/upload.js), larger files are sent in pieces."""

    file = forms.FileField(
        allow_empty_file=True,  # the reader reports what is wrong with it
        help_text="CSV or TSV, as it is or compressed with gzip; or a zip archive with several files.",
    )
    source = forms.ChoiceField(
        label="Data set",
        required=False,
        choices=[("", "What its header says"), *((name, reader.label) for name, reader in READERS.items())],
    )


class BeginForm(forms.Form):
    file_name = forms.CharField(max_length=500, error_messages={"required": "The file needs a name."})
    size = forms.IntegerField(  # in bytes
        min_value=0,
        max_value=_MAX_PIECES * uploads.PIECE_BYTES,
        error_messages={"max_value": "The file is too large. Import it with manage.py import_movies."},
    )
    source = forms.ChoiceField(required=False, choices=[("", ""), *((name, name) for name in READERS)])


class PieceForm(forms.Form):
    number = forms.IntegerField(min_value=0, max_value=_MAX_PIECES - 1)
    content = forms.FileField(allow_empty_file=True)


class CompleteForm(forms.Form):
    pieces = forms.IntegerField(min_value=1, max_value=_MAX_PIECES)


@admin.register(ImportRun)
class ImportRunAdmin(HistoryAdmin):
    """All imports. Adding one uploads a file, which a worker imports."""

    kind = Change.Kind.IMPORT

    list_display = ("file_name", "id", "source", "state", "who", "asked_at", "took", "outcome")
    list_filter = ("state", "source")
    list_select_related = ("user",)
    search_fields = ("file_name", "sha256")
    show_full_result_count = False
    fields = (
        "state", "message", "file_name", "sha256", "source", "who", "asked_at", "started_at", "ended_at", "took",
        *COUNTS,
    )  # fmt: skip
    readonly_fields = fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # read-only; the actions have buttons of their own

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(ordering="user")
    def who(self, run: ImportRun) -> str:
        return str(run.user) if run.user else "manage.py"

    @admin.display
    def took(self, run: ImportRun) -> str:
        if run.started_at is None or run.ended_at is None:
            return self.get_empty_value_display()
        return f"{(run.ended_at - run.started_at).total_seconds():.1f} s"

    @admin.display
    def outcome(self, run: ImportRun) -> str:
        counts = ((name, getattr(run, name)) for name in COUNTS)
        return ", ".join(f"{count:,} {name}" for name, count in counts if count) or self.get_empty_value_display()

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "begin/": self.begin, "<int:run_id>/piece/": self.piece, "<int:run_id>/complete/": self.complete,
            "<int:run_id>/cancel/": self.cancel,
        }  # fmt: skip
        wrap = self.admin_site.admin_view
        posts = [
            path(route, wrap(require_POST(view)), name=f"movies_importrun_{view.__name__}")
            for route, view in views.items()
        ]
        undo = path("<int:run_id>/undo/", wrap(self.undo), name="movies_importrun_undo")
        return [*posts, undo, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        runs.mark_interrupted()
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        runs.mark_interrupted()
        run = self.get_object(request, object_id)
        context = {} if run is None else _context(run)
        context["may_act"] = self.has_add_permission(request)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._check(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            run = self._begin(request, file_name=file.name, source=form.cleaned_data["source"])
            for number, content in enumerate(file.chunks(uploads.PIECE_BYTES)):
                uploads.add_piece(run.pk, number=number, content=content)
            uploads.complete(run.pk, pieces=run.pieces.count())
            tasks.publish(tasks.import_upload, run.pk)
            return _redirect_to(run.pk)
        context = {
            **self.admin_site.each_context(request), "title": "Import films from a file", "opts": self.opts,
            "form": form, "media": self.media + form.media, "piece_bytes": uploads.PIECE_BYTES,
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/importrun/upload.html", context)

    def begin(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        form = BeginForm(request.POST)
        if not form.is_valid():
            return JsonResponse({"error": next(iter(form.errors.values()))[0]}, status=400)
        file_name, source = form.cleaned_data["file_name"], form.cleaned_data["source"]
        run = self._begin(request, file_name=file_name, source=source)
        return JsonResponse({name: reverse(f"admin:movies_importrun_{name}", args=[run.pk]) for name in _UPLOAD_URLS})

    def piece(self, request: HttpRequest, run_id: int) -> HttpResponse:
        self._check(request, run_id)
        form = PieceForm(request.POST, request.FILES)
        if not form.is_valid():
            return JsonResponse({"error": "A piece of the file did not arrive whole."}, status=400)
        content = form.cleaned_data["content"].read()
        if not uploads.add_piece(run_id, number=form.cleaned_data["number"], content=content):
            return JsonResponse({"error": "This upload has ended."}, status=409)
        return JsonResponse({})

    def complete(self, request: HttpRequest, run_id: int) -> HttpResponse:
        self._check(request, run_id)
        form = CompleteForm(request.POST)
        if not form.is_valid() or not uploads.complete(run_id, pieces=form.cleaned_data["pieces"]):
            return JsonResponse({"error": "Pieces of the file are missing. Choose it again."}, status=409)
        tasks.publish(tasks.import_upload, run_id)
        return JsonResponse({})

    def cancel(self, request: HttpRequest, run_id: int) -> HttpResponse:
        self._check(request)
        if runs.cancel(run_id):
            messages.success(request, "The import stops after its current batch of films.")
        else:
            messages.error(request, "The import has ended already.")
        return _redirect_to(run_id)

    def undo(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Show what an undo would do; the form on that page starts it."""
        self._check(request)
        run = ImportRun.objects.filter(pk=run_id).first()
        if run is None or not _may_undo(run):
            messages.error(request, "This import cannot be undone.")
            return _redirect_to(run_id)
        if request.method == "POST":
            self._ask_for_undo(request, run_id)
            return _redirect_to(run_id)
        context = {
            **self.admin_site.each_context(request), "title": f"Undo the import of {run.file_name}?",
            "opts": self.opts, "run": run, "preview": undoing.preview(run),
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/importrun/undo.html", context)

    def _ask_for_undo(self, request: HttpRequest, run_id: int) -> None:
        undoing.set_pending(run_id, pending=True)  # first, because the worker may finish at once
        if not tasks.publish(tasks.undo_import, run_id, viewer_id(request)):
            undoing.set_pending(run_id, pending=False)
            messages.error(request, "The task queue cannot be reached. Try again in a moment.")

    def _begin(self, request: HttpRequest, *, file_name: str, source: str) -> ImportRun:
        try:
            return uploads.begin(file_name=file_name, source=source, user_id=viewer_id(request))
        except UserErased as error:
            raise PermissionDenied from error

    def _check(self, request: HttpRequest, run_id: int | None = None) -> None:
        """Raises PermissionDenied, also for the uploads of others."""
        is_own = run_id is None or ImportRun.objects.filter(pk=run_id, user=viewer_id(request)).exists()
        if not self.has_add_permission(request) or not is_own:
            raise PermissionDenied


_UPLOAD_URLS = ("piece", "complete", "change")


def _context(run: ImportRun) -> dict[str, Any]:
    """The template context of an import's page."""
    fraction = run.bytes_read / run.bytes_total if run.bytes_total else 0.0
    return {
        "title": f"Import of {run.file_name}",
        "run": run,
        "percent": 100 if run.state == ImportRun.State.DONE else int(100 * fraction),
        "problems": run.problems[:_PROBLEMS_SHOWN],
        "unlisted": max(len(run.problems) - _PROBLEMS_SHOWN, 0),
        "may_undo": _may_undo(run) and not run.undo_requested,
    }


def _may_undo(run: ImportRun) -> bool:
    return run.is_over and run.started_at is not None and run.state != ImportRun.State.UNDONE


def _redirect_to(run_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:movies_importrun_change", args=[run_id]))
