"""Secrets that belong to one installation: made once, kept in its data folder, never in the repository."""

import os
import secrets
from pathlib import Path


def installation_secret(data_dir: Path, name: str, *, length: int = 48) -> str:
    """The secret kept in `data_dir/secrets/name`, of `length` random bytes; only its owner may read the file.

    It is made at the first call. Processes that start at once get the same one: the file appears whole or not at all.
    """
    path = data_dir / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(length))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first; its secret is the one that counts
        finally:
            draft.unlink()
    return path.read_text()
