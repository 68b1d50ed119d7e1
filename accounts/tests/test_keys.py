"""The keys that tokens are signed with, one after the other, and nobody signed out by it."""

from datetime import timedelta
from io import StringIO
from unittest.mock import Mock

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import keys, sessions
from accounts.models import SigningKey

pytestmark = pytest.mark.django_db

JWKS = "/.well-known/jwks.json"
ME = "/api/v1/users/me"
REFRESH = "/api/v1/users/refresh"


@pytest.fixture(autouse=True)
def ring(monkeypatch):
    """As in a process that has just started."""
    monkeypatch.setattr(keys, "_ring", keys.Ring(0, ((keys._EVER, keys.first()),)))
    monkeypatch.setattr(keys, "_looked_at", -keys.PAUSE)


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self")


def rotate(*arguments):
    out = StringIO()
    call_command("rotate_signing_key", *arguments, stdout=out)
    return out.getvalue()


def pass_lead():
    SigningKey.objects.update(signs_from=F("signs_from") - keys.LEAD - timedelta(seconds=1))


def forget(monkeypatch):
    """Be a process that has not looked since before the first rotation."""
    monkeypatch.setattr(keys, "_ring", keys.Ring(0, ((keys._EVER, keys.first()),)))


def header(raw):
    return jwt.get_unverified_header(raw)


def is_let_in(api, access):
    return api.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


def can_refresh(api, refresh):
    return api.post(REFRESH, {"refresh_token": refresh}).status_code == 200


def test_a_new_key_signs_when_everybody_knows_it_and_nobody_is_signed_out(api, ada, monkeypatch):
    before = sessions.start(ada)
    said = rotate()
    meanwhile = sessions.start(ada)
    pass_lead()
    after = sessions.start(ada)

    row = SigningKey.objects.get()
    assert said.startswith(f"{row.kid} (HS256) signs from ")
    assert header(before.access)["kid"] == header(meanwhile.access)["kid"] == keys.first().kid
    assert header(after.access)["kid"] == header(after.refresh)["kid"] == row.kid
    for pair in (before, meanwhile, after):
        forget(monkeypatch)
        monkeypatch.setattr(keys, "_looked_at", -keys.PAUSE)
        assert is_let_in(api, pair.access)
        forget(monkeypatch)
        assert can_refresh(api, pair.refresh)


def test_an_answer_that_is_asked_for_again_is_the_same_though_the_key_has_changed(ada):
    parent = sessions.start(ada).refresh
    child = sessions.rotate(parent).refresh
    rotate()
    SigningKey.objects.update(signs_from=timezone.now())

    assert sessions.rotate(parent).refresh == child
    assert keys.current().kid == SigningKey.objects.get().kid != header(child)["kid"]


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_the_algorithm_can_be_changed_on_the_way(api, ada, algorithm):
    pairs = [sessions.start(ada)]
    for name in ("EdDSA", "HS256", algorithm):
        rotate("--algorithm", name)
        pass_lead()
        pairs.append(sessions.start(ada))

    assert [header(pair.access)["alg"] for pair in pairs] == ["HS256", "EdDSA", "HS256", algorithm]
    assert len({header(pair.access)["kid"] for pair in pairs}) == 4
    for pair in pairs:
        assert is_let_in(api, pair.access)
        assert can_refresh(api, pair.refresh)


def test_without_a_word_it_stays_as_it_was(ada):
    rotate("--algorithm", "EdDSA")
    rotate()

    assert [key.algorithm for key in SigningKey.objects.order_by("id")] == ["EdDSA", "EdDSA"]


def test_the_tokens_of_a_key_that_got_out_are_refused_at_once(api, ada, monkeypatch):
    stolen = sessions.start(ada)
    assert is_let_in(api, stolen.access)

    rotate("--refuse-older")

    assert header(sessions.start(ada).access)["kid"] == SigningKey.objects.get().kid
    for ask in (lambda: is_let_in(api, stolen.access), lambda: can_refresh(api, stolen.refresh)):
        forget(monkeypatch)
        assert not ask()
    forget(monkeypatch)
    assert api.post("/api/v1/token/verify", {"token": stolen.refresh}).status_code == 401
    assert is_let_in(api, sessions.start(ada).access)


def test_also_of_one_that_was_to_sign_next(api, ada):
    rotate()
    rotate("--refuse-older")
    pass_lead()

    assert [key.kid for _, key in keys.refresh().keys] == [SigningKey.objects.latest("id").kid]


def test_a_clock_that_is_behind_signs_all_the_same(ada):
    rotate("--refuse-older")
    SigningKey.objects.update(signs_from=timezone.now() + timedelta(seconds=5))

    assert header(sessions.start(ada).access)["kid"] == SigningKey.objects.get().kid


def test_a_key_is_kept_for_as_long_as_its_tokens_may_live():
    rotate()
    SigningKey.objects.update(signs_from=timezone.now() - keys.LONGEST + timedelta(minutes=1))
    assert keys.first().kid in keys.refresh().taken()

    SigningKey.objects.update(signs_from=timezone.now() - keys.LONGEST)
    assert keys.first().kid not in keys.refresh().taken()


def test_tokens_of_unknown_keys_make_it_look_once_a_second(api, monkeypatch, django_assert_num_queries):
    clock = Mock(return_value=1_000.0)
    monkeypatch.setattr(keys, "monotonic", clock)
    token = jwt.encode({"sub": "1"}, "k" * 64, "HS256", {"kid": "0" * 16})

    with django_assert_num_queries(1):
        for _ in range(20):
            assert not is_let_in(api, token)
    clock.return_value += keys.PAUSE
    with django_assert_num_queries(1):
        assert not is_let_in(api, token)


def test_a_public_key_is_no_secret(api, ada):
    """RFC 8725, 2.1: the token says HS256, and the "secret" is what everybody can read."""
    rotate("--algorithm", "EdDSA")
    pass_lead()
    access = sessions.start(ada).access
    public = keys.current().verifying
    assert isinstance(public, Ed25519PublicKey)
    claims = jwt.decode(access, options={"verify_signature": False})

    forged = jwt.encode(
        claims, public.public_bytes(Encoding.Raw, PublicFormat.Raw), "HS256", {"kid": keys.current().kid}
    )

    assert is_let_in(api, access)
    assert not is_let_in(api, forged)


def test_what_is_stored_is_no_secret():
    rotate("--algorithm", "EdDSA")

    assert {field.name for field in SigningKey._meta.fields} == {
        "id",
        "kid",
        "algorithm",
        "created_at",
        "signs_from",
        "refuses_older",
    }


def test_an_algorithm_that_is_none_of_ours_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.create(kid="x", algorithm="none", signs_from=timezone.now())


class TestJWKS:
    def test_is_empty_while_tokens_are_signed_with_a_secret(self, api):
        rotate()

        response = api.get(JWKS)

        assert response.status_code == 200
        assert response.json() == {"keys": []}

    def test_is_all_that_others_need_to_verify_our_tokens(self, api, ada):
        rotate("--algorithm", "EdDSA")
        published = jwt.PyJWKSet.from_dict(api.get(JWKS).json())
        pass_lead()
        access = sessions.start(ada).access

        key = published[header(access)["kid"]]

        claims = jwt.decode(access, key, ["EdDSA"], audience="stockroom", issuer="stockroom")
        assert claims["sub"] == str(ada.pk)

    def test_says_nothing_private_and_how_long_it_holds(self, api):
        rotate("--algorithm", "EdDSA")

        response = api.get(JWKS)

        (key,) = response.json()["keys"]
        assert key.keys() == {"kty", "crv", "x", "kid", "alg", "use"}
        assert response["Content-Type"] == "application/jwk-set+json"
        assert response["Cache-Control"] == "public, max-age=60"

    def test_there_is_nothing_to_post(self, api):
        assert api.post(JWKS).status_code == 405
