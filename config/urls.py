"""Every address there is. `/health` is answered before any of them, by common.health."""

from django.contrib import admin
from django.urls import include, path, re_path

from common.api import errors
from config import api

urlpatterns = [
    path("api/v1/", include(api.router.urls)),
    path("admin/", admin.site.urls),
    # Spelt out, since with DEBUG Django answers what nothing matches with a page of its own.
    re_path("", errors.not_found),
]

handler400 = "common.api.errors.bad_request"
handler403 = "common.api.errors.permission_denied"
handler404 = "common.api.errors.not_found"
handler500 = "common.api.errors.server_error"
