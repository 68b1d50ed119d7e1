"""REST framework's request, which looks for what every request is asked for where it is."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework import request
from rest_framework.request import Empty, WrappedAttributeError

from common.api.parsers import StrictJSONParser

_Base: Any = request.Request


def _of_ours(error: AttributeError) -> WrappedAttributeError:
    """A mistake of our own, told from an attribute that is not there, as DRF does."""
    return WrappedAttributeError(str(error)).with_traceback(error.__traceback__)


class Request(request.Request):
    """DRF's looks for the method and the headers in vain first, each time, and for the user it has not got yet by way
    of an error. All that is some 2 % of a GET."""

    def __init__(self, request: HttpRequest, **parts: Any) -> None:
        super().__init__(request, **parts)
        self.method = request.method
        self.META = request.META

    def _load_data_and_files(self) -> None:
        """The short way for JSON, which is for the first parser and has no files."""
        first = self.parsers[0] if self.parsers else None
        is_json = type(first) is StrictJSONParser and self.META.get("CONTENT_TYPE") == first.media_type
        stream = self.stream if is_json and vars(self)["_data"] is Empty else None
        if not first or not stream:
            _Base._load_data_and_files(self)
            return
        nothing: Any = MultiValueDict()
        try:
            self._data = self._full_data = first.parse(stream, first.media_type, self.parser_context)
        except Exception:
            # As DRF does: the page that says what is wrong asks for the body again.
            self._data = self._full_data = QueryDict("", encoding=self._request.encoding)
            raise
        finally:
            self._files = nothing

    def _get_data(self) -> Any:
        known = vars(self)
        if known["_full_data"] is Empty:
            try:
                self._load_data_and_files()
            except AttributeError as error:
                raise _of_ours(error) from None
        return known["_full_data"]

    data = property(_get_data)

    def _get_user(self) -> Any:
        known = vars(self)
        if "_user" not in known:
            try:
                _Base._authenticate(self)
            except AttributeError as error:
                raise _of_ours(error) from None
        return known["_user"]

    user = property(_get_user, _Base.user.fset)

    def _get_auth(self) -> Any:
        known = vars(self)
        return known["_auth"] if "_auth" in known else super().auth

    auth = property(_get_auth, _Base.auth.fset)
