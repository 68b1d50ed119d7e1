"""The refresh cookie, as `REFRESH_COOKIE` in the settings describes it. No script in a page can read it."""

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request


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


def _cookie() -> dict[str, Any]:
    return settings.REFRESH_COOKIE
