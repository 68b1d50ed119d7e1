import pytest
from django.test import Client


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "url",
    ["/no/such/place", "/api/v1/nothing", "/api/v1/todos/1/nothing", "/api/v1//evil.com", "/%2F/evil.com", "/%00"],
)
def test_an_address_that_is_none_is_a_problem_whatever_debug_says(client, settings, url, debug):
    settings.DEBUG = debug
    response = client.get(url, headers={"Accept": "application/json"})
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_404_for_every_method(method, caplog):
    response = getattr(Client(enforce_csrf_checks=True), method)("/api/v1/nope", "{}", content_type="application/json")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
    assert not [record for record in caplog.records if "nope" in record.getMessage()]


def test_a_cursor_belongs_to_its_resource(make_user, bearer):
    client = bearer(make_user("*"))
    for _ in range(2):
        client.post("/api/v1/items", {"name": "Pen"})
    cursor = client.get("/api/v1/items?cursor=&ordering=id&page_size=1").json()["next"].partition("cursor=")[2]
    response = client.get(f"/api/v1/todos?ordering=id&cursor={cursor.partition('&')[0]}")
    assert [error["field"] for error in response.json()["errors"]] == ["query.cursor"]


@pytest.mark.django_db
def test_the_admin_has_pages_of_its_own(client):
    response = client.get("/admin/no/such/place/")
    assert response.status_code in {302, 404}
    assert response.headers["Content-Type"].startswith("text/html")
