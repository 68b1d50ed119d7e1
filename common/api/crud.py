"""Lists and single rows: the endpoints that DRF's mixins have too, through the gate and with their conditions."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from common.api import direct, direct_writes
from common.api.conditional import check_if_match, tagged
from common.api.idempotency import idempotent
from common.api.search import Criterion, build, criteria

if TYPE_CHECKING:
    from common.api.viewsets import ResourceBase as Base
else:
    from typing import Generic as Base

M = TypeVar("M", bound=Model)


class ReadMixin(Base[M]):
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return direct.page(self) or self.page(self.get_rows())

    def self_list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return direct.page(self) or self.page(self.get_rows())

    def search(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if response := direct.search(self):
            return response
        rows = self.get_rows()
        return self.page(rows.filter(*map(Q, build(request.data, self.get_criteria()))))

    def count(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return direct.count(self) or Response({"count": self.filter_queryset(self.get_rows()).order_by().count()})

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return direct.retrieve(self) or tagged(request, self.represent(self.get_object()))

    def self_retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.retrieve(request, *args, **kwargs)

    def page(self, rows: QuerySet[M]) -> Response:
        """A page of these rows, as the query string filters, orders and numbers them."""
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def get_criteria(self) -> dict[str, Criterion]:
        return criteria(self.get_serializer(), self.model)

    def represent(self, row: M) -> Any:
        return self.get_serializer(row).data


class WriteMixin(ReadMixin[M]):
    """Every change happens in one transaction, to a row that is locked from its reading to its writing."""

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if response := direct_writes.create(self):
            return response
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            self.perform_create(serializer)
        return tagged(
            request, serializer.data, status=status.HTTP_201_CREATED, headers={"Location": self.location(serializer)}
        )

    def update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        body = request.data
        if response := direct_writes.update(self):
            return response
        with transaction.atomic():
            row = self.lock_object()
            if response := direct_writes.update_locked(self):
                return response
            serializer = self.get_serializer(row, data=body, partial=True)
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
        return tagged(request, serializer.data)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            self.perform_destroy(self.lock_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def self_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.update(request, *args, **kwargs)

    def self_partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.update(request, *args, **kwargs)

    def self_destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.destroy(request, *args, **kwargs)

    def lock_object(self) -> M:
        """The row of this address, locked, and as the client believes it to be."""
        row = self.get_object(lock=True)
        check_if_match(self.request, lambda: self.represent(row), required=self.require_if_match)
        return row

    def location(self, serializer: BaseSerializer[M]) -> str:
        assert serializer.instance is not None
        return reverse(f"{self.basename}-detail", kwargs={self.lookup_url_kwarg: serializer.instance.pk})

    def perform_create(self, serializer: BaseSerializer[M]) -> None:
        serializer.save(**self.get_ownership())

    def perform_update(self, serializer: BaseSerializer[M]) -> None:
        serializer.save()

    def perform_destroy(self, instance: M) -> None:
        instance.delete()
