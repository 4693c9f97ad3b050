"""Secrets of one installation: generated once, stored in its data folder, never in the repository."""

import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile


def installation_secret(data_dir: Path, name: str, *, length: int = 48) -> str:
    """The secret in `data_dir/secrets/name`, of `length` random bytes; only its owner may read the file.

    The first call generates it. Concurrent first calls return the same secret, because the file is created atomically.
    """
    path = data_dir / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{name}.", delete=False) as file:
            file.write(secrets.token_urlsafe(length))
        draft = Path(file.name)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its secret is used
        finally:
            draft.unlink()
    return path.read_text()
