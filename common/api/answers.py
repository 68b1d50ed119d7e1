"""Answers of JSON that is bytes already."""

from http.cookies import SimpleCookie

from django.http import HttpResponse

from common.api.renderers import JSONRenderer
from common.headers import Headers

_TYPE = ("Content-Type", JSONRenderer.media_type)


class Answer(HttpResponse):
    """What Django's would be, without the thirty functions that look at what is known here."""

    def __init__(self, body: bytes, *, status: int = 200) -> None:
        vars(self).update(
            headers=Headers.of({"content-type": _TYPE}),
            cookies=SimpleCookie(),
            status_code=status,
            closed=False,
            _charset=None,
            _container=[body],
            _handler_class=None,
            _reason_phrase=None,
            _resource_closers=[],
        )
