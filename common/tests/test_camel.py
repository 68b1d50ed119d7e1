import pytest

from common.api.camel import camelize, to_camel, to_snake


@pytest.mark.parametrize(
    ("snake", "camel"),
    [
        ("id", "id"),
        ("created_at", "createdAt"),
        ("price_usd_min", "priceUsdMin"),
        ("address_1", "address_1"),
        ("_x", "_x"),
    ],
)
def test_every_name_finds_its_way_back(snake, camel):
    assert to_camel(snake) == camel
    assert to_snake(camel) == snake


def test_keys_change_and_values_do_not():
    data = {"some_key": ["some_value", {"inner_key": None}], "errors": [{"field": "body.some_key"}]}
    assert camelize(data) == {"someKey": ["some_value", {"innerKey": None}], "errors": [{"field": "body.some_key"}]}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("get", "/nothing", {}, 404),
        ("put", "/openapi.json", {}, 405),
        ("put", "/health", {}, 405),
        ("post", "/api/v1/users/login", {"Transfer-Encoding": "gzip"}, 415),
    ],
)
def test_what_is_answered_before_the_api_is_in_camel_case_too(client, method, path, headers, status):
    for accept, name in (
        ("application/json; case=camel", "requestId"),
        ("application/json; case=camel, text/html;q=0.5", "requestId"),
        ("application/json", "request_id"),
        ("*/*", "request_id"),
    ):
        response = getattr(client, method)(path, headers={**headers, "Accept": accept}, CONTENT_LENGTH="")
        assert response.status_code == status
        assert response.json()[name] == response["X-Request-ID"]
