"""Responses that are files."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from support import attachments
from support.models import Attachment


def download(attachment: Attachment) -> HttpResponse:
    """A response that browsers save and never render, whatever the file contains. Raises FileNotFoundError."""
    headers = {
        "Content-Disposition": content_disposition_header(True, attachment.name) or "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(attachments.read(attachment), content_type="application/octet-stream", headers=headers)
