"""Many rows in one request: all or nothing, in as few statements as the database takes."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from common.api import direct_writes
from common.api.crud import WriteMixin
from common.api.endpoints import Endpoint
from common.api.fields import key_field
from common.api.idempotency import idempotent
from common.api.serializers import stamps
from common.exceptions import Missing
from common.models import touch

M = TypeVar("M", bound=Model)

MAX_ROWS = 1_000

# Where the id of a row stands in the body, for errors.
UPDATE_ID = "{}.id"
DELETE_ID = "ids.{}"


# What these endpoints are sent, they are charged for by the row.
BULK = frozenset({Endpoint.BULK_CREATE, Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE})


class BulkMixin(WriteMixin[M]):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # One was charged before anybody knew how many there are: the body is read for those alone who may send it.
        if self.endpoint in BULK and (more := number_of_rows(request.data) - 1) > 0:
            self.spend(request, more)

    @idempotent
    def bulk_create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        bodies = bounded(request.data)
        if response := direct_writes.create_many(self, bodies):
            return response
        serializer = self.get_serializer(data=bodies, many=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            self.perform_bulk_create(serializer)
        return Response(serializer.data, status=status.HTTP_201_CREATED)

    def bulk_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        bodies = objects_of(request.data)
        keys = self.read_keys([body.get("id", empty) for body in bodies], UPDATE_ID)
        with transaction.atomic():
            rows = self.lock_rows(keys, UPDATE_ID)
            self.perform_bulk_update(list(zip(rows, self.validate_changes(rows, bodies), strict=True)))
        return Response(self.get_serializer(rows, many=True).data)

    def bulk_delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        keys = self.read_keys(ids_of(request.data), DELETE_ID)
        with transaction.atomic():
            rows = self.lock_rows(keys, DELETE_ID)
            self.perform_bulk_delete(rows)
        return Response({"deleted": len(rows)})

    def read_keys(self, values: Sequence[Any], place: str) -> list[Any]:
        """The primary keys that these JSON values are; `place` says where one stands, for errors."""
        field = key_field(self.model)
        keys: list[Any] = []
        errors: dict[str, Any] = {}
        seen = set()
        for index, value in enumerate(values):
            try:
                key = field.run_validation(value)
            except ValidationError as error:
                errors[place.format(index)] = error.detail
                continue
            if key in seen:
                errors[place.format(index)] = [ErrorDetail("This id stands here twice.", "repeated")]
            seen.add(key)
            keys.append(key)
        if errors:
            raise ValidationError(errors)
        return keys

    def lock_rows(self, keys: Sequence[Any], place: str) -> list[M]:
        """These rows in this order, locked; 404 when one is missing, 403 when one is out of reach."""
        rows = self.access.mark(self.get_queryset())
        # Locked in one order whatever the order asked for, so that two requests cannot wait for each other.
        locked = rows.select_for_update(of=("self",)).order_by("pk")
        found = {row.pk: row for row in locked.filter(pk__in=keys)}
        if missing := [index for index, key in enumerate(keys) if key not in found]:
            raise Missing(f"{self.row_name} not found", field=place.format(missing[0]))
        self.access.check(found.values())
        return [found[key] for key in keys]

    def validate_changes(self, rows: Sequence[M], bodies: Sequence[Any]) -> list[dict[str, Any]]:
        """What each body changes. One serializer for all: binding its fields costs more than a row."""
        serializer = self.get_serializer(partial=True)
        changes: list[dict[str, Any]] = []
        errors: dict[str, Any] = {}
        for index, (row, body) in enumerate(zip(rows, bodies, strict=True)):
            serializer.instance = row
            try:
                changes.append(serializer.run_validation(body))
            except ValidationError as error:
                errors[str(index)] = error.detail
        if errors:
            raise ValidationError(errors)
        return changes

    def perform_bulk_create(self, serializer: BaseSerializer[Any]) -> None:
        # Who has nothing to own yet is not given anything.
        owned = self.get_ownership() if serializer.validated_data else {}
        rows = [self.model(**values, **owned) for values in serializer.validated_data]
        serializer.instance = self.model._default_manager.bulk_create(rows)

    def perform_bulk_update(self, changes: Sequence[tuple[M, dict[str, Any]]]) -> None:
        """Rows that nothing was sent for stay untouched. The rows are locked, so unsent columns are as they were."""
        changed = [(row, values) for row, values in changes if values]
        columns = {name for _, values in changed for name in values}
        if not columns:
            return
        rows = [row for row, _ in changed]
        for row, values in changed:
            for name, value in values.items():
                setattr(row, name, value)
        touch(rows)
        self.model._default_manager.bulk_update(rows, sorted(columns) + stamps(self.model))

    def perform_bulk_delete(self, rows: Sequence[M]) -> None:
        self.model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()


def number_of_rows(data: Any) -> int:
    """Of a body that nobody has validated yet; more than are taken count as if they were."""
    rows = data.get("ids") if isinstance(data, dict) else data
    return min(len(rows), MAX_ROWS) if isinstance(rows, list) else 0


def bounded(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValidationError(ErrorDetail("A list is required.", "not_a_list"))
    if len(data) > MAX_ROWS:
        raise ValidationError(ErrorDetail(f"At most {MAX_ROWS:,} rows are taken at once.", "max_length"))
    return data


def objects_of(data: Any) -> list[dict[str, Any]]:
    rows = bounded(data)
    wrong = [index for index, row in enumerate(rows) if not isinstance(row, dict)]
    if wrong:
        raise ValidationError({str(index): [ErrorDetail("An object is required.", "invalid")] for index in wrong})
    return rows


def ids_of(data: Any) -> list[Any]:
    if not isinstance(data, dict):
        raise ValidationError(ErrorDetail("An object with ids is required.", "invalid"))
    errors: dict[str, Any] = {name: [ErrorDetail("Unknown field.", "unknown")] for name in data if name != "ids"}
    try:
        ids = bounded(data["ids"])
    except KeyError:
        errors["ids"] = [ErrorDetail("This field is required.", "required")]
    except ValidationError as error:
        errors["ids"] = error.detail
    if errors:
        raise ValidationError(errors)
    return ids
