"""Our way in answers as Django's does, whatever a server says of a request."""

import functools
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults

import pytest
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse
from django.urls import get_script_prefix, get_urlconf, path, reverse, set_script_prefix, set_urlconf

from common import handler
from common.chores import close_what_is_old
from common.handler import Handler, PlainRequest, is_plain

PLAIN = (
    {},
    {"PATH_INFO": "//items/"},
    {"PATH_INFO": "/api/v1/items"},
    {"PATH_INFO": "/api/v1/items/"},
    {"PATH_INFO": "/api/v1/items/7"},
    {"PATH_INFO": "/api/v1/items/count"},
    {"PATH_INFO": "/api/v1/nothing"},
    {"PATH_INFO": "/api/v1"},
    {"PATH_INFO": "/health"},
    {"PATH_INFO": "/a b%2F%"},
    {"QUERY_STRING": "a=1&a=%C3%A9", "SCRIPT_NAME": ""},
    {"REQUEST_METHOD": "options", "HTTP_COOKIE": "a=1"},
    {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "7", "body": b'{"a":1}'},
    {"CONTENT_TYPE": "application/json; charset=latin-1", "CONTENT_LENGTH": "7", "body": b'{"a":1}'},
    {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "3", "body": b"a=1"},
    {"CONTENT_TYPE": "text/plain; charset=utf-16", "CONTENT_LENGTH": "4", "body": b"abc"},
    {"CONTENT_TYPE": "text/plain; charset=nobodys", "CONTENT_LENGTH": "2", "body": b"abc"},
    {"CONTENT_TYPE": "x; ;;", "CONTENT_LENGTH": "", "body": b"abc"},
    *(
        {"CONTENT_LENGTH": length, "body": b"abcdefgh"}
        for length in ("0", "-3", "+3", " 3 ", "x", "\u0663", "9", "1e1")
    ),
    {"CONTENT_LENGTH": "30", "body": b"a" * 30},
)
OTHERS = (
    {"PATH_INFO": ""},
    {"PATH_INFO": "*"},
    {"PATH_INFO": "http://example.com/"},
    {"PATH_INFO": "/caf\xc3\xa9"},
    {"PATH_INFO": "/\xff"},
    {"SCRIPT_NAME": "/shop"},
    {"SCRIPT_URL": "/shop/health", "PATH_INFO": "/health"},
    {"REDIRECT_URL": "/shop//health", "PATH_INFO": "/health"},
)


@pytest.fixture(autouse=True)
def _as_it_was():
    """A thread keeps the prefix of its last request."""
    yield
    handler._is_elsewhere.set(False)
    set_script_prefix("/")
    set_urlconf(None)


def environ(given):
    made = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REQUEST_ID": "same", **given}
    made["wsgi.input"] = BytesIO(made.pop("body", b""))
    setup_testing_defaults(made)
    if "PATH_INFO" not in given:
        made["PATH_INFO"] = "/"
    if "SCRIPT_NAME" not in given:
        made.pop("SCRIPT_NAME", None)
    return {**made, "HTTP_HOST": "testserver", "SERVER_NAME": "testserver"}


def tried(ask):
    try:
        return ask()
    except Exception as error:
        return type(error), str(error)


def described(request):
    names = ("path", "path_info", "method", "content_type", "content_params", "encoding", "resolver_match", "scheme")
    said = {name: getattr(request, name) for name in names}
    meta = {name: value for name, value in request.META.items() if not name.startswith("wsgi.")}
    return said, meta, request.get_full_path(), request.GET, request.COOKIES


@pytest.mark.parametrize("given", PLAIN)
def test_a_plain_request_is_django_s(given):
    assert is_plain(environ(given))
    assert described(PlainRequest(environ(given))) == described(WSGIRequest(environ(given)))


def bodies(kind, given):
    """What is read of it, by whoever comes first and by who asks again."""
    orders = ("body", "body"), ("body", "read", "read"), ("read", "body"), ("POST", "body"), ("body", "POST"), ("line",)
    asked = {
        "body": lambda request: request.body,
        "read": lambda request: request.read(2),
        "line": lambda request: request.readline(),
        "POST": lambda request: request.POST.dict(),
    }
    for order in orders:
        request = kind(environ({"REQUEST_METHOD": "POST", **given}))
        yield [tried(functools.partial(asked[name], request)) for name in order]


@pytest.mark.parametrize("most", [None, 20, 2_000])
@pytest.mark.parametrize("given", PLAIN)
def test_so_is_its_body(settings, given, most):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = most
    assert list(bodies(PlainRequest, given)) == list(bodies(WSGIRequest, given))


def test_a_body_that_was_put_there_is_read(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    request = PlainRequest(environ({"CONTENT_LENGTH": "0", "body": b"of the server"}))
    request._stream = BytesIO(b"of a middleware"[:10])
    assert request.body == b"of a middl"


def test_a_client_that_goes_away_while_it_sends():
    class Gone(BytesIO):
        def read(self, *args):
            raise ConnectionResetError("gone")

    found = [
        tried(lambda kind=kind: kind({**environ({"CONTENT_LENGTH": "3"}), "wsgi.input": Gone()}).body)
        for kind in (PlainRequest, WSGIRequest)
    ]
    assert found[0] == found[1]
    assert found[0][0].__name__ == "UnreadablePostError"


def asked(application, given):
    """What a server gets to send."""
    told = []
    body = application(environ(given), lambda status, headers: told.append((status, sorted(headers))))
    sent = b"".join(body)
    body.close()
    return told, sent


@pytest.fixture
def ways(transactional_db):
    """Ours and Django's, each made with the settings of the test."""
    return Handler, WSGIHandler


@pytest.mark.parametrize("given", [*PLAIN, *OTHERS])
def test_both_answer_alike(ways, settings, given):
    settings.THROTTLES = False
    ours, theirs = (asked(way(), given) for way in ways)
    assert ours == theirs


@pytest.mark.parametrize("given", OTHERS)
def test_what_is_out_of_the_ordinary_goes_django_s_way(given):
    assert not is_plain(environ(given))


@pytest.mark.parametrize("forced", [None, "/forced"])
def test_under_a_prefix_and_then_under_none(ways, settings, forced):
    settings.ROOT_URLCONF, settings.MIDDLEWARE, settings.FORCE_SCRIPT_NAME = __name__, [], forced
    application = ways[0]()
    for prefix in ("", "/shop", "", "", "/other", ""):
        _, body = asked(application, {"SCRIPT_NAME": prefix, "PATH_INFO": "/where"})
        assert body.decode() == f"{forced or prefix}/where"
    assert get_script_prefix() == (f"{forced}/" if forced else "/")


class ElsewhereMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info == "/elsewhere":
            request.urlconf = (path("elsewhere", lambda request: HttpResponse("there")),)
        return self.get_response(request)


def test_a_urlconf_that_a_middleware_chose_is_forgotten_after_the_request(ways, settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.ElsewhereMiddleware"]
    application = ways[0]()
    assert asked(application, {"PATH_INFO": "/where"})[1] == b"/where"
    assert asked(application, {"PATH_INFO": "/elsewhere"})[1] == b"there"
    assert get_urlconf() is None
    assert asked(application, {"PATH_INFO": "/where"})[1] == b"/where"


def test_a_file_is_left_to_the_server_and_closed_by_it(ways, settings):
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    finished = []
    request_finished.connect(lambda **kwargs: finished.append(1), weak=False, dispatch_uid=__name__)
    try:
        for way in ways:
            served = way()({**environ({"PATH_INFO": "/file"}), "wsgi.file_wrapper": FileWrapper}, lambda *told: None)
            assert type(served) is FileWrapper
            assert b"".join(served) == b"kept"
            served.close()
    finally:
        request_finished.disconnect(dispatch_uid=__name__)
    assert finished == [1, 1]


def test_cookies(ways, settings):
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    ours, theirs = (asked(way(), {"PATH_INFO": "/cookies"}) for way in ways)
    assert ours == theirs
    assert [name for name, _ in ours[0][0][1]].count("Set-Cookie") == 2


def test_whoever_listens_hears_of_the_beginning_and_of_the_end(ways, settings):
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    heard: list[Any] = []

    def begins(sender, environ, **kwargs):
        heard.append((sender, environ["PATH_INFO"]))

    def ends(sender, **kwargs):
        heard.append(sender)

    request_started.connect(begins)
    request_finished.connect(ends)
    for way in ways:
        asked(way(), {"PATH_INFO": "/where"})
    assert heard == [(Handler, "/where"), Handler, (WSGIHandler, "/where"), WSGIHandler]


def test_files_that_were_sent_are_closed_with_the_request(ways, settings):
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nkept\r\n--x--\r\n'
    sent = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": len(body)}
    for way in ways:
        uploaded.clear()
        assert asked(way(), {**sent, "PATH_INFO": "/upload", "body": body})[1] == b"kept"
        assert [file.closed for file in uploaded] == [True]


@pytest.mark.parametrize("path_info", ["/broken", "/none", "/nowhere"])
def test_mistakes_are_logged_and_answered_alike(ways, settings, caplog, path_info):
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    caplog.set_level("WARNING", "django.request")
    said = []
    for way in ways:
        caplog.clear()
        said.append((asked(way(), {"PATH_INFO": path_info}), [record.getMessage() for record in caplog.records]))
    assert said[0] == said[1]
    assert said[0][1]


@pytest.fixture
def signals_as_they_are():
    yield
    request_finished.disconnect(close_what_is_old)
    request_finished.connect(close_old_connections)


def test_it_is_django_s_where_somebody_looks_over_its_shoulder(signals_as_they_are, monkeypatch):
    assert type(handler.application()) is Handler
    receivers = request_finished._live_receivers(None)[0]
    assert close_what_is_old in receivers
    assert close_old_connections not in receivers
    original = BaseHandler.get_response

    @functools.wraps(original)
    def watched(self, request):
        return original(self, request)

    monkeypatch.setattr(BaseHandler, "get_response", watched)
    assert type(handler.application()) is WSGIHandler


def where(request):
    return HttpResponse(reverse("where"))


def cookies(request):
    response = HttpResponse("")
    response.set_cookie("a", "1", httponly=True)
    response.set_cookie("b", "2", max_age=60, samesite="Lax", expires=None)
    for cookie in response.cookies.values():
        cookie["expires"] = ""
    return response


def broken(request):
    raise RuntimeError("broken")


uploaded: list[Any] = []


def upload(request):
    uploaded.append(request.FILES["file"])
    return HttpResponse(uploaded[0].read())


def nothing(request) -> Any:
    return None


urlpatterns = [
    path("where", where, name="where"),
    path("cookies", cookies),
    path("broken", broken),
    path("none", nothing),
    path("upload", upload),
    path("file", lambda request: FileResponse(BytesIO(b"kept"))),
]
