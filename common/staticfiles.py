"""Where static files come from, and what they are called once they are collected."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

PACKAGE = "offapi"
SCRIPT = "scalar.js"


class CollectedStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, for browsers to keep for ever.

    What is not collected keeps its own name, under which WhiteNoise serves it from its package: a process that was
    started without `collectstatic`, or before the one of a new version, is slower and not broken.
    """

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


class PackagedStorage(FileSystemStorage):
    """Where the package of Scalar's script lies. `prefix` is the folder that its files are served in."""

    prefix = PACKAGE

    def __init__(self) -> None:
        # Not imported: that would read 9 MB of scripts into memory.
        spec = find_spec(PACKAGE)
        assert spec is not None
        assert spec.origin is not None
        super().__init__(location=Path(spec.origin).parent)


class ScalarFinder(BaseFinder):
    """Finds Scalar's script, and nothing else of what the package carries."""

    def __init__(self) -> None:
        self.storage = PackagedStorage()

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(SCRIPT)] if path == f"{PACKAGE}/{SCRIPT}" else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        yield SCRIPT, self.storage
