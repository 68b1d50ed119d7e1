"""What every answer tells a browser: what a page may load, and who may keep a copy."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.response import ResponseHeaders

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# By their names in lower case, the name as it is written and the value.
Stored = dict[str, tuple[str, str]]

POLICY = "Content-Security-Policy"


def policy(**sources: str) -> str:
    """A Content-Security-Policy in which what is not named is forbidden: `policy(script_src="'self'")`."""
    directives = {"default_src": "'none'", "base_uri": "'none'", "form_action": "'none'", "frame_ancestors": "'none'"}
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in {**directives, **sources}.items())


# JSON is nothing that could be shown.
NOTHING = policy()
# Files of ours, and forms that go back to us. The hash is of the one style attribute in REST framework's base.html.
PAGE = policy(
    script_src="'self'",
    style_src="'self'",
    style_src_attr="'unsafe-hashes' 'sha256-OfgyIBrd+/vP79JdFMYP+re4T+fIenvkrHPD2HZ8/cs='",
    img_src="'self' data:",
    font_src="'self'",
    connect_src="'self'",
    form_action="'self'",
)
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# An answer is its reader's own, who asks with the ETag whether it still holds. A page is not even kept: it shows who is
# signed in, and would do so after they have left.
ASK_AGAIN, KEEP_NOTHING = "private, no-cache", "no-store"

BODILESS = (204, 304)


class Headers(ResponseHeaders):
    """Django's, which would look up each again when the server asks for all of them."""

    @classmethod
    def of(cls, stored: Stored) -> "Headers":
        """As Django keeps them: it would check each anew, for a microsecond and a half."""
        found = cls.__new__(cls)
        found._store = stored
        return found

    def items(self) -> Any:
        return self._store.values()


class Constants:
    """Headers that are the same for every answer, for whichever does not have its own."""

    __slots__ = ("_stored",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._stored = {name.lower(): (name, value) for name, value in headers.items()}

    def add_to(self, response: HttpResponseBase) -> None:
        given: Any = response.headers
        response.headers = Headers.of(self._stored | given._store)


_PAGES = Constants({POLICY: PAGE, "Permissions-Policy": FEATURES, "Cache-Control": KEEP_NOTHING})
_OTHERS = Constants({POLICY: NOTHING, "Cache-Control": ASK_AGAIN})


def put(response: HttpResponseBase, name: str, value: str) -> None:
    """A header whose value is of our own making: ASCII, and one line. Django would look first, for a microsecond."""
    headers: Any = response.headers
    headers._store[name.lower()] = (name, value)


def told(response: HttpResponseBase, name: str) -> str | None:
    """What a header says, if it is there. Django would find by an exception that it is not."""
    headers: Any = response.headers
    found = headers._store.get(name.lower())
    return found[1] if found else None


def vary(response: HttpResponseBase, name: str) -> None:
    """Django's `patch_vary_headers`, of which an answer needs several: it takes them all apart each time."""
    put(response, "Vary", _varying(told(response, "Vary"), name))


@lru_cache(maxsize=256)
def _varying(by: str | None, name: str) -> str:
    if by is None:
        return name
    return by if by == "*" or name.lower() in by.lower().replace(" ", "").split(",") else f"{by}, {name}"


class HeadersMiddleware:
    """A view that knows better has set its own.

    Constants, at 2 µs an answer: django-csp puts the same header together anew each time, for 36.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        if response.status_code in BODILESS:
            # RFC 9110, 8.6: none with a 204; with a 304 that of the body which is not sent.
            headers.pop("Content-Length", None)
        if (told(response, "Content-Type") or "").startswith("text/html"):
            if settings.DEBUG and response.status_code == 500:
                return response  # Django's page of a traceback has its scripts inside
            _PAGES.add_to(response)
        else:
            _OTHERS.add_to(response)
        return response
