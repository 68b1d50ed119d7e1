"""Values at the edges of the strict fields; the plain cases are in `common.testing`."""

from decimal import Decimal

import pytest
from rest_framework.exceptions import ValidationError

from common.api import fields


def refused(field, value):
    with pytest.raises(ValidationError):
        field.run_validation(value)
    return True


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (0, "0"), (1, "1"), (Decimal("1.5"), "1.50"), (Decimal("99999999.99"), "99999999.99"), ("1.50", "1.50"),
        (Decimal("1E+2"), "100"), (Decimal("-0.0"), "0"), (0.1, "0.10"),
    ],
)  # fmt: skip
def test_money_is_exact(value, stored):
    amount = fields.MoneyField().run_validation(value)
    assert amount == Decimal(stored)
    assert not amount.is_signed()


@pytest.mark.parametrize(
    "value",
    [
        -1, Decimal("0.001"), Decimal("1.000000000000000000001"), 100_000_000, "100000000", "1e2", "1,5", "", " 1",
        "+1", "١٢", "1_0", "NaN", "Infinity", Decimal("1E+300"), Decimal("1E-300"), True, None, [], {},
    ],
)  # fmt: skip
def test_what_is_no_amount_of_money_is_refused(value):
    assert refused(fields.MoneyField(), value)


def test_money_goes_out_as_a_number():
    assert fields.MoneyField().to_representation(Decimal("99999999.99")) == 99999999.99
    assert fields.DecimalField(max_digits=20, decimal_places=2).to_representation(Decimal("1.10")) == "1.10"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
    ],
)
def test_times_are_read_in_utc(text, utc):
    assert fields.DateTimeField().run_validation(text).isoformat() == utc


@pytest.mark.parametrize(
    "value",
    [
        "", "now", "2026-13-01", "2026-02-30T00:00:00Z", "٢٠٢٦-٠١-٠٢T٠٠:٠٠:٠٠Z", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00", 1767312000, True, None, ["2026-01-02"], "2026-01-02T03:04:05Z\n",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(value):
    assert refused(fields.DateTimeField(), value)


@pytest.mark.parametrize(
    "value", ["a@b", "@example.com", "a@example.com\r\nBcc: b@example.com", "a b@example.com", "x" * 250 + "@ex.com", 1]
)
def test_what_is_no_address_is_refused(value):
    assert refused(fields.EmailField(), value)


@pytest.mark.parametrize("text", ["\u202eevil", "a\u2066b", "a\u200fb", "a\x85b", "a\u2028b", "a\tb", "\x00", "\ud800"])
def test_one_line_holds_no_breaks_marks_or_controls(text):
    assert refused(fields.StringField(), text)


@pytest.mark.parametrize("text", ["naïve", "日本語", "👩‍👩‍👧", "שלום", "العربية", "  trimmed  "])
def test_every_script_is_text(text):
    assert fields.StringField().run_validation(text) == text.strip()


def test_several_lines_may_break():
    assert fields.TextField().run_validation("a\r\nb\tc\nd") == "a\r\nb\tc\nd"
    assert refused(fields.TextField(), "a\x0bb")


def test_a_secret_is_taken_as_it_is():
    assert fields.SecretField().run_validation("  p\u200f w  ") == "  p\u200f w  "


@pytest.mark.parametrize(
    "value", ["urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "1", 1, None]
)
def test_a_uuid_has_one_form(value):
    assert refused(fields.UUIDField(), value)


@pytest.mark.parametrize("value", [True, 1, None, ["a"], {"a": 1}, "b"])
def test_a_choice_is_one_of_its_strings(value):
    assert refused(fields.ChoiceField(choices=["a", "1", "True"]), value)
