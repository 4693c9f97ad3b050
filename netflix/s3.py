"""Files in a bucket of S3 or of a compatible service. Imported only where a bucket is set.

Keys come from where boto looks for them, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

# Short, because web requests wait for the bucket.
_TIMEOUTS = {"connect_timeout": 2, "read_timeout": 4, "retries": {"total_max_attempts": 1}}


@contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error


class S3WithTimeouts(S3Storage):
    """Gives up on a bucket that does not answer within seconds; boto alone would wait for minutes.

    Failed writes and deletions raise OSError, as in a folder.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(client_config=Config(**_TIMEOUTS), **options)

    def _save(self, name: str, content: Any) -> str:
        with _os_errors():
            saved: str = super()._save(name, content)
        return saved

    def delete(self, name: str) -> None:
        with _os_errors():
            super().delete(name)
