"""What an endpoint asks of its caller, and how far the answer reaches."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from common.permissions import SELF


class Caller(Protocol):
    """The account behind a request, as far as this package needs to know it."""

    @property
    def pk(self) -> object: ...

    @property
    def is_authenticated(self) -> bool: ...

    def holds(self, permission: str) -> bool: ...

    def has_role(self, name: str) -> bool: ...


class Reach(IntEnum):
    """The rows that a permission opens. Ordered, so that `max` is "any of" and `min` is "all of"."""

    NONE = 0
    OWN = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission string. Where rows have an owner, its `:self` form opens the caller's own, unless `whole`."""

    name: str
    whole: bool = False

    def reach(self, caller: Caller, *, owned: bool) -> Reach:
        own_only = self.name.endswith(SELF)
        if caller.holds(self.name.removesuffix(SELF)):
            return Reach.OWN if own_only else Reach.ALL
        if owned and not self.whole and caller.holds(self.name if own_only else self.name + SELF):
            return Reach.OWN
        return Reach.NONE

    def __str__(self) -> str:
        return self.name


_guarding: set[str] = set()


@dataclass(frozen=True, slots=True)
class Role:
    """A role by its name. To have it opens what no permission string does, which `guarding_roles` tells."""

    name: str

    def __post_init__(self) -> None:
        _guarding.add(self.name)

    def reach(self, caller: Caller, *, owned: bool) -> Reach:
        return Reach.ALL if caller.has_role(self.name) else Reach.NONE

    def __str__(self) -> str:
        return f"role {self.name}"


@dataclass(frozen=True, slots=True)
class AnyOf:
    terms: tuple["Requirement", ...]

    def reach(self, caller: Caller, *, owned: bool) -> Reach:
        return max(term.reach(caller, owned=owned) for term in self.terms)

    def __str__(self) -> str:
        return " or ".join(map(str, self.terms))


@dataclass(frozen=True, slots=True)
class AllOf:
    terms: tuple["Requirement", ...]

    def reach(self, caller: Caller, *, owned: bool) -> Reach:
        return min(term.reach(caller, owned=owned) for term in self.terms)

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, AnyOf) else str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Anyone:
    """Nothing, not even an account. Credentials are not looked at, so that dead ones do no harm."""

    def reach(self, caller: Caller, *, owned: bool) -> Reach:
        return Reach.ALL

    def __str__(self) -> str:
        return "none"


Requirement = Permission | Role | AnyOf | AllOf | Anyone


def requirement(term: str | Requirement) -> Requirement:
    return Permission(term) if isinstance(term, str) else term


def any_of(*terms: str | Requirement) -> AnyOf:
    return AnyOf(_terms(terms))


def all_of(*terms: str | Requirement) -> AllOf:
    return AllOf(_terms(terms))


def role(name: str) -> Role:
    return Role(name)


def whole(name: str) -> Permission:
    """The permission on every row; to hold it for one's own rows is not enough."""
    return Permission(name, whole=True)


def guarding_roles() -> frozenset[str]:
    """The roles that an endpoint asks for by name."""
    return frozenset(_guarding)


def anyone() -> Anyone:
    return Anyone()


def _terms(terms: Iterable[str | Requirement]) -> tuple[Requirement, ...]:
    found = tuple(map(requirement, terms))
    if not found:
        raise ValueError("Name at least one permission or role.")
    return found


class Insufficient(PermissionDenied):
    def __init__(self, required: Requirement) -> None:
        super().__init__(f"Insufficient permissions. Required: {required}")


class EndpointPermission(BasePermission):
    """Lets a caller through whose reach on this endpoint is not none, and leaves the reach to `view.access`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        caller: Any = request.user
        resource: Any = view
        if resource.action == "metadata":
            return bool(caller.is_authenticated)
        required: Requirement = resource.get_requirement()
        if not caller.is_authenticated and not isinstance(required, Anyone):
            return False
        if required.reach(caller, owned=bool(resource.owner)) is Reach.NONE:
            raise Insufficient(required)
        return True
