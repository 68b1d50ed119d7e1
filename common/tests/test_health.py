from typing import Any

import pytest
from django.test import Client, RequestFactory

from common.health import HealthMiddleware

PATHS = ["/health", "/health/", "/health/live", "/health/live/"]


@pytest.mark.parametrize("path", PATHS)
def test_it_says_that_the_process_runs(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"status": "ok", "message": "API is running"}
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_only_read(client: Client, method: str) -> None:
    response = getattr(client, method)("/health")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 405


def test_a_probe_needs_no_https_and_may_name_any_host(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["api.example.com"]
    assert client.get("/health", headers={"Host": "10.0.0.7"}).status_code == 200


def test_other_paths_go_on() -> None:
    middleware = HealthMiddleware(lambda request: pytest.fail("reached"))
    with pytest.raises(pytest.fail.Exception, match="reached"):
        middleware(RequestFactory().get("/healthy"))
