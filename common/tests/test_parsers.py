from io import BytesIO

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import ParseError

from common.api.parsers import read


def test_a_body_that_breaks_off_is_no_body():
    request = RequestFactory().post("/", b"{}", content_type="application/json", CONTENT_LENGTH="100")
    request._stream = BytesIO(b"{}")
    with pytest.raises(ParseError, match="shorter than its Content-Length"):
        read(request)


def test_a_whole_body_is_read():
    assert read(RequestFactory().post("/", b"{}", content_type="application/json")) == b"{}"
