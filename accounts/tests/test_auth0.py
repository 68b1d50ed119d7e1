"""Tokens of an Auth0 tenant at the API's door. Whatever they hold, the answer is never a 500."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.contrib.auth import authenticate

from accounts import sessions
from accounts.models import User
from accounts.tests.tenant import AUDIENCE, jwk, rsa_key

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me"


def get(api, token, url=URL):
    return api.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


def assert_refused(response):
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer"), response.content
    assert response.json()["detail"] == "Invalid or expired token"


def segment(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed_as_hs256(tenant):
    """RS256 read as HS256 takes the public key for the secret. PyJWT would not make such a token."""
    signing_input = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': tenant.kid})}.{segment(tenant.claims())}"
    return f"{signing_input}.{segment(hmac.digest(public_pem(tenant.key), signing_input.encode(), 'sha256'))}"


def test_a_token_of_the_tenant_is_taken(api, tenant):
    body = get(api, tenant.token()).json()

    assert (body["role"], body["email"], body["is_active"]) == ("store_manager", None, True)
    assert tenant.paths == ["/.well-known/jwks.json"]


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_both_types_are_taken(api, tenant, typ):
    assert get(api, tenant.token(headers={"typ": typ})).status_code == 200


def test_the_audience_may_stand_alone(api, tenant):
    assert get(api, tenant.token(aud=AUDIENCE)).status_code == 200


def test_it_is_taken_wherever_a_local_one_is(api, tenant):
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tenant.token()}")
    made = api.post("/api/v1/items", {"name": "Pen"})

    assert made.status_code == 201
    assert api.delete(f"/api/v1/items/{made.json()['id']}").status_code == 204
    assert api.post("/api/v1/todos", {"title": "Buy pens"}).status_code == 201
    assert tenant.hits == 1


def test_our_own_tokens_ask_nobody(bearer, make_user, tenant):
    assert bearer(make_user("users:read:self")).get(URL).status_code == 200
    assert tenant.hits == 0


def test_without_a_tenant_its_tokens_are_none(api, tenant, settings):
    settings.AUTH0_ISSUER = ""

    assert_refused(get(api, tenant.token()))
    assert authenticate(None, token=tenant.token()) is None
    assert tenant.hits == 0


HOSTILE_HEADERS = [
    {"alg": "HS256"},
    {"alg": "rs256"},
    {"typ": "refresh"},
    {"typ": None},
    {"kid": ""},
    {"kid": "k" * 129},
    {"crit": ["exp2"], "exp2": 1},
    {"crit": []},
    {"b64": True},
    {"zip": "DEF"},
    {"jku": "https://attacker.example/keys"},
    {"x5u": "https://attacker.example/cert"},
    {"x5c": ["MII="]},
    {"jwk": jwk(rsa_key("attacker"), "key-1")},
]


@pytest.mark.parametrize("headers", HOSTILE_HEADERS, ids=lambda headers: next(iter(headers)))
def test_a_hostile_header(api, tenant, headers):
    payload = segment(tenant.claims())
    header = segment({"alg": "RS256", "typ": "JWT", "kid": tenant.kid, **headers})
    signature = tenant.token().rpartition(".")[2]

    assert_refused(get(api, f"{header}.{payload}.{signature}"))
    assert tenant.hits == 0


@pytest.mark.parametrize("headers", [{"jwk": jwk(rsa_key("attacker"), "key-1")}, {"jku": "https://127.0.0.1/keys"}])
def test_a_key_that_the_token_brings_along_is_not_used(api, tenant, headers):
    assert_refused(get(api, tenant.token(key=rsa_key("attacker"), headers=headers)))
    assert_refused(get(api, tenant.token(headers=headers)))
    assert tenant.hits == 0


@pytest.mark.parametrize("kid", [None, 7, ["key-1"], {"key": 1}, True])
def test_an_id_of_a_key_that_is_no_text(api, tenant, kid):
    unsigned = f"{segment({'alg': 'RS256', 'typ': 'JWT', 'kid': kid})}.{segment(tenant.claims())}.{segment(b'x' * 256)}"

    assert_refused(get(api, unsigned))
    assert tenant.hits == 0


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_no_algorithm(api, tenant, name):
    unsigned = f"{segment({'alg': name, 'typ': 'JWT', 'kid': tenant.kid})}.{segment(tenant.claims())}."

    assert_refused(get(api, unsigned))
    assert tenant.hits == 0


def test_the_public_key_is_no_secret(api, tenant):
    assert_refused(get(api, signed_as_hs256(tenant)))
    assert tenant.hits == 0


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_right_key(api, tenant, algorithm):
    assert_refused(get(api, tenant.token(algorithm=algorithm)))
    assert tenant.hits == 0


ODD_CLAIMS = [
    {"exp": int(time.time()) - 1},
    {"exp": 10**12},
    {"exp": 10**30},
    {"exp": 1e300},
    {"exp": float("inf")},
    {"exp": "2999999999"},
    {"exp": True},
    {"exp": {}},
    {"exp": None},
    {"iat": int(time.time()) + 3600},
    {"iat": -1},
    {"iat": "1"},
    {"iat": float("-inf")},
    {"nbf": int(time.time()) + 3600},
    {"nbf": "soon"},
    {"sub": ""},
    {"sub": 7},
    {"sub": {}},
    {"sub": ["auth0|ada"]},
    {"sub": "auth0|\x00ada"},
    {"sub": "auth0|ada\n"},
    {"sub": "auth0|\ud800"},
    {"sub": "auth0|\u202eada"},
    {"sub": "s" * 256},
    {"aud": "https://other.example.com"},
    {"aud": ["https://other.example.com"]},
    {"aud": []},
    {"aud": {}},
    {"aud": {AUDIENCE: 1}},
    {"aud": None},
    {"permissions": "*"},
    {"permissions": {"*": 1}},
    {"permissions": ["*", 1]},
    {"permissions": None},
    {"roles": "admin"},
    {"roles": [["admin"]]},
    *({name: ...} for name in ("sub", "aud", "exp", "iat")),
]


@pytest.mark.parametrize("changed", ODD_CLAIMS, ids=lambda changed: next(iter(changed)))
def test_odd_claims_however_well_signed(api, tenant, changed):
    assert_refused(get(api, tenant.token(**changed)))
    assert (tenant.hits, User.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "change", [str.upper, lambda issuer: issuer.rstrip("/"), lambda issuer: issuer + "x", "", None]
)
def test_another_issuer(api, tenant, change):
    issuer = change(tenant.issuer) if callable(change) else change

    assert_refused(get(api, tenant.token(iss=issuer)))
    assert authenticate(None, token=tenant.token(iss=issuer)) is None  # by the door where nobody has asked for it yet
    assert tenant.hits == 0


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b'{"iss": ' * 3000, b"1" * 6000])
def test_a_payload_that_is_no_object(api, tenant, payload):
    assert_refused(get(api, f"{segment({'alg': 'RS256', 'typ': 'JWT', 'kid': tenant.kid})}.{segment(payload)}.AAAA"))
    assert tenant.hits == 0


def test_another_key_under_the_right_id(api, tenant):
    assert_refused(get(api, tenant.token(key=rsa_key("attacker"))))


def test_a_changed_payload_under_the_right_signature(api, tenant):
    header, _, signature = tenant.token().split(".")

    assert_refused(get(api, f"{header}.{segment(tenant.claims(sub='auth0|eve'))}.{signature}"))
    assert not User.objects.exists()


def test_each_issuer_has_one_verifier(api, tenant, make_user, monkeypatch):
    """Ours with the tenant's issuer is read as the tenant's, and the other way round; neither is tried in turn."""
    ada = make_user("users:read:self")
    monkeypatch.setattr("accounts.tokens.read", lambda *args: pytest.fail("asked the other verifier"))
    assert_refused(get(api, jwt.encode(tenant.claims(sub=str(ada.pk)), "k" * 64, "HS256", {"kid": tenant.kid})))
    assert tenant.hits == 0
    monkeypatch.undo()
    assert_refused(get(api, tenant.token(iss="stockroom", aud="stockroom", sub=str(ada.pk), type="access")))
    assert tenant.hits == 0


def test_the_tenant_may_change_its_keys(api, tenant, monkeypatch):
    monkeypatch.setattr("accounts.jwks.COOLDOWN", 0)
    old = tenant.token()
    assert get(api, old).status_code == 200
    tenant.rotate()
    assert get(api, tenant.token()).status_code == 200
    assert get(api, old).status_code == 200
    assert tenant.hits == 2


@pytest.mark.parametrize("behaviour", ["fail", "redirect", "swell", "babble"])
def test_without_any_keys_yet_it_is_503_and_once_they_are_known_they_serve(api, tenant, behaviour):
    tenant.behaviour = behaviour
    response = get(api, tenant.token())
    assert (response.status_code, response.json()["code"]) == (503, "keys_unavailable")
    assert 25 < int(response["Retry-After"]) <= 30
    assert tenant.hits == 1


def test_while_the_tenant_is_down_its_known_keys_serve(api, tenant, monkeypatch):
    monkeypatch.setattr("accounts.jwks.FRESH", 0)
    monkeypatch.setattr("accounts.jwks.COOLDOWN", 0)
    assert get(api, tenant.token()).status_code == 200
    tenant.behaviour = "fail"

    assert get(api, tenant.token()).status_code == 200
    assert_refused(get(api, tenant.token(headers={"kid": "unknown"})))
    assert tenant.hits > 1


def test_logging_out_refuses_this_token_in_every_spelling(api, tenant):
    token, other = tenant.token(), tenant.token(jti="another")
    assert get(api, token).status_code == 200
    out = api.post("/api/v1/users/logout", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert out.status_code == 200

    assert_refused(get(api, token))
    assert_refused(get(api, token + "=="))
    assert get(api, other).status_code == 200


def test_the_oauth2_way_out_takes_it_too(api, tenant):
    token = tenant.token()
    out = api.post("/api/v1/store-managers/logout", {}, HTTP_AUTHORIZATION=f"Bearer {token}")

    assert out.json() == {"message": "Logged out successfully"}
    assert_refused(get(api, token))


def test_logging_out_everywhere_refuses_the_tokens_until_then(api, tenant):
    old = tenant.token(iat=int(time.time()) - 5)
    assert get(api, old).status_code == 200
    sessions.end_all(User.objects.get())

    assert_refused(get(api, old))
    tenant.a_minute_passes()
    assert get(api, tenant.token(iat=int(time.time()) + 1)).status_code == 200


def test_it_costs_two_queries(api, tenant, django_assert_num_queries):
    get(api, tenant.token())
    with django_assert_num_queries(2):
        assert get(api, tenant.token()).status_code == 200
