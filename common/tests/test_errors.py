"""What Django and the database refuse, in the words of the API."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework.views import APIView

from common.exceptions import Conflict, Forbidden, Invalid, Missing, Unavailable
from common.logging import RequestIdFilter


def duplicate():
    error = IntegrityError("UNIQUE constraint failed: secret_table.secret_column")
    error.__cause__ = Exception(str(error))
    return error


RAISED = {
    "404": (Http404("inside"), 404, "Not found"),
    "403": (PermissionDenied("inside"), 403, "You do not have permission to perform this action."),
    "suspicious": (SuspiciousOperation("inside"), 400, "Bad request"),
    "duplicate": (duplicate(), 409, "There is one like this already."),
    "database": (OperationalError("inside"), 503, "The database is not available."),
    "invalid": (Invalid("No."), 400, "No."),
    "forbidden": (Forbidden("No."), 403, "No."),
    "missing": (Missing("No."), 404, "No."),
    "conflict": (Conflict("No."), 409, "No."),
    "unavailable": (Unavailable("No.", retry_after=7), 503, "No."),
    "model": (ModelValidationError({"name": ["Too odd."]}), 422, "Validation error"),
    "bug": (KeyError("inside"), 500, "Internal server error"),
    "bad constraint": (IntegrityError("CHECK constraint failed: inside"), 500, "Internal server error"),
}


class Raising(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def get(self, request, name):
        raise RAISED[name][0]


urlpatterns = [path("<name>", Raising.as_view())]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("name", RAISED)
def test_every_refusal_is_a_problem_that_tells_nothing_of_the_inside(name, caplog):
    _, status, detail = RAISED[name]
    response = APIClient(raise_request_exception=False).get(f"/{name}")
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["detail"]) == (status, detail)
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert "inside" not in response.content.decode()
    assert "secret" not in response.content.decode()


def test_waiting_helps_where_something_is_away():
    client = APIClient()
    assert client.get("/unavailable").headers["Retry-After"] == "7"
    assert int(client.get("/database").headers["Retry-After"]) > 0


@pytest.mark.parametrize(("name", "kind"), [("bug", KeyError), ("database", OperationalError)])
def test_a_fault_is_logged_once_with_its_traceback_under_the_same_id(name, kind, caplog):
    caplog.handler.addFilter(RequestIdFilter())
    response = APIClient(raise_request_exception=False).get(f"/{name}", headers={"X-Request-ID": "find-me"})
    assert response.json()["request_id"] == "find-me"
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info[0] is kind
    assert "<name>" in record.getMessage(), "the route, not what the client wrote"
    assert record.request_id == "find-me"


def test_a_models_own_validation_names_the_field():
    assert APIClient().get("/model").json()["errors"] == [
        {"field": "body.name", "message": "Too odd.", "code": "invalid"}
    ]
