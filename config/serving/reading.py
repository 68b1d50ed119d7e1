"""How gunicorn's threads come to their requests: they read them themselves."""

import logging
import socket
import time
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from config.serving.arrival import Arrival
from config.serving.plain import Plain
from config.serving.refusals import refuse, send
from config.serving.waiting import Waiting

# Most requests come in one piece, and a buffer is paid for by its size.
RECEIVED_FIRST = 16 * 1024
RECEIVED_AT_ONCE = 256 * 1024
# Of all requests that are coming in or being answered, in each worker.
MAX_HELD = 64 * 1024 * 1024
# For whoever is still sending to read the answer first (RFC 9112, 9.6), and for whoever is kept when the worker stops.
LINGER = 2.0

error_log = logging.getLogger("gunicorn.error")


class ReadingWorker(ThreadWorker):
    """A thread gives itself to a request once all of it is there; a slow one is put back each time, and costs none.

    gunicorn gives a connection a thread with its first byte, which then waits for the others without end; and a loop
    gives and takes back each request. Here the loop accepts, and looks at the clock.
    """

    tpool: Any
    read_timeout = 30  # seconds for a whole request, from its first byte, and for its answer to be taken

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each with when its time is over; that is the order they came in.
        self.idle: dict[Any, float] = {}
        self.arriving: dict[Any, float] = {}
        self.leaving: dict[Any, float] = {}
        self.whole: deque[Any] = deque()
        self.answering: dict[Any, bool] = {}
        self.held = 0
        self.holding = Lock()

    def run(self) -> None:
        self._open()
        for _ in range(self.cfg.threads):
            self._employ()
        try:
            super().run()
        finally:
            self.waiting.end()

    def _open(self) -> None:
        """What a process has for itself, after the fork."""
        # Not at the top: gunicorn loads its worker before the settings.
        from common.api.parsers import MAX_DISCARD

        line, fields, field = (
            self.cfg.limit_request_line,
            self.cfg.limit_request_fields,
            self.cfg.limit_request_field_size,
        )
        # With what frames the chunks.
        body = MAX_DISCARD + RECEIVED_AT_ONCE
        self.limits = {"line": line, "head": line + fields * (field + 2), "body": body}
        self.plain = Plain(self.cfg)
        self.waiting = Waiting()

    # The threads

    def _employ(self, ended: Any = None) -> None:
        """One that an error has ended begins again."""
        if ended and (error := ended.exception()):
            error_log.error("Error in a thread", exc_info=error)
        with suppress(RuntimeError):  # the pool is shut down
            if not self.waiting.over:
                self.tpool.submit(self._work).add_done_callback(self._employ)

    def _work(self) -> None:
        while not self.waiting.over:
            # By turns, so that who sends requests without waiting for answers keeps nobody out.
            if conn := self.waiting.ready(0 if self.whole else None):
                self._receive(conn)
            if self.whole:
                self._answer_next()

    def _answer_next(self) -> None:
        try:
            conn = self.whole.popleft()
        except IndexError:  # another thread was quicker
            return
        kept = False
        self.answering[conn] = True
        try:
            kept = self.handle(conn)
        finally:
            del self.answering[conn]
            self._answered(conn, kept)

    def _answered(self, conn: Any, kept: bool) -> None:
        rest = conn.arrival.rest()
        self._release(conn)
        if not kept:
            self._leave(conn)
            return
        if conn.sock.gettimeout():  # the answer had to wait for room
            conn.sock.setblocking(False)
        if rest:
            self._take(conn, rest)
        else:
            self._keep(conn)

    # Requests

    def enqueue_req(self, conn: Any) -> None:
        """A new connection waits for its first request as an old one for its next."""
        conn.fd = conn.sock.fileno()
        conn.arrival = None
        conn.environ = self.plain.connected(conn.client, conn.server)
        self._keep(conn)

    def _keep(self, conn: Any) -> None:
        self.idle[conn] = time.monotonic() + (self.cfg.keepalive if self.alive else min(self.cfg.keepalive, LINGER))
        self.waiting.wait(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout if self.alive else min(timeout, LINGER / 10))
        # While every thread answers, nobody else reads. There is an end to it: the loop has more to do.
        for _ in range(self.worker_connections):
            if len(self.answering) < self.cfg.threads or not (conn := self.waiting.ready(0)):
                break
            self._receive(conn)
        if self.whole:
            self.waiting.ring()

    def _receive(self, conn: Any) -> None:
        try:
            data = conn.sock.recv(RECEIVED_AT_ONCE if conn.arrival else RECEIVED_FIRST)
        except (BlockingIOError, InterruptedError):
            self.waiting.wait(conn)
        except OSError as error:
            error_log.debug("The connection broke off: %s", type(error).__name__)
            self._drop(conn)
        else:
            if conn in self.leaving:
                self._discard(conn, data)
            elif data:
                self.idle.pop(conn, None)
                self._take(conn, data)
            elif conn.arrival:
                # Sent half of it and closed: whoever reads it finds out.
                self._hand_over(conn)
            else:
                self._drop(conn)

    def _take(self, conn: Any, data: bytes) -> None:
        if not conn.arrival:
            conn.arrival = Arrival(**self.limits)
        conn.arrival.add(data)
        self._hold(len(data))
        if conn.arrival.over:
            self._hand_over(conn)
            return
        if conn.arrival.waits_for_continue:
            conn.arrival.waits_for_continue = False
            send(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        now = time.monotonic()
        if self.arriving.setdefault(conn, now + self.read_timeout) <= now:
            self._give_up(conn)
            return
        self.waiting.wait(conn)
        if self.held > MAX_HELD:
            self._make_room()

    def _hand_over(self, conn: Any) -> None:
        self.arriving.pop(conn, None)
        self.whole.append(conn)

    def _make_room(self) -> None:
        for conn in list(self.arriving):
            if self.held > MAX_HELD and self.waiting.take(conn):
                self._give_up(conn)

    def _hold(self, size: int) -> None:
        with self.holding:
            self.held += size

    def _release(self, conn: Any) -> None:
        if conn.arrival:
            self._hold(-len(conn.arrival.data))
            conn.arrival = None

    # Ends

    def murder_keepalived(self, force: bool = False) -> None:
        now = time.monotonic()
        for conn, until in list(self.idle.items()):
            if (force or (until <= now and not has_sent(conn.sock))) and self.waiting.take(conn):
                self._drop(conn)

    def murder_pending(self) -> None:
        now = time.monotonic()
        for conn, until in list(self.arriving.items()):
            if until <= now and self.waiting.take(conn):
                self._give_up(conn)
        for conn, until in list(self.leaving.items()):
            if until <= now and self.waiting.take(conn):
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in list(self.idle):
            if self.waiting.take(conn):
                self.idle[conn] = min(self.idle[conn], deadline)
                self.waiting.wait(conn)

    def _give_up(self, conn: Any) -> None:
        self.arriving.pop(conn, None)
        self._release(conn)
        refuse(conn.sock, 408)
        self._leave(conn)

    def _leave(self, conn: Any) -> None:
        """Not by gunicorn's `close_graceful`: in that a thread would wait for the client."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self.leaving[conn] = time.monotonic() + LINGER
            self.waiting.wait(conn)

    def _discard(self, conn: Any, data: bytes) -> None:
        if data and time.monotonic() < self.leaving[conn]:
            self.waiting.wait(conn)
        else:
            self._drop(conn)

    def _drop(self, conn: Any) -> None:
        for group in (self.idle, self.arriving, self.leaving):
            group.pop(conn, None)
        self._release(conn)
        self.waiting.forget(conn)
        conn.close()
        # The loop counts them, and may be waiting for one less.
        self.method_queue.defer(self._uncount)

    def _uncount(self) -> None:
        self.nr_conns -= 1


def has_sent(client: socket.socket) -> bool:
    """Whether there is something that nobody has read yet."""
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
