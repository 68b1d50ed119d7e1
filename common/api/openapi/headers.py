"""Headers that many answers have, described once."""

from typing import Any


def _header(kind: str, description: str, example: Any) -> dict[str, Any]:
    return {"schema": {"type": kind}, "description": description, "example": example}


# For `APPEND_COMPONENTS`.
COMPONENTS = {
    "headers": {
        "RateLimit": _header(
            "string", "What is left, and in how many seconds all of it is again.", '"read";r=599;t=12'
        ),
        "RateLimit-Policy": _header("string", "The limit, and its window in seconds.", '"read";q=600;w=60'),
        "Retry-After": _header("integer", "In how many seconds to come back.", 12),
    }
}

THROTTLED = {name: {"$ref": f"#/components/headers/{name}"} for name in COMPONENTS["headers"]}
