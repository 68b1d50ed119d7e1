"""gunicorn's threaded worker, which stops listening in our way and says no in our voice."""

import logging
import socket
from datetime import datetime
from typing import Any

from gunicorn.errors import ConfigError
from gunicorn.http import errors, get_parser, wsgi

from config.serving.reading import ReadingWorker
from config.serving.refusals import refuse, status_of
from config.serving.responses import Response

error_log = logging.getLogger("gunicorn.error")


class Worker(ReadingWorker):
    """By HTTP/1.1 and plain TCP; a request is read by gunicorn's parser where ours is not sure of it."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl or cfg.proxy_protocol != "off" or cfg.http2_cleartext != "off":
            raise ConfigError("TLS, HTTP/2 and the PROXY protocol end before gunicorn: it is asked by HTTP/1.1.")

    def handle(self, conn: Any) -> bool:
        """In a thread. Whether the connection is kept."""
        request = response = None
        try:
            request, response, environ = self._read(conn)
            if not (conn.arrival.whole and self._keeps()):
                response.force_close()
            self._count()
            self._respond(request, response, environ)
            return not response.should_close() and (conn.parser is None or bool(conn.parser.finish_body()))
        except (errors.NoMoreData, StopIteration, ConnectionError, TimeoutError) as error:
            error_log.debug("The connection broke off: %s", type(error).__name__)
        except Exception as error:
            if response and response.headers_sent:
                error_log.exception("Error in the middle of an answer")
            else:
                self.handle_error(request, conn.sock, conn.client, error)
        return False

    def _read(self, conn: Any) -> tuple[Any, Response, dict[str, Any]]:
        if plain := self.plain.read(conn.arrival, conn.environ):
            request, environ = plain
            conn.parser = None
            return request, Response(request, conn.sock, self.cfg, self.read_timeout), environ
        conn.parser = get_parser(self.cfg, conn.arrival.pieces(), conn.client)
        request = next(conn.parser)
        request._expected_100_continue = False  # it has been said
        response, environ = wsgi.create(
            *(request, conn.sock, conn.client, conn.server, self.cfg, Response, (self.read_timeout,))
        )
        return request, response, environ | {"wsgi.multithread": True}

    def _respond(self, request: Any, response: Response, environ: dict[str, Any]) -> None:
        began = datetime.now()
        body = self.wsgi(environ, response.start_response)
        try:
            if isinstance(body, wsgi.FileWrapper):
                response.write_file(body)
            else:
                for piece in body:
                    response.write(piece)
            response.close()
        finally:
            self.log.access(response, request, environ, datetime.now() - began)
            if hasattr(body, "close"):
                body.close()

    def _keeps(self) -> bool:
        return self.alive and self.cfg.keepalive > 0 and len(self.idle) < self.max_keepalived

    def _count(self) -> None:
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False

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

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """The refusals of gunicorn itself, as a problem like any other. Its own are HTML, and quote what was sent."""
        refuse(client, status_of(exc), exc)
