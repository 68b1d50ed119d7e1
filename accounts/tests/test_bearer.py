"""Who is let in by the Authorization header. Whatever it holds, the answer is never a 500."""

import base64
import hmac
import json
import socket
import time
import uuid
from datetime import timedelta

import jwt
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import keys, sessions
from accounts.models import Session, User

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me"
KEY = keys.first().signing
KID = keys.first().kid
ABSENT = object()


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com")


def claims(user, **changed):
    """Those of a new session, but for what is changed."""
    found = jwt.decode(sessions.start(user).access, options={"verify_signature": False}) | changed
    return {name: value for name, value in found.items() if value is not ABSENT}


def sign(payload, *, key=KEY, algorithm="HS256", **headers):
    # Below `jwt.encode`, which would look at the claims.
    named = {name: value for name, value in {"kid": KID, **headers}.items() if value is not ABSENT}
    return jwt.PyJWS().encode(json.dumps(payload).encode(), key, algorithm, named)


def get(api, header):
    return api.get(URL, HTTP_AUTHORIZATION=header)


def assert_refused(response, detail="Invalid or expired token"):
    assert response.status_code == 401, response.content
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["detail"] == detail


def segment(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_token_of_ours_is_taken(api, ada, scheme):
    assert get(api, f"{scheme} {sign(claims(ada))}").status_code == 200


def test_without_a_header(api):
    assert_refused(api.get(URL), "Missing or invalid Authorization header")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer a b", "Bearer  a b", "x"])
def test_a_header_of_another_shape(api, header):
    assert_refused(get(api, header), "Missing or invalid Authorization header")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "..",
        "é.é.é",
        "\x00",
        "a" * 5000,
        f"{segment(b'[' * 3000)}.{segment({})}.x",
        "🔑".encode().decode("latin-1"),
    ],
)
def test_garbage(api, token):
    assert_refused(get(api, f"Bearer {token}"))


ODD_CLAIMS = [
    {"exp": int(time.time()) - 10},
    {"exp": 10**12},
    {"exp": 10**30},
    {"exp": 1e300},
    {"exp": time.time() + 600.5},
    {"exp": "2999999999"},
    {"exp": True},
    {"exp": None},
    {"exp": float("inf")},
    {"exp": {}},
    {"sub": {}},
    {"sub": 1},
    {"sub": ""},
    {"sub": "1_0"},
    {"sub": "-1"},
    {"sub": "٣"},
    {"sub": "1\x00"},
    {"sub": "9" * 19},
    {"sub": "9" * 5000},
    {"sub": "999999"},
    {"jti": "\x00"},
    {"jti": []},
    {"jti": "x" * 300},
    {"sid": {}},
    {"sid": None},
    {"ver": "0"},
    {"ver": False},
    {"ver": 0.0},
    {"ver": 1},
    {"ver": -1},
    {"ver": 10**30},
    {"iss": "somebody"},
    {"iss": ["stockroom"]},
    {"aud": "somebody"},
    {"aud": {}},
    {"type": "refresh"},
    {"type": ["access"]},
    {"iat": int(time.time()) + 3600},
    {"iat": float("inf")},
    {"nbf": int(time.time()) + 3600},
    *({name: ABSENT} for name in ("sub", "sid", "ver", "jti", "exp", "iss", "aud", "type")),
]


@pytest.mark.parametrize("changed", ODD_CLAIMS, ids=lambda changed: next(iter(changed)))
def test_odd_claims_however_well_signed(api, ada, changed):
    assert_refused(get(api, f"Bearer {sign(claims(ada, **changed))}"))


def test_another_key(api, ada):
    assert_refused(get(api, f"Bearer {sign(claims(ada), key='k' * 64)}"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_our_key(api, ada, algorithm):
    assert_refused(get(api, f"Bearer {sign(claims(ada), algorithm=algorithm)}"))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "RS256", ""])
def test_an_algorithm_that_is_only_claimed(api, ada, name):
    unsigned = f"{segment({'alg': name, 'kid': KID})}.{segment(claims(ada))}."

    assert_refused(get(api, f"Bearer {unsigned}"))


@pytest.mark.parametrize("kid", [ABSENT, "", "0" * 16, "\x00", "../keys/1", "' OR 1=1 --"])
def test_a_key_that_is_not_ours(api, ada, kid):
    assert_refused(get(api, f"Bearer {sign(claims(ada), kid=kid)}"))


@pytest.mark.parametrize("kid", [None, 1, [KID], {"kid": KID}])
def test_a_key_that_is_no_text(api, ada, kid):
    header, payload = segment({"alg": "HS256", "kid": kid}), segment(claims(ada))
    digest = hmac.digest(str(KEY).encode(), f"{header}.{payload}".encode(), "sha256")

    assert_refused(get(api, f"Bearer {header}.{payload}.{segment(digest)}"))


def test_an_unknown_critical_header(api, ada):
    assert_refused(get(api, f"Bearer {sign(claims(ada), crit=['exp2'], exp2=1)}"))


def test_a_key_that_the_token_brings_along_is_not_used_nor_fetched(api, ada, monkeypatch):
    def refuse(address, *args):
        raise AssertionError(f"connected to {address}")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    theirs = "k" * 64
    links = dict.fromkeys(("jku", "x5u"), "https://attacker.example/key")
    jwk = {"kty": "oct", "k": segment(theirs.encode())}

    assert_refused(get(api, f"Bearer {sign(claims(ada), key=theirs, jwk=jwk, **links)}"))


def test_a_refresh_token_is_no_access_token(api, ada):
    assert_refused(get(api, f"Bearer {sessions.start(ada).refresh}"))


def test_one_token_can_be_blacklisted_by_itself(api, ada):
    one, other = claims(ada), claims(ada)
    row = OutstandingToken.objects.create(jti=one["jti"], expires_at=timezone.now() + timedelta(hours=1))
    BlacklistedToken.objects.create(token=row)

    assert_refused(get(api, f"Bearer {sign(one)}"))
    assert get(api, f"Bearer {sign(other)}").status_code == 200


def test_a_deleted_account(api, ada):
    access = sessions.start(ada).access
    ada.delete()

    assert_refused(get(api, f"Bearer {access}"))


def test_an_account_that_is_deactivated_is_out_at_once(api, ada):
    access = sessions.start(ada).access
    assert get(api, f"Bearer {access}").status_code == 200

    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert_refused(get(api, f"Bearer {access}"))


def test_a_token_from_before_everything_was_ended_says_so(api, ada):
    access = sessions.start(ada).access
    User.objects.filter(pk=ada.pk).update(token_version=1)

    response = get(api, f"Bearer {access}")

    assert_refused(response)
    assert response.json()["code"] == "token_stale"


@pytest.mark.parametrize(
    "changed",
    [
        {"ended_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"id": uuid.uuid4()},
    ],
)
def test_a_session_that_is_over(api, ada, changed):
    access = sessions.start(ada).access
    Session.objects.update(**changed)

    assert_refused(get(api, f"Bearer {access}"))


def test_the_session_of_somebody_else(api, ada, make_user):
    sessions.start(make_user())
    theirs = Session.objects.get().pk.hex

    assert_refused(get(api, f"Bearer {sign(claims(ada, sid=theirs))}"))


def test_a_permission_taken_away_is_gone_on_the_next_request(api, ada):
    access = sessions.start(ada).access
    ada.roles.clear()

    assert get(api, f"Bearer {access}").status_code == 403


def test_without_the_database_nobody_is_let_in_nor_turned_away(api, ada):
    def gone(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    access = sessions.start(ada).access
    with connection.execute_wrapper(gone):
        response = get(api, f"Bearer {access}")

    assert response.status_code == 503
    assert response.json()["code"] == "database_unavailable"
    assert response["Retry-After"]
