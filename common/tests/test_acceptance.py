"""What is accepted at a look is what the field itself would have made of it."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError as InvalidForDjango
from django.core.validators import MaxLengthValidator, MaxValueValidator, RegexValidator, StepValueValidator
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from common.api import fields
from common.api.acceptance import acceptance


def even(value):
    if value in (2, "even", Decimal("2.00"), True):
        raise serializers.ValidationError("Not this one.")


def most() -> int:
    return 3


FIELDS = (
    fields.BooleanField(),
    fields.BooleanField(allow_null=True),
    fields.BooleanField(validators=[even]),
    fields.BooleanField(validators=[MaxValueValidator(0)]),
    fields.ChoiceField(choices=["a", "b", "even", "2"]),
    fields.ChoiceField(choices=[("", "none"), ("a", "A")], allow_blank=True),
    fields.ChoiceField(choices=[(1, "one"), (2, "two")]),
    fields.ChoiceField(choices=["a", "even"], validators=[even]),
    fields.ChoiceField(choices=["a", "even"], validators=[MaxLengthValidator(2)]),
    fields.DecimalField(max_digits=5, decimal_places=2),
    fields.DecimalField(max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal("9.5")),
    fields.DecimalField(max_digits=5, decimal_places=2, min_value=0, normalize_output=True),
    fields.DecimalField(max_digits=None, decimal_places=None, min_value=0),
    fields.DecimalField(max_digits=4, decimal_places=4, min_value=0),
    fields.DecimalField(max_digits=5, decimal_places=2, min_value=-5000),
    fields.IntegerField(),
    fields.IntegerField(min_value=1, max_value=3),
    fields.IntegerField(validators=[even]),
    fields.IntegerField(validators=[StepValueValidator(2)]),
    fields.MoneyField(),
    fields.MoneyField(validators=[even]),
    fields.StringField(),
    fields.StringField(max_length=4, min_length=2),
    fields.StringField(validators=[MaxLengthValidator(most)]),
    fields.StringField(allow_blank=True, trim_whitespace=False),
    fields.StringField(validators=[RegexValidator("^[a-z]+$")]),
    fields.StringField(validators=[even]),
    fields.TextField(max_length=10, allow_blank=True),
    fields.EmailField(),
    fields.SlugField(),
)

VALUES: tuple[object, ...] = (
    *(None, True, False, 0, 1, 2, 3, 4, -1, 2**63, 10**12, 0.5, 1.0, [], ["a"], {}, b"a"),
    *(
        "",
        " ",
        "a",
        "b",
        " a ",
        "even",
        "2",
        "abcde",
        "  abcd  ",
        "a\nb",
        "a\tb",
        "a\0b",
        "\u202e",
        "\ud800",
        "\u00a0a",
    ),
    *("1", "true", "a@b.example", "é", "日本語", "👩\u200d🚀", "x" * 11),
    *map(
        Decimal,
        (
            "0",
            "-0",
            "0.5",
            "2",
            "2.00",
            "9.5",
            "9.51",
            "1.005",
            "1.500",
            "-0.01",
            "999.99",
            "1000",
            "-1000",
            "1E+2",
            "0E+5",
        ),
    ),
    *map(Decimal, ("1E-2", "99999999.99", "100000000", "0.9999", "1", "NaN", "Infinity")),
)


def outcome(ask, value):
    try:
        found = ask(value)
    except (serializers.ValidationError, InvalidForDjango) as error:
        return str(error)
    return type(found), str(found)


@pytest.mark.parametrize("field", FIELDS, ids=repr)
def test_as_the_field_itself(field):
    accept = acceptance(field)
    for value in VALUES:
        assert outcome(accept, value) == outcome(field.run_validation, value), value


@pytest.mark.parametrize("field", FIELDS, ids=repr)
@given(st.one_of(st.text(max_size=12), st.integers(), st.decimals(places=2), st.decimals(), st.booleans()))
def test_of_anything(field, value):
    assert outcome(acceptance(field), value) == outcome(field.run_validation, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (fields.BooleanField(), True),
        (fields.ChoiceField(choices=["a"]), "a"),
        (fields.IntegerField(), 7),
        (fields.MoneyField(), Decimal("7.5")),
        (fields.StringField(max_length=64), "A mug"),
        (fields.TextField(), "For two."),
    ],
)
def test_what_is_plain_asks_nobody(field, value, monkeypatch):
    monkeypatch.setattr(field, "run_validation", None)
    assert acceptance(field)(value) == value
