"""What gunicorn refuses itself, as a problem like any other."""

import json
import logging
import socket
from http import HTTPStatus
from uuid import uuid4

from gunicorn import util
from gunicorn.http import errors

from common.logging import request_id

# What is no HTTP at all is 400.
STATUS_OF = {
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.LimitRequestLine: 414,
    errors.UnsupportedTransferCoding: 501,
}
# These are about an answer of ours, whatever they inherit from.
OUR_FAULT = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)

access_log = logging.getLogger("access")
error_log = logging.getLogger("gunicorn.error")


def refuse(client: socket.socket, status: int, exc: BaseException | None = None) -> None:
    token = request_id.set(uuid4().hex)
    try:
        if status == 500:
            error_log.error("Error handling a request", exc_info=exc)
        access_log.info("request", extra={"fields": {"method": "other", "route": "unknown", "status": status}})
        send(client, answer(status))
    finally:
        request_id.reset(token)


def send(client: socket.socket, data: bytes) -> None:
    """What is short, and not worth waiting for."""
    try:
        util.write_nonblock(client, data)
    except OSError as error:
        error_log.debug("The refusal was not sent: %s", type(error).__name__)


def status_of(exc: BaseException) -> int:
    if not isinstance(exc, errors.ParseException) or isinstance(exc, OUR_FAULT):
        return 500
    return next((status for kind, status in STATUS_OF.items() if isinstance(exc, kind)), 400)


def answer(status: int) -> bytes:
    # Not at the top: gunicorn loads its worker before the settings.
    from common.api.errors import CONTENT_TYPE, problem

    body = json.dumps(problem(status)).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Connection: close",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(body)}",
        f"X-Request-ID: {request_id.get()}",
        "X-Content-Type-Options: nosniff",
    )
    return "\r\n".join((*head, "", "")).encode() + body
