"""Log lines, one an event, each with the id of its request: pairs of `key=value` to read, or JSON to collect.

Nothing that a client wrote can end a line or start one: values are escaped to ASCII.
"""

import json
import logging
import re
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import TextIO

import orjson

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


# All that a record has, of one that says nothing, and nothing of this process and this thread.
_BLANK = {
    **vars(logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"})),
    **dict.fromkeys(("process", "processName", "thread", "threadName")),
}


def event(logger: logging.Logger, message: str, fields: dict[str, object]) -> None:
    """A line of level INFO, for those that are written by every request: nobody asks where in the code it was.

    `makeRecord` would look for the name of the file that it does not come from.
    """
    if not logger.isEnabledFor(logging.INFO):
        return
    if logging.getLogRecordFactory() is not logging.LogRecord:  # somebody has something to add
        record = logger.makeRecord(logger.name, logging.INFO, "", 0, message, (), None, extra={"fields": fields})
    else:
        record, now = logging.LogRecord.__new__(logging.LogRecord), time.time()
        milliseconds = now % 1 * 1000 // 1
        vars(record).update(_BLANK, name=logger.name, msg=message, created=now, msecs=milliseconds, fields=fields)
    logger.handle(record)


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes a line and is done with it; the standard one takes its lock a second time for that."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.stream.write(f"{self.format(record)}\n")
            self.stream.flush()
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"

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
        return {key: value for key, value in pairs.items() if value is not None and value != ""}


class JsonFormatter(_Formatter):
    """``logger.info("text", extra={"fields": {...}})`` as one object; a traceback is its `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        pairs = self.pairs(record)
        if record.exc_info:
            pairs["exception"] = self.formatException(record.exc_info)
        return _json(pairs)


def _json(pairs: dict[str, object]) -> str:
    """In ASCII: what is a line's end to somebody else must not be one here."""
    try:
        line = orjson.dumps(pairs, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:  # of text that is no UTF-8, and of numbers beyond 64 bits
        return json.dumps(pairs, default=str)
    return line.decode() if line.isascii() else json.dumps(pairs, default=str)


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
