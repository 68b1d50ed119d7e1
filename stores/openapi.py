"""What Swagger's Authorize needs to sign in by itself: the OAuth2 password flow, beside the bearer token."""

from typing import Any

from django.urls import reverse

from accounts.authentication import BearerScheme


class PasswordFlowScheme(BearerScheme):
    name: Any = ["bearer", "password"]
    priority = 1

    def get_security_requirement(self, auto_schema: object) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: object) -> Any:
        flow = {"tokenUrl": reverse("store-managers-token"), "scopes": {}}
        return [super().get_security_definition(auto_schema), {"type": "oauth2", "flows": {"password": flow}}]
