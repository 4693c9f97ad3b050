"""The poster on a film's pages in the admin."""

from typing import Any

from csp.decorators import csp_update
from django.contrib import admin
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html

from movies import posters
from movies.models import Movie
from movies.pictures import SMALL

# The form previews pictures at any HTTPS URL, and files that are chosen but not sent yet.
_PICTURES = {"img-src": ["https:", "blob:"]}


class PosterAdmin(admin.ModelAdmin):
    @method_decorator(csp_update(_PICTURES))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    @admin.display(description="poster")
    def thumbnail(self, movie: Movie) -> str | None:
        """Only uploaded posters: this page's Content-Security-Policy allows no pictures from elsewhere."""
        if not posters.is_uploaded(movie.poster):
            return None
        return format_html('<img src="{}" alt="" width="24" loading="lazy">', posters.url_of(movie.poster, SMALL))

    @admin.display(description="uploaded poster")
    def poster_file(self, movie: Movie) -> str | None:
        """For staff without the permission to change films."""
        return self.thumbnail(movie)
