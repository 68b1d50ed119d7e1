"""The OpenAPI document and the pages that show it, as they are served."""

import re

import pytest
import yaml
from django.contrib.staticfiles import finders

from common.docs import views
from config.env import BASE_DIR

PAGES = ["/docs", "/redoc", "/scalar"]
DOCUMENTS = ["/openapi.json", "/openapi.yaml"]
REFERENCE = re.compile(r"""(?:src|href|action)=["']([^"']*)["']""")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", [*PAGES, *DOCUMENTS])
def test_both_forms_answer(client, path, slash):
    response = client.get(path + slash)
    assert response.status_code == 200
    assert client.head(path + slash).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, *DOCUMENTS, "/"])
def test_they_are_only_read(client, path):
    response = client.post(path)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/auth/login"])
def test_a_page_names_files_that_are_there_and_no_other_host(client, path):
    references = REFERENCE.findall(client.get(path).content.decode())
    files = [reference.removeprefix("/static/") for reference in references if reference.startswith("/static/")]
    assert files
    assert all(finders.find(file) for file in files), files
    assert not [reference for reference in references if re.match(r"\w+:|//", reference)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_inside(client, path):
    page = client.get(path).content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


def test_the_document_is_the_committed_one(client):
    committed = (BASE_DIR / "openapi.yaml").read_bytes()
    as_yaml, as_json = client.get("/openapi.yaml"), client.get("/openapi.json")
    assert (as_yaml.headers["Content-Type"], as_json.headers["Content-Type"]) == (
        "application/yaml",
        "application/json",
    )
    assert as_yaml.content == committed
    assert as_json.json() == yaml.safe_load(committed)


def test_the_document_is_made_once(client, monkeypatch):
    client.get("/openapi.json")
    monkeypatch.setattr(views, "SchemaGenerator", None)
    assert client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_reader_who_has_it_is_told_so(client, path):
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_document_has_no_session_and_no_page(client):
    document = client.get("/openapi.json").json()
    assert "cookieAuth" not in document["components"]["securitySchemes"]
    assert b"text/html" not in client.get("/openapi.json").content


def test_nothing_but_scalars_script_is_served_of_its_package():
    assert finders.find("offapi/scalar.js")
    assert finders.find("offapi/scalar.js", find_all=True)
    for name in ("offapi/__init__.py", "offapi/redoc.js", "offapi/../offapi/scalar.js", "scalar.js"):
        assert finders.find(name) is None
        assert finders.find(name, find_all=True) == []
