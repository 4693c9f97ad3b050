"""The storages of uploaded files.

Posters are public: movies/downloads.py serves them, unless they are in S3. Files of tickets are private: no web server
serves their folder.
"""

from pathlib import Path
from typing import Any

from netflix import environment
from netflix.environment import required, text


def storages(data_dir: Path) -> dict[str, Any]:
    """Django's STORAGES."""
    posters = _folder(environment.folder("POSTERS_DIR", default=data_dir / "media" / "posters"), 0o644, 0o755)
    endpoint = environment.optional_url("POSTERS_ENDPOINT")
    if bucket := text("POSTERS_BUCKET"):
        posters = _bucket(bucket, endpoint)
    return {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # not used
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "posters": posters,
        "attachments": _folder(environment.folder("ATTACHMENTS_DIR", default=data_dir / "attachments"), 0o600, 0o700),
    }


def _folder(path: Path, file_mode: int, folder_mode: int) -> dict[str, Any]:
    options = {"location": path, "file_permissions_mode": file_mode, "directory_permissions_mode": folder_mode}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def _bucket(name: str, endpoint: str) -> dict[str, Any]:
    environment.require_package("storages", "POSTERS_BUCKET", "requirements-s3.txt")
    required("POSTERS_URL", "With POSTERS_BUCKET it says where browsers find the bucket's files.")
    return {
        "BACKEND": "netflix.s3.S3WithTimeouts",
        "OPTIONS": {
            "bucket_name": name,
            "endpoint_url": endpoint or None,
            "region_name": text("POSTERS_REGION") or None,
            # As movies/downloads.py answers.
            "object_parameters": {"ContentType": "image/webp", "CacheControl": "public, max-age=31536000, immutable"},
        },
    }
