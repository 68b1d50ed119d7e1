"""gunicorn's threaded worker, with our way to stop listening and our way to say no."""

import json
import logging
import socket
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

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


class Worker(ThreadWorker):
    def set_accept_enabled(self, enabled: bool) -> None:
        """Who stops takes what the kernel has accepted for it, and closes its ear.

        gunicorn closes it only after the last answer: till then the kernel would go on accepting, for nobody.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def _accept_all(self, listener: socket.socket) -> None:
        before = -1
        while before != self.nr_conns:
            before = self.nr_conns
            self.accept(listener)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """The refusals of gunicorn itself, as a problem like any other. Its own are HTML, and quote what was sent."""
        status = status_of(exc)
        token = request_id.set(uuid4().hex)
        try:
            if status == 500:
                error_log.error("Error handling a request", exc_info=exc)
            access_log.info("request", extra={"fields": {"method": "other", "route": "unknown", "status": status}})
            util.write_nonblock(client, answer(status))
        except OSError as error:
            error_log.debug("The refusal was not sent: %s", type(error).__name__)
        finally:
            request_id.reset(token)


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
