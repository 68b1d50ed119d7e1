"""What an answer tells of rates."""

import re
from typing import Any


def left(response: Any, scope: str) -> int:
    """How much of this rate is left, by the answer."""
    found = re.fullmatch(rf'"{scope}";r=([0-9]+);t=([0-9]+)', response["RateLimit"])
    assert found, response["RateLimit"]
    assert 0 < int(found[2]) <= 3600
    return int(found[1])
