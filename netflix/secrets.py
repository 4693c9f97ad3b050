"""Secrets that belong to one installation: made once, kept in its data folder, never in the repository."""

import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile


def installation_secret(data_dir: Path, name: str, *, length: int = 48) -> str:
    """The secret kept in `data_dir/secrets/name`, of `length` random bytes; only its owner may read the file.

    It is made at the first call. All who start at once get the same one: the file appears whole or not at all.
    """
    path = data_dir / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{name}.", delete=False) as file:  # its owner's alone
            file.write(secrets.token_urlsafe(length))
        draft = Path(file.name)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # somebody else was first; its secret is the one that counts
        finally:
            draft.unlink()
    return path.read_text()
