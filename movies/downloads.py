"""Files of the catalogue that anybody may read."""

from django.core.files.storage import FileSystemStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from movies import posters


@require_safe
def poster_file(request: HttpRequest, file: str) -> HttpResponse:
    """A file of an uploaded poster. Names are never used again, so caches keep it for a year."""
    if not isinstance(posters.storage(), FileSystemStorage):  # browsers download from the bucket
        raise Http404
    try:
        content = posters.read(file)
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{file}"'}
    return HttpResponse(content, content_type="image/webp", headers=headers)
