"""The admin under the permission strings of the API: what the one allows, the other allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth import get_permission_codename, get_user_model
from django.db import DatabaseError, IntegrityError
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format

from common.admin.strict import StrictInput
from common.api.access import Access
from common.api.errors import translate
from common.api.permissions import Caller, Permission, Reach
from common.exceptions import DomainError, Missing

M = TypeVar("M", bound=Model)


class ResourceAdmin(StrictInput[M]):
    """Rows under the permission strings of `resource`.

    With `owner`, the lookup from a row to its account, the `:self` strings open the caller's own rows. Who may change
    or delete only their own sees only those here, even where the API lets them browse: this is where they work, and
    nobody else's row is in the way. They neither see nor choose an owner; their new rows get `get_ownership`.
    """

    resource: ClassVar[str]
    owner: ClassVar[str | None] = None
    # Django's word for an action, and the one of the permission strings. What is not among them, nobody may do here.
    verbs: ClassVar[dict[str, str]] = {"view": "read", "add": "write", "change": "write", "delete": "delete"}

    def reach(self, caller: Caller, action: str) -> Reach:
        if action not in self.verbs:
            return Reach.NONE
        return Permission(f"{self.resource}:{self.verbs[action]}").reach(caller, owned=bool(self.owner))

    def allows(self, caller: Caller, action: str, row: Model | None = None) -> bool:
        """Whether the API would; without a row, whether on any at all."""
        reach = self.reach(caller, action)
        return reach is Reach.ALL or (reach is Reach.OWN and (row is None or self.owns(caller, row)))

    def owns(self, caller: Caller, row: Model) -> bool:
        assert self.owner
        return bool(attrgetter(self.owner.replace(LOOKUP_SEP, ".") + "_id")(row) == caller.pk)

    def permission_name(self, action: str) -> str:
        return f"{self.opts.app_label}.{get_permission_codename(action, self.opts)}"

    # Which rows

    def workspace(self, request: HttpRequest) -> Reach:
        """How far the caller sees here: as far as they may do everything that they may do at all."""
        view, *keep = (self.reach(caller(request), action) for action in ("view", "change", "delete"))
        return min([view, *filter(None, keep)])

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request)
        match self.workspace(request):
            case Reach.NONE:
                return rows.none()
            case Reach.OWN:
                return Access(caller(request).pk, self.owner).restrict(rows)
            case Reach.ALL:
                return rows

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, "view", obj)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.may(request, "delete", obj)

    def may(self, request: HttpRequest, action: str, obj: M | None) -> bool:
        """Every page shows the row, so that each of them asks for `view` too."""
        names = [self.permission_name("view"), self.permission_name(action)]
        seen = obj is None or self.workspace(request) is Reach.ALL or self.owns(caller(request), obj)
        return action in self.verbs and seen and request.user.has_perms(names, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "add" in self.verbs and super().has_add_permission(request)

    # Whose they are

    @property
    def owner_field(self) -> str:
        return self.owner.partition(LOOKUP_SEP)[0] if self.owner else ""

    def shows_owner(self, request: HttpRequest) -> bool:
        """Whether the caller keeps everybody's rows here, and may see everybody who could own one."""
        if not self.owner or self.workspace(request) is not Reach.ALL:
            return False
        owners = self.admin_site.get_model_admin(
            cast("type[Model]", self.opts.get_field(self.owner_field).related_model)
        )
        return isinstance(owners, ResourceAdmin) and owners.workspace(request) is Reach.ALL

    def get_ownership(self, request: HttpRequest) -> dict[str, Any]:
        """What a new row is given when its owner is the caller."""
        return {self.owner_field: request.user}

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._shown(request, super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self._shown(request, super().get_list_filter(request))

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self._shown(request, super().get_search_fields(request))

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        """A new row without those that have nothing to fill in."""
        read_only = set(self.get_readonly_fields(request, obj))
        return [
            (name, {**options, "fields": self._shown(request, options["fields"])})
            for name, options in super().get_fieldsets(request, obj)
            if obj or not read_only.issuperset(options["fields"])
        ]

    def _shown(self, request: HttpRequest, names: Iterable[Any]) -> Sequence[Any]:
        """Without what tells of the owner, for who may not see that."""
        if not self.owner or self.shows_owner(request):
            return list(names)
        return [name for name in names if str(name).partition(LOOKUP_SEP)[0] != self.owner_field]

    # Saving

    def save_model(self, request: HttpRequest, obj: M, form: forms.ModelForm[M], change: bool) -> None:
        """Of a row that is there only what was changed is written: what others wrote meanwhile stays."""
        if change:
            self._update(obj, form.changed_data)
            return
        if self.owner and not self.shows_owner(request):
            for field, value in self.get_ownership(request).items():
                setattr(obj, field, value)
        super().save_model(request, obj, form, change)

    def _update(self, obj: M, changed: list[str]) -> None:
        columns = [f.name for f in self.opts.concrete_fields if f.name in changed or getattr(f, "auto_now", False)]
        try:
            obj.save(update_fields=columns)
        except DatabaseError as exc:
            if exc.__cause__ is not None:  # the database's own; Django has none when there is no such row
                raise
            raise Missing(f"The {self.opts.verbose_name} has been deleted meanwhile.") from None

    # What a service refuses is told, and nothing of it is kept

    def guard(self) -> AbstractContextManager[None]:
        """What every change is made inside of."""
        return nullcontext()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._changing(request, lambda: super(ResourceAdmin, self).changeform_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._changing(request, lambda: super(ResourceAdmin, self).changelist_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._changing(request, lambda: super(ResourceAdmin, self).delete_view(request, *args, **kwargs))

    def _changing(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        def guarded() -> HttpResponse:
            with self.guard() if request.method == "POST" else nullcontext():
                return view()

        return self._telling(request, guarded)

    def _telling(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        self.check_keys(request)
        try:
            return view()
        except (DomainError, IntegrityError) as exc:
            refusal = translate(exc)
            if request.method != "POST" or not isinstance(refusal, DomainError):
                raise
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    # What pages tell of others

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rows, and how many others go with them. What those are, and tables not shown here, is not told."""
        to_delete, counts, *refusals = super().get_deleted_objects(objs, request)
        shown = {model._meta.verbose_name_plural for model in self.admin_site._registry}
        rows = [row for row in cast("list[object]", to_delete) if not isinstance(row, list)]
        return rows, {name: count for name, count in counts.items() if name in shown}, *refusals

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who else changed the row is told to those who may see accounts."""
        response = super().history_view(request, object_id, extra_context)
        account = get_user_model()
        if request.user.has_perm(f"{account._meta.app_label}.{get_permission_codename('view', account._meta)}"):
            return response
        for entry in getattr(response, "context_data", {}).get("action_list", ()):
            if entry.user_id != request.user.pk:
                entry.user = account(**{account.USERNAME_FIELD: "somebody else"})
        return response


@admin.display(description="created", ordering="created_at")
def created(row: Any) -> str:
    """A column of a list: the day is enough there."""
    return date_format(timezone.localtime(row.created_at))


def caller(request: HttpRequest) -> Caller:
    return cast("Caller", request.user)


def permission_names(caller: Caller, row: Model | None = None) -> Iterator[str]:
    """Django's names for what the caller may do, with this row or with any. What is not in the admin has none."""
    for model_admin in _admins(row):
        if isinstance(model_admin, ResourceAdmin):
            for action in model_admin.verbs:
                if model_admin.allows(caller, action, row):
                    yield model_admin.permission_name(action)


def _admins(row: Model | None) -> Iterable[admin.ModelAdmin[Any]]:
    if row is None:
        return admin.site._registry.values()
    try:
        return [admin.site.get_model_admin(type(row))]
    except NotRegistered:
        return []
