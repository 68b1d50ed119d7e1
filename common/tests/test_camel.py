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
