"""Connections on which something is waited for, and the threads that wait."""

import os
import select
from contextlib import suppress
from typing import Any

_ONCE = select.EPOLLIN | select.EPOLLONESHOT


class Waiting:
    """The kernel wakes one thread for each connection that has something to read: nobody hands it on.

    Whoever `take`s a connection off has it alone, until it is to `wait` again. Another thread may have been told of it
    meanwhile, or of one that had its number before it: what it takes may have nothing to read.
    """

    def __init__(self) -> None:
        self.over = False
        self._epoll = select.epoll()
        self._known: dict[int, Any] = {}
        self._untaken: dict[Any, bool] = {}
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC | os.EFD_SEMAPHORE)
        self._epoll.register(self._bell, select.EPOLLIN)

    def wait(self, conn: Any) -> None:
        # In this order: whoever is told of it must be able to take it.
        self._untaken[conn] = True
        if conn.fd in self._known:
            self._epoll.modify(conn.fd, _ONCE)
        else:
            self._known[conn.fd] = conn
            self._epoll.register(conn.fd, _ONCE)

    def take(self, conn: Any) -> bool:
        return self._untaken.pop(conn, False)

    def ready(self, timeout: float | None) -> Any:
        """A connection that is taken off now; None after the time, or when the bell was rung."""
        for fd, _ in self._epoll.poll(timeout, 1):
            if fd == self._bell:
                self._silence()
            elif (conn := self._known.get(fd)) and self.take(conn):
                return conn
        return None

    def forget(self, conn: Any) -> None:
        """Before it is closed: then its number may be another's."""
        self._known.pop(conn.fd, None)

    def ring(self) -> None:
        """Wakes a thread for something else."""
        os.eventfd_write(self._bell, 1)

    def end(self) -> None:
        """Wakes them all, for good."""
        self.over = True
        self.ring()

    def _silence(self) -> None:
        if not self.over:
            with suppress(BlockingIOError):  # another thread has heard it first
                os.eventfd_read(self._bell)
