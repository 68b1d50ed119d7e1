import pytest

from config import __version__

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "application/json;q=0.5, text/html"])
def test_a_browser_is_sent_to_the_docs(client, accept):
    response = client.get("/", headers={"Accept": accept})
    assert (response.status_code, response.headers["Location"]) == (302, "/scalar")
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "", "application/json", "application/json, text/html;q=0.9", "image/png"])
def test_a_program_is_told_where_things_are(client, accept):
    response = client.get("/", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Vary"] == "Accept"
    assert response.json() == {
        "name": "Stockroom",
        "version": __version__,
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/health",
    }
    for place in ("docs", "openapi", "health"):
        assert client.get(response.json()[place]).status_code == 200


def test_the_admin_is_found_without_its_slash(client):
    response = client.get("/admin?next=here")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/?next=here")


def test_a_browser_that_asks_for_an_icon_by_itself_gets_ours(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/docs/icon.svg")
