from typing import Any

from gunicorn import glogging


class Logger(glogging.Logger):
    """gunicorn's lines among all others, in their format."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True
