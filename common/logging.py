"""Log lines, one an event, each with the id of its request: pairs of `key=value` to read, or JSON to collect.

Nothing that a client wrote can end a line or start one: values are escaped to ASCII.
"""

import json
import logging
import re
import time
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
# Of the trace that the request is a part of (W3C Trace Context), if it said so.
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

_PLAIN = re.compile(r"[A-Za-z0-9_.:/<>@+-]+")


class RequestIdFilter(logging.Filter):
    """Gives every record the id of the request that it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.trace_id = trace_id.get()
        return True


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def pairs(self, record: logging.LogRecord) -> dict[str, object]:
        pairs = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": getattr(record, "request_id", ""),
            "trace_id": getattr(record, "trace_id", ""),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return {key: value for key, value in pairs.items() if value not in ("", None)}


class JsonFormatter(_Formatter):
    """``logger.info("text", extra={"fields": {...}})`` as one object; a traceback is its `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        pairs = self.pairs(record)
        if record.exc_info:
            pairs["exception"] = self.formatException(record.exc_info)
        return json.dumps(pairs, default=str)


class LineFormatter(_Formatter):
    """The same as one line; a traceback follows it, indented."""

    def format(self, record: logging.LogRecord) -> str:
        line = " ".join(f"{key}={_escaped(value)}" for key, value in self.pairs(record).items())
        return line + self._traceback(record)

    def _traceback(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return ""
        lines = self.formatException(record.exc_info).splitlines()
        return "".join(f"\n    {line.encode('unicode_escape').decode()}" for line in lines)


def _escaped(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
