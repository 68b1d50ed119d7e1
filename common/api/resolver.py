"""Which route a path is: asked by every request, of some sixty regular expressions one after the other.

Here a path without an id is looked up, and one with an id is compared with the routes below its first segment only.
Both say what Django's resolver would, in the order in which the routes stand.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

# As ResourceRouter writes them: the slash at the end is the client's choice.
_LITERAL = re.compile(r"\^([\w/-]+)/\?\\Z")
_BEGINNING = re.compile(r"\^([\w-]+)/")


class _Routes:
    """Those below one segment. What Django says of each is the same for every path, but for what the path names."""

    def __init__(self, pattern: Any, routes: list[URLPattern | URLResolver]) -> None:
        self.resolver = URLResolver(pattern, routes)
        self.routes = routes
        self.said: dict[Any, dict[str, Any]] = {}

    def find(self, path: str, rest: str) -> ResolverMatch | None:
        for route in self.routes:
            if isinstance(route, URLResolver) or route.default_args:
                return self._resolve(path)
            match = route.pattern.match(rest)
            if not match:
                continue
            _, args, kwargs = match
            said = self.said.get(route)
            if said is None or args:
                found = self._resolve(path)
                if found:
                    self.said[route] = vars(found)
                return found
            found = ResolverMatch.__new__(ResolverMatch)
            vars(found).update(said, kwargs=kwargs, captured_kwargs=kwargs)
            return found
        return None

    def _resolve(self, path: str) -> ResolverMatch | None:
        try:
            return self.resolver.resolve(path)
        except Resolver404:
            return None


class RouteResolver(URLResolver):
    def resolve(self, path: str) -> ResolverMatch:
        match = self.pattern.match(path)
        rest = match[0] if match else ""
        known = self._literal.get(rest)
        if known:
            return known
        routes = self._by_beginning.get(rest.partition("/")[0])
        if match and routes:
            found = routes.find(path, rest)
            if found:
                return found
        return super().resolve(path)  # with all that was tried, for the page that says so

    @cached_property
    def _literal(self) -> dict[str, ResolverMatch]:
        """By the path. Of a route that another one hides, that one's."""
        written = [_LITERAL.fullmatch(text) for text in self._texts]
        paths = [path + slash for match in written if match for path in [match[1]] for slash in ("", "/")]
        found = {path: URLResolver.resolve(self, f"{self.pattern}{path}") for path in paths}
        return {path: match for path, match in found.items() if not match.kwargs}

    @cached_property
    def _by_beginning(self) -> dict[str, "_Routes"]:
        """Of routes with an id; none where one of the routes may begin with anything."""
        found = defaultdict(list)
        for text, route in zip(self._texts, self.url_patterns, strict=True):
            if _LITERAL.fullmatch(text) or text == r"^\Z":
                continue
            beginning = _BEGINNING.match(text)
            if not beginning:
                return {}
            found[beginning[1]].append(route)
        return {name: _Routes(self.pattern, routes) for name, routes in found.items()}

    @cached_property
    def _texts(self) -> list[str]:
        return [str(route.pattern) for route in self.url_patterns]


def mount(path: str, routes: Sequence[URLPattern | URLResolver]) -> RouteResolver:
    """`django.urls.path(path, include(routes))` for the routes of a `ResourceRouter`."""
    patterns: Any = routes
    return RouteResolver(RoutePattern(path, is_endpoint=False), patterns)
