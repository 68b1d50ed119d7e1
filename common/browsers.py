"""Django's middleware for browsers, left out where a program calls the API: it has no cookies, and sees no messages.

A request to the API that brings an Authorization header is let in by that header or not at all, so there is nothing for
a session to say, and no page for a message.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.middleware import csrf
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    Middleware = MiddlewareMixin
else:
    Middleware = object


_API, _SIGN_IN = settings.API_PATH, settings.API_SIGN_IN_PATH


def is_from_program(request: HttpRequest) -> bool:
    path = request.path_info
    return "HTTP_AUTHORIZATION" in request.META and path.startswith(_API) and not path.startswith(_SIGN_IN)


class ForBrowsers(Middleware):
    """Mixed into a middleware: passes over what a program asks."""

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if is_from_program(request) else super().__call__(request)


class SessionMiddleware(ForBrowsers, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(ForBrowsers, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(ForBrowsers, messages.MessageMiddleware):
    pass


class CsrfViewMiddleware(ForBrowsers, csrf.CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, callback: Any, *args: Any) -> Any:
        return None if is_from_program(request) else super().process_view(request, callback, *args)
