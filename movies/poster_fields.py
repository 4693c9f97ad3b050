"""The poster in the film's form in the admin: a URL, or a file to upload, and a preview."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from movies import posters
from movies.pictures import SMALL, Picture, PictureRefused, limits_in_words, make_picture, too_large


@dataclass(frozen=True, slots=True)
class _Uploaded:
    """The initial value of the file field: the widget shows its text as a link to its `url`."""

    url: str

    def __str__(self) -> str:
        return "the uploaded picture"


class PosterInput(AdminFileWidget):
    """`preview` is the URL of the current picture, `color` is shown until it is loaded."""

    template_name = "admin/movies/poster_input.html"
    clear_checkbox_label = "Remove it"
    preview = color = ""

    class Media:
        js = (forms.Script("movies/poster.js", defer=True),)
        css = {"all": ("movies/poster.css",)}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        attrs = (attrs or {}) | {
            "accept": "image/jpeg,image/png,image/webp",
            "data-max-bytes": settings.POSTER_BYTES,
            "data-too-large": too_large(),
        }
        context = super().get_context(name, value, attrs)
        return context | {"preview": self.preview, "color": self.color}


class PosterForm(forms.ModelForm):
    """The stored name of an uploaded poster is not shown: the URL is empty then."""

    poster_file = forms.FileField(
        label="Upload a poster",
        required=False,
        allow_empty_file=True,  # `make_picture` says so in its own words
        widget=PosterInput(),
        help_text=f"JPEG, PNG or WebP, {limits_in_words()}.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        poster, widget = self.instance.poster, self.fields["poster_file"].widget
        assert isinstance(widget, PosterInput)  # noqa: S101  # `poster_file` has this widget
        widget.preview = posters.url_of(poster, SMALL)
        if posters.is_uploaded(poster):
            self.initial = {**self.initial, "poster": "", "poster_file": _Uploaded(posters.url_of(poster))}
            widget.color = posters.color(poster)

    def clean_poster_file(self) -> Any:
        """A Picture, if there is a new file; False to remove the old one."""
        file = self.cleaned_data["poster_file"]
        if not isinstance(file, UploadedFile):
            return file
        file.seek(0)  # a form that is shown again checks its file again
        try:
            return make_picture(file.read())
        except PictureRefused as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if isinstance(cleaned.get("poster_file"), Picture) and cleaned.get("poster") and "poster" in self.changed_data:
            self.add_error("poster_file", "Give the URL of a poster or upload one, not both.")
        return cleaned

    @contextmanager
    def facts(self) -> Iterator[dict[str, Any]]:
        """The facts that staff have changed. If the block raises, the files of a new poster are removed."""
        facts = {name: self.cleaned_data[name] for name in self.changed_data}
        file = facts.pop("poster_file", None)
        if isinstance(file, Picture):
            with posters.stored(file) as poster:
                yield facts | {"poster": poster}
            return
        yield {"poster": ""} | facts if file is False else facts
