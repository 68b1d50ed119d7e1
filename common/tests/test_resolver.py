"""The quick resolver says what Django's says."""

import re
from functools import partial

import pytest
from django.urls import Resolver404, URLResolver, get_resolver, include, re_path

from common.api.resolver import RouteResolver, mount, resolve


def view(request, **kwargs):
    pass


urlpatterns = [re_path(r"^here\Z", view)]


def resolver() -> RouteResolver:
    return next(one for one in get_resolver().url_patterns if isinstance(one, RouteResolver))


def plainly(routes: RouteResolver):
    return partial(URLResolver.resolve, routes)


def said(resolve, path):
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match.func, match.args, match.kwargs, match.route, match.view_name, match.captured_kwargs


def paths():
    """Each route with an id that looks like one, with the name of another route in its place, and with junk around."""
    for route in resolver().url_patterns:
        text = str(route.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("/?")
        for value in ("7", "self", "count", "a.b", "%2F", "", "é"):
            path = value.join(re.split(r"\(\?P<\w+>[^)]+\)", text))
            yield from (path, f"{path}/", f"{path}//", f"/{path}", f"{path}\n", f"{path}/more", path.upper())


def test_on_every_route_of_the_product():
    asked = {f"api/v1/{path}" for path in paths()} | {"", "api/v1", "api/v2/items", "api/v1items"}
    found = [path for path in asked if said(resolver().resolve, path)]
    assert len(found) > 100
    for path in asked:
        expected = said(plainly(resolver()), path)
        assert said(resolver().resolve, path) == expected, path


def test_from_the_root_too():
    asked = {f"/api/v1/{path}" for path in paths()}
    asked |= {
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/items",
        "/health",
        "/admin/",
        "/nothing",
        "api/v1/items",
        "",
        "//",
        "xapi/v1/items/7",
    }
    for path in asked:
        expected = said(get_resolver().resolve, path)
        for _ in range(2):  # the first finds out what the second knows
            assert said(resolve, path) == expected, path


def test_of_another_urlconf_nothing_is_known(settings):
    assert said(resolve, "/api/v1/items")
    settings.ROOT_URLCONF = __name__
    assert [said(resolve, path) for path in ("/api/v1/items", "/here")] == [None, said(get_resolver().resolve, "/here")]


@pytest.mark.parametrize("more", [{}, {"more": 1}])
@pytest.mark.parametrize("prefix", ["api/", "<slug:tenant>/"])
def test_a_mount_that_names_something_itself(settings, monkeypatch, more, prefix):
    routes = mount(prefix, [re_path(r"^items/(?P<id>\w+)/?\Z", view), re_path(r"^items/?\Z", view)])
    routes.default_kwargs = more
    monkeypatch.setattr(f"{__name__}.urlpatterns", [routes, *urlpatterns])
    settings.ROOT_URLCONF = __name__
    tenant = {"tenant": "api"} if "tenant" in prefix else {}
    for path in ("/api/items/7", "/api/items/8", "/api/items", "/api/items/", "/here", "/api/none"):
        assert said(resolve, path) == said(get_resolver().resolve, path), path
    assert resolve("/api/items/8").kwargs == {"id": "8", **tenant, **more}
    assert resolve("/api/items").kwargs == {**tenant, **more}


@pytest.mark.parametrize(
    "patterns",
    [
        [r"^items/(?P<id>[^/]+)/?\Z", r"^items/count/?\Z"],
        [r"^items/count/?\Z", r"^(?P<any>.*)\Z"],
        [r"^(?P<any>.*)/?\Z", r"^items/count/?\Z", r"^items/(?P<id>[^/]+)/?\Z"],
        [r"^items/(?P<id>.+)/?\Z", r"^items/a/b/?\Z"],
    ],
)
def test_a_route_that_comes_first_hides_the_others(patterns):
    routes = [re_path(text, view, name=str(number)) for number, text in enumerate(patterns)]
    mounted = mount("api/", routes)
    for path in ("items", "items/", "items/count", "items/count/", "items/7", "items/a/b", "other"):
        expected = said(plainly(mounted), f"api/{path}")
        assert said(mounted.resolve, f"api/{path}") == expected, path


BELOW = [re_path(r"^(?P<more>[^/]+)\Z", view, name="below")]


@pytest.mark.parametrize(
    "routes",
    [
        [re_path(r"^items/(?P<id>\w+)\Z", view, {"more": 1}), re_path(r"^items/(?P<id>[^/]+)\Z", view)],
        [re_path(r"^items/(?P<id>\w+)/", include(BELOW)), re_path(r"^items/(?P<id>.+)\Z", view)],
        [re_path(r"^items/(\w+)\Z", view), re_path(r"^items/(?P<id>[^/]+)\Z", view)],
        [re_path(r"^items/(?P<id>\w+)(?P<rest>/\w+)?\Z", view)],
    ],
)
def test_routes_that_say_more_than_what_the_path_names(settings, monkeypatch, routes):
    mounted = mount("api/", routes)
    for path in ("items/7", "items/8", "items/7/a", "items/8/b", "items/a.b", "items/"):
        expected = said(plainly(mounted), f"api/{path}")
        assert said(mounted.resolve, f"api/{path}") == expected, path
    monkeypatch.setattr(f"{__name__}.urlpatterns", [mounted, *urlpatterns])
    settings.ROOT_URLCONF = __name__
    for path in ("/api/items/7", "/api/items/8", "/api/items/7/a", "/api/items/8/b", "/api/items/a.b", "/api/items/"):
        assert said(resolve, path) == said(get_resolver().resolve, path), path


def test_what_one_request_does_to_its_match_is_its_own():
    mounted = mount("api/", [re_path(r"^items/(?P<id>\w+)\Z", view)])
    mounted.resolve("api/items/7").kwargs["id"] = "mine"
    mounted.resolve("api/items/7").kwargs["id"] = "mine"
    assert mounted.resolve("api/items/7").kwargs == {"id": "7"}
