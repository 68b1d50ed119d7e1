"""Which characters and which digits are text and numbers here."""

import re

# Line breaks and tabs are fine in a text of several lines; every other control character (Cc), and a lone
# surrogate, which no UTF-8 can carry, is fine nowhere.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# In one line also no break of any kind, nor a mark that reorders what is shown (Unicode TR 36, 3.4).
_NOT_IN_ONE_LINE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# ASCII digits without leading zeros, within 64 bits by length: `int` would take "1_000" and "١٢".
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

INT64_MAX = 2**63 - 1


def has_control(text: str) -> bool:
    return bool(_CONTROL.search(text))


def fits_one_line(text: str) -> bool:
    return not _NOT_IN_ONE_LINE.search(text)


def is_integer(text: str) -> bool:
    """Whether this is the decimal form of a signed 64-bit integer."""
    return bool(_INTEGER.fullmatch(text)) and -INT64_MAX - 1 <= int(text) <= INT64_MAX


def is_decimal(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text))


def is_uuid(text: str) -> bool:
    """Whether this is a UUID in its canonical form (RFC 9562, 4); `uuid.UUID` takes braces and URNs too."""
    return bool(_UUID.fullmatch(text))


def printable(text: str, limit: int = 100) -> str:
    """What a client wrote, fit to be repeated in an answer or a log line."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:limit])
