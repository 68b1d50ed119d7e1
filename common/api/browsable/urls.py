"""Sign-in by session, for browsers. REST framework's templates look for these names."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import re_path
from drf_spectacular.settings import spectacular_settings

app_name = "rest_framework"
urlpatterns = [
    re_path(
        r"^login/?\Z",
        LoginView.as_view(
            template_name="browsable/login.html",
            next_page="api-root",
            extra_context={"product": spectacular_settings.TITLE},
        ),
        name="login",
    ),
    re_path(r"^logout/?\Z", LogoutView.as_view(next_page="api-root"), name="logout"),
]
