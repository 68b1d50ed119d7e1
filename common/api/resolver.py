"""Which route a path is: asked by every request, of some sixty regular expressions one after the other.

Here a path without an id is looked up, and one with an id is compared with the routes below its first segment only.
Both say what Django's resolver would, in the order in which the routes stand.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

# As ResourceRouter writes them: the slash at the end is the client's choice.
_LITERAL = re.compile(r"\^([\w/-]+)/\?\\Z")
_BEGINNING = re.compile(r"\^([\w-]+)/")


def _match(said: dict[str, Any], kwargs: dict[str, Any]) -> ResolverMatch:
    """For this path: of another on the same route everything is known but what the path names."""
    found = ResolverMatch.__new__(ResolverMatch)
    vars(found).update(said, kwargs=kwargs, captured_kwargs=kwargs)
    return found


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
            return _match(said, kwargs)
        return None

    def _resolve(self, path: str) -> ResolverMatch | None:
        try:
            return self.resolver.resolve(path)
        except Resolver404:
            return None


class RouteResolver(URLResolver):
    def resolve(self, path: str) -> ResolverMatch:
        return self.find(path) or super().resolve(path)  # with all that was tried, for the page that says so

    def find(self, path: str) -> ResolverMatch | None:
        """What is found without trying them all."""
        match = self.pattern.match(path) if self._names_nothing else None
        if not match:
            return None
        rest = match[0]
        known = self._literal.get(rest)
        if known:
            return known
        routes = self._by_beginning.get(rest.partition("/")[0])
        return routes.find(path, rest) if routes else None

    @property
    def literal(self) -> Sequence[str]:
        """The paths without an id."""
        return [f"{self.pattern}{path}" for path in self._literal] if self._names_nothing else []

    @cached_property
    def _names_nothing(self) -> bool:
        """By its own path, or beside it: where it does, only Django says what comes of that."""
        pattern: Any = self.pattern
        return not self.default_kwargs and not pattern.converters

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


def resolve(path: str) -> ResolverMatch:
    """`django.urls.resolve`: below a `mount` that the URLconf begins with, what Django says of a route is known too."""
    return _start(get_resolver()).resolve(path)


class _Start:
    """From the root of a URLconf."""

    def __init__(self, resolver: URLResolver) -> None:
        self.resolver = resolver
        first = resolver.url_patterns[0]
        self.mounted = first if isinstance(first, RouteResolver) else None
        self.known = {f"/{path}": resolver.resolve(f"/{path}") for path in self.mounted.literal} if self.mounted else {}
        self.said: dict[Any, dict[str, Any]] = {}

    def resolve(self, path: str) -> ResolverMatch:
        if found := self.known.get(path):
            return found
        below = self.mounted.find(path[1:]) if self.mounted and path[:1] == "/" else None
        if below is None:
            return self.resolver.resolve(path)
        if said := self.said.get(below.route):
            return _match(said, below.kwargs)
        whole = self.resolver.resolve(path)
        if not whole.args and whole.kwargs == vars(whole)["captured_kwargs"]:  # else it depends on more than the names
            self.said[below.route] = vars(whole)
        return whole


_start = lru_cache(maxsize=8)(_Start)
