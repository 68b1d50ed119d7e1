"""The refresh cookie, as `REFRESH_COOKIE` in the settings describes it. No script in a page can read it.

A browser sends it with whatever any page asks for. So a request that uses or sets it is first asked for its origin.
"""

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from common.exceptions import Forbidden
from common.origins import is_foreign

# What a page can send anywhere without a script (HTML, 4.10.21); but for text/plain, which is what wsgiref says of a
# request that says nothing.
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def read_refresh_token(request: Request) -> str:
    return request.COOKIES.get(_cookie()["name"], "")


def set_refresh_token(response: HttpResponseBase, token: str) -> None:
    cookie = _cookie()
    response.set_cookie(
        cookie["name"],
        token,
        max_age=cookie["max_age"],
        path=cookie["path"],
        samesite=cookie["samesite"],
        secure=cookie["secure"],
        httponly=True,
    )


def clear_refresh_token(response: HttpResponseBase) -> None:
    cookie = _cookie()
    response.delete_cookie(cookie["name"], path=cookie["path"], samesite=cookie["samesite"])


def refuse_foreign_pages(request: Request) -> None:
    """For requests that a page could have made a browser send: those that nothing but the cookie speaks for."""
    if is_foreign(request._request):
        raise Forbidden("Pages of this origin may not use the refresh cookie.", code="origin_not_allowed")
    # No parser is asked about a form without fields.
    if request._request.content_type in FORMS:
        raise UnsupportedMediaType(request._request.content_type)


def _cookie() -> dict[str, Any]:
    return settings.REFRESH_COOKIE
