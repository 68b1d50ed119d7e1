"""Where the secret key comes from, and which ones production does not take."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.management.utils import get_random_secret_key

MIN_LENGTH = 50
MIN_DISTINCT = 10
PLACEHOLDERS = ("django-insecure", "supersecret", "changeme", "change-me", "replace-me", "your-secret", "example")


def shared_secret_key(path: Path) -> str:
    """The secret kept at ``path``, made by whichever process asks first and read by all the others."""
    if not path.exists():
        _publish(get_random_secret_key(), path)
    return path.read_text().strip()


def _publish(secret: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as draft:  # made with mode 600
        draft.write(secret)
        draft.flush()
        # A link appears whole and never replaces: of processes that race here, one wins and the others read its key.
        with suppress(FileExistsError):
            os.link(draft.name, path)


def weakness(secret: str) -> str:
    """What is wrong with ``secret``, as the end of a sentence; empty when nothing is."""
    if not secret:
        return "is not set"
    if any(word in secret.lower() for word in PLACEHOLDERS):
        return "is a well-known placeholder"
    if len(secret) < MIN_LENGTH:
        return f"is shorter than {MIN_LENGTH} characters"
    if len(set(secret)) < MIN_DISTINCT:
        return f"has fewer than {MIN_DISTINCT} different characters"
    return ""
