import pytest


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "url", ["/no/such/place", "/api/v1/nothing", "/api/v1/todos/1/nothing", "/api/v1", "//evil.com", "/%00"]
)
def test_an_address_that_is_none_is_a_problem_whatever_debug_says(client, settings, url, debug):
    settings.DEBUG = debug
    response = client.get(url, headers={"Accept": "application/json"})
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.django_db
def test_the_admin_has_pages_of_its_own(client):
    response = client.get("/admin/no/such/place/")
    assert response.status_code in {302, 404}
    assert response.headers["Content-Type"].startswith("text/html")
