"""What stands in the raw form at first: a body that shows what the endpoint reads."""

from typing import Any

from common.api.endpoints import Endpoint

_CHANGES = frozenset({Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.SELF_UPDATE, Endpoint.SELF_PARTIAL_UPDATE})


def example(view: Any, shown: Any) -> Any:
    """For the view as it would answer now; `shown` is what the page shows."""
    endpoint = getattr(view, "endpoint", None)
    if endpoint in _CHANGES:
        return writable(view, shown)
    match endpoint:
        case Endpoint.CREATE:
            return blank(view)
        case Endpoint.BULK_CREATE:
            return [blank(view)]
        case Endpoint.BULK_UPDATE:
            return [{"id": None, **blank(view)}]
        case Endpoint.BULK_DELETE:
            return {"ids": []}
        case _:
            return {}


def blank(view: Any) -> dict[str, Any]:
    """The fields that may be sent, at their initial values; what would be refused as null is left out."""
    serializer = view.get_serializer()
    initial = {name: field.get_initial() for name, field in serializer.fields.items() if not field.read_only}
    return {name: value for name, value in initial.items() if value is not None or serializer.fields[name].allow_null}


def writable(view: Any, shown: Any) -> dict[str, Any]:
    """Of the row that is shown, what may be changed."""
    if not isinstance(shown, dict):
        return {}
    fields = view.get_serializer().fields
    return {name: value for name, value in shown.items() if name in fields and not fields[name].read_only}
