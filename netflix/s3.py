"""Files that anybody may read, in a bucket of S3 or of what speaks its protocol. Imported only where a bucket is set.

Keys come from where boto looks for them, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.
"""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

# Requests wait for the bucket, and others behind them: a bucket that does not answer is an error soon.
_PATIENCE = {"connect_timeout": 2, "read_timeout": 4, "retries": {"total_max_attempts": 2}}


class PublicFiles(S3Storage):
    """Files with names that never mean something else, so that caches may keep them for a year."""

    def __init__(self, **options: Any) -> None:
        headers = {"CacheControl": "public, max-age=31536000, immutable"}
        super().__init__(
            client_config=Config(**_PATIENCE), object_parameters=headers, querystring_auth=False, **options
        )
