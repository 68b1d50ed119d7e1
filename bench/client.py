"""JSON over HTTP, as a client of a system under measurement speaks it before and between the measurements."""

import http.client
import json
import time
from contextlib import closing
from typing import Any

from bench.database import PASSWORD, email

ITEMS = "/api/v1/items"
LOGIN = "/api/v1/users/login"


class Unexpected(Exception):
    """An answer that is not what everybody's should be."""


class Client:
    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None, *, timeout: float = 30) -> tuple[int, Any]:
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            raw = answer.read()
        return answer.status, json.loads(raw) if raw.strip() else None

    def expect(self, status: int, method: str, path: str, body: Any = None) -> Any:
        given, answer = self.ask(method, path, body)
        if given != status:
            raise Unexpected(f"{self.name}: {method} {path} is {given} instead of {status}: {str(answer)[:500]}")
        return answer

    def log_in(self, number: int = 0) -> None:
        """A real token, over HTTP, as anybody gets one."""
        self.token = ""
        answer = self.expect(200, "POST", LOGIN, {"email": email(number), "password": PASSWORD})
        # simplejwt's own view has a name of its own for it.
        self.token = answer.get("access_token") or answer["access"]

    def wait(self, *, patience: float = 30.0) -> None:
        """Until the first answer, whatever it says."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self.ask("GET", ITEMS)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise Unexpected(f"{self.name} does not answer.") from None
                time.sleep(0.005)
            else:
                return
