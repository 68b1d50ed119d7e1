"""Every address there is. `/health` and `/health/ready` are answered before any of them, by common.health."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import jwks
from common.api import errors
from common.api.resolver import mount
from config import api, views

urlpatterns = [
    mount("api/v1/", api.router.urls),
    path("", views.root),
    path("api/v1", api.router.root),
    path("", include("common.docs.urls")),
    *([path("api/v1/auth/", include("common.api.browsable.urls"))] if settings.BROWSABLE_API else []),
    path(".well-known/jwks.json", jwks),
    path("admin", RedirectView.as_view(pattern_name="admin:index", query_string=True)),
    path("admin/", admin.site.urls),
    # Spelt out, since with DEBUG Django answers what nothing matches with a page of its own.
    re_path("", errors.not_found),
]

handler400 = "common.api.errors.bad_request"
handler403 = "common.api.errors.permission_denied"
handler404 = "common.api.errors.not_found"
handler500 = "common.api.errors.server_error"
