"""Files of replies: checks them, and stores them.

A file is stored before its row is committed, and removed after its row is deleted. If a process dies in between,
`sweep` removes the file that has no row.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from support.models import FILE_NAME_LENGTH, Attachment, Reply

logger = structlog.get_logger(__name__)

_ORPHANED_AFTER = timedelta(hours=1)  # far longer than any request takes


class FileRefused(Exception):
    """The message is a sentence that says what is wrong with the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file in the storage that may have no row yet."""

    name: str
    size: int
    stored_as: str


def _begins_with(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(beginnings)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


_IS_JPEG = _begins_with(b"\xff\xd8\xff")
_KINDS: dict[str, Callable[[bytes], bool]] = {
    ".png": _begins_with(b"\x89PNG\r\n\x1a\n"),
    ".jpg": _IS_JPEG,
    ".jpeg": _IS_JPEG,
    ".pdf": _begins_with(b"%PDF-"),
    ".txt": _is_text,
}
NAME_ENDINGS = tuple(_KINDS)


def check(file: UploadedFile) -> CheckedFile:
    """Check an uploaded file by size, suffix and content. Raises FileRefused."""
    name = _clean_name(file.name or "")
    if (file.size or 0) > settings.ATTACHMENT_BYTES:
        raise FileRefused(f"“{name}” is too large: a file may have at most {settings.ATTACHMENT_BYTES // 1024**2} MB.")
    is_kind = _KINDS.get(PurePath(name).suffix.lower())
    if is_kind is None:
        raise FileRefused(f"“{name}” is not an accepted kind of file. Send png, jpg, pdf or txt.")
    file.seek(0)  # a form checks its files again when it is shown again
    content = file.read()
    if not content:
        raise FileRefused(f"“{name}” is empty.")
    if not is_kind(content):
        raise FileRefused(f"“{name}” does not match its file name extension. Send png, jpg, pdf, or text in UTF-8.")
    return CheckedFile(name=name, content=content)


def _clean_name(name: str) -> str:
    """Remove folders, and replace characters that do not print. A long name loses its beginning, not its suffix."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(each if each.isprintable() else "_" for each in last)[-FILE_NAME_LENGTH:] or "file"


@contextmanager
def stored(files: Sequence[CheckedFile]) -> Iterator[list[StoredFile]]:
    """Put files into the storage; if the block raises, as a failed transaction does, they are removed again."""
    done: list[StoredFile] = []
    try:
        for file in files:
            name = storage().save(f"{timezone.now():%Y/%m}/{uuid4().hex}", ContentFile(file.content))
            done.append(StoredFile(name=file.name, size=len(file.content), stored_as=name))
        yield done
    except BaseException:
        for each in done:
            storage().delete(each.stored_as)
        raise


def add(reply: Reply, files: Sequence[StoredFile]) -> list[Attachment]:
    return [
        Attachment.objects.create(reply=reply, name=file.name, size=file.size, stored_as=file.stored_as)
        for file in files
    ]


def read(attachment: Attachment) -> bytes:
    """Raises FileNotFoundError."""
    with storage().open(attachment.stored_as) as file:
        content: bytes = file.read()
    return content


def remove_file_of(sender: object, instance: Attachment, **_: object) -> None:
    """Remove the file of a deleted row after the commit. Receiver of `post_delete`."""

    def remove() -> None:
        storage().delete(instance.stored_as)

    transaction.on_commit(remove, robust=True)


def sweep() -> int:
    """Remove files that have had no row for an hour; return their number."""
    before = timezone.now() - _ORPHANED_AFTER
    old = [name for name in stored_names("") if storage().get_modified_time(name) < before]
    orphaned = set(old) - set(Attachment.objects.filter(stored_as__in=old).values_list("stored_as", flat=True))
    for name in orphaned:
        storage().delete(name)
    if orphaned:
        logger.info("attachments_swept", count=len(orphaned))
    return len(orphaned)


def stored_names(folder: str) -> Iterator[str]:
    try:
        folders, names = storage().listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return
    inside = f"{folder}/" if folder else ""
    yield from (f"{inside}{name}" for name in names)
    for each in folders:
        yield from stored_names(f"{inside}{each}")


def storage() -> Storage:
    return storages["attachments"]
