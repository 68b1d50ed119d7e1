import pytest

from common.lookups import upper


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("abc", "ABC"),
        ("\u00e9\u00df", "\u00c9\u00df"),
        ("\u1fb3\u03b2", "\u1fbc\u0392"),
        ("\ufb01", "\ufb01"),
        (None, None),
        ("", ""),
    ],
)
def test_letters_are_folded_one_by_one_as_postgresql_does(text, folded):
    assert upper(text) == folded
