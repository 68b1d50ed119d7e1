"""gunicorn's threaded worker, which reads requests itself, stops listening in our way and says no in our voice."""

import json
import logging
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from gunicorn import http, util
from gunicorn.errors import ConfigError
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from common.logging import request_id
from config.serving.arrival import Arrival

# What is no HTTP at all is 400.
STATUS_OF = {
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.LimitRequestLine: 414,
    errors.UnsupportedTransferCoding: 501,
}
# These are about an answer of ours, whatever they inherit from.
OUR_FAULT = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)

RECEIVED_AT_ONCE = 256 * 1024
# Of all requests that are coming in or being answered, in each worker.
MAX_HELD = 64 * 1024 * 1024
# For whoever is still sending to read the answer first (RFC 9112, 9.6).
LINGER = 2.0

access_log = logging.getLogger("access")
error_log = logging.getLogger("gunicorn.error")


class Worker(ThreadWorker):
    """A thread gets a request once all of it is there; until then the loop keeps it, and a slow one costs no thread.

    gunicorn gives a connection a thread with its first byte, which then waits for the others without end.
    """

    poller: Any
    read_timeout = 30  # seconds for a whole request, from its first byte, and for its answer to be taken

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each with when its time is over; that is the order they came in.
        self.arriving: dict[Any, float] = {}
        self.leaving: dict[Any, float] = {}
        self.held = 0

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl or cfg.proxy_protocol != "off" or cfg.http2_cleartext != "off":
            raise ConfigError("TLS, HTTP/2 and the PROXY protocol end before gunicorn: it is asked by HTTP/1.1.")

    # Requests

    def enqueue_req(self, conn: Any) -> None:
        """A new connection waits for its first request as an old one for its next."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self._listen(conn, self.on_client_socket_readable)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._begin(conn)
        self._receive(conn, client)

    def _begin(self, conn: Any) -> None:
        from common.api.parsers import MAX_DISCARD

        line, fields, field = (
            self.cfg.limit_request_line,
            self.cfg.limit_request_fields,
            self.cfg.limit_request_field_size,
        )
        # With what frames the chunks.
        conn.arrival = Arrival(line=line, head=line + fields * (field + 2), body=MAX_DISCARD + RECEIVED_AT_ONCE)
        self.arriving[conn] = time.monotonic() + self.read_timeout
        self._listen(conn, self._receive)

    def _receive(self, conn: Any, client: socket.socket) -> None:
        try:
            data = client.recv(RECEIVED_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
            conn.arrival.data.clear()
        if data:
            self._take(conn, data)
        elif conn.arrival.data:
            # Sent half of it and closed: whoever reads it finds out.
            self._hand_over(conn)
        else:
            self._drop(conn)

    def _take(self, conn: Any, data: bytes) -> None:
        arrival = conn.arrival
        arrival.add(data)
        self.held += len(data)
        if arrival.over:
            self._hand_over(conn)
            return
        if arrival.waits_for_continue:
            arrival.waits_for_continue = False
            self._send(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        while self.held > MAX_HELD and self.arriving:
            self._give_up(next(iter(self.arriving)))

    def _hand_over(self, conn: Any) -> None:
        self._forget(conn)
        conn.parser = http.get_parser(self.cfg, conn.arrival.pieces(), conn.client)
        conn.initialized = True
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """In a thread."""
        if not conn.arrival.whole:
            req.force_close()
        req._expected_100_continue = False  # it has been said
        conn.sock.settimeout(self.read_timeout)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            error_log.debug("The answer was not taken in time")
            return False

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        return bool(keepalive) and conn.arrival.whole and bool(conn.parser.finish_body())

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        rest = conn.arrival.rest()
        self._release(conn)
        if fs.cancelled() or fs.exception() or not fs.result():
            self._leave(conn)
        elif rest:
            conn.sock.setblocking(False)
            self._begin(conn)
            self._take(conn, rest)
        else:
            super().finish_request(conn, fs)

    # Ends

    def murder_pending(self) -> None:
        now = time.monotonic()
        while self.arriving and next(iter(self.arriving.values())) <= now:
            self._give_up(next(iter(self.arriving)))
        while self.leaving and next(iter(self.leaving.values())) <= now:
            self._drop(next(iter(self.leaving)))

    def _give_up(self, conn: Any) -> None:
        self._forget(conn)
        self._release(conn)
        self._refuse(conn.sock, 408)
        self._leave(conn)

    def _leave(self, conn: Any) -> None:
        """Not by gunicorn's `close_graceful`: in that the loop would wait for the client, and everybody with it."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self.leaving[conn] = time.monotonic() + LINGER
            self._listen(conn, self._discard)

    def _discard(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(RECEIVED_AT_ONCE):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            error_log.debug("The connection broke off: %s", type(error).__name__)
        self._drop(conn)

    def _drop(self, conn: Any) -> None:
        self._forget(conn)
        self._release(conn)
        self.nr_conns -= 1
        conn.close()

    def _listen(self, conn: Any, callback: Any) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _forget(self, conn: Any) -> None:
        if self.arriving.pop(conn, None) or self.leaving.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _release(self, conn: Any) -> None:
        self.held -= len(conn.arrival.data)
        conn.arrival.data = bytearray()

    # Stopping

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

    # Refusals

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """The refusals of gunicorn itself, as a problem like any other. Its own are HTML, and quote what was sent."""
        self._refuse(client, status_of(exc), exc)

    def _refuse(self, client: socket.socket, status: int, exc: BaseException | None = None) -> None:
        token = request_id.set(uuid4().hex)
        try:
            if status == 500:
                error_log.error("Error handling a request", exc_info=exc)
            access_log.info("request", extra={"fields": {"method": "other", "route": "unknown", "status": status}})
            self._send(client, answer(status))
        finally:
            request_id.reset(token)

    def _send(self, client: socket.socket, data: bytes) -> None:
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
