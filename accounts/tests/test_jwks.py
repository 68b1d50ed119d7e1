"""The keys of a tenant: when they are fetched, how long they serve, and what is taken for one."""

import json
import logging
import time
from threading import Event

import pytest

from accounts import jwks
from accounts.tests.tenant import jwk, rsa_key, running_tenant
from common.exceptions import Unavailable
from common.testing.races import at_once

HOUR = 3600


class Provider:
    """Keys, a clock and a count, in place of a tenant; `away` makes it fail, `busy` makes it wait."""

    def __init__(self, *kids):
        self.keys = {kid: rsa_key(1).public_key() for kid in kids}
        self.now = 1_000_000.0
        self.fetches = 0
        self.away = False
        self.busy = Event()
        self.busy.set()
        self.cache = jwks.KeyCache(self.fetch, clock=lambda: self.now)

    def fetch(self):
        self.fetches += 1
        self.busy.wait(10)
        if self.away:
            raise jwks.FetchError("away")
        return dict(self.keys)

    def settle(self):
        """Until no fetch is under way."""
        self.busy.set()
        deadline = time.monotonic() + 5
        while self.cache._flight and time.monotonic() < deadline:
            time.sleep(0.001)

    def knows(self, kid):
        found = self.cache.get(kid) is not None
        self.settle()
        return found


def test_keys_are_fetched_once_an_hour():
    provider = Provider("a")
    for minutes in (0, 10, 59):
        provider.now = 1_000_000.0 + minutes * 60
        assert provider.knows("a")
    assert provider.fetches == 1

    provider.now += 60
    assert provider.knows("a")
    assert provider.fetches == 2


def test_a_key_that_was_withdrawn_is_gone_with_the_next_fetch():
    provider = Provider("a", "b")
    assert provider.knows("a")
    del provider.keys["a"]
    provider.now += HOUR
    assert provider.knows("b")
    assert not provider.knows("a")


def test_a_new_key_is_fetched_at_once():
    provider = Provider("a")
    assert provider.knows("a")
    provider.keys["b"] = rsa_key(2).public_key()
    provider.now += 31
    assert provider.knows("b")
    assert provider.fetches == 2


@pytest.mark.parametrize("away", [False, True])
def test_unknown_ids_cost_one_fetch_in_thirty_seconds(away):
    provider = Provider("a")
    assert provider.knows("a")
    provider.away = away
    provider.now += 30
    for number in range(100):
        provider.now += 0.299
        assert not provider.knows(f"unknown-{number}")
    assert provider.fetches == 2
    provider.now += 30
    assert not provider.knows("unknown")
    assert provider.fetches == 3


def test_stale_keys_serve_for_a_day():
    provider = Provider("a")
    assert provider.knows("a")
    provider.away = True
    provider.now += 24 * HOUR - 1
    assert provider.knows("a")
    assert provider.fetches == 2

    provider.now += 31
    with pytest.raises(Unavailable):
        provider.cache.get("a")


def test_without_any_keys_it_says_when_to_come_back():
    provider = Provider("a")
    provider.away = True
    with pytest.raises(Unavailable) as refused:
        provider.cache.get("a")
    assert refused.value.retry_after == 30
    provider.now += 28.5
    with pytest.raises(Unavailable) as refused:
        provider.cache.get("a")
    assert (refused.value.retry_after, provider.fetches) == (2, 1)

    provider.away = False
    provider.now += 1.5
    assert provider.knows("a")


def test_a_stale_key_is_not_waited_for():
    provider = Provider("a")
    assert provider.knows("a")
    provider.now += HOUR
    provider.busy.clear()
    started = time.monotonic()
    assert provider.cache.get("a")
    assert time.monotonic() - started < 1
    assert provider.fetches == 2
    provider.settle()


def test_a_known_key_does_not_wait_for_a_fetch_under_way():
    provider = Provider("a")
    assert provider.knows("a")
    provider.now += 31
    provider.busy.clear()
    waited = []

    def ask(kid):
        started = time.monotonic()
        found = provider.cache.get(kid)
        waited.append((kid, time.monotonic() - started))
        return found is not None

    assert at_once(lambda: ask("b"), lambda: ask("c"), lambda: ask("a"), lambda: ask("a")) == [False, False, True, True]
    provider.settle()
    assert provider.fetches == 2
    assert max(seconds for kid, seconds in waited if kid == "a") < 1
    # One request waits for as long as it takes, the other not: known keys want the threads.
    long, short = sorted((seconds for kid, seconds in waited if kid != "a"), reverse=True)
    assert short < 1 < long < 4


def test_once_a_fetch_has_taken_long_nobody_else_waits_for_it():
    provider = Provider("a")
    assert provider.knows("a")
    provider.now += HOUR
    provider.busy.clear()
    assert provider.cache.get("a")
    provider.now += 1
    started = time.monotonic()
    assert provider.cache.get("b") is None
    assert time.monotonic() - started < 1
    provider.settle()


def test_there_is_never_a_second_fetch_beside_one_that_hangs():
    provider = Provider("a")
    assert provider.knows("a")
    provider.now += HOUR
    provider.busy.clear()
    assert provider.cache.get("a")
    provider.now += HOUR
    assert provider.cache.get("a")
    provider.settle()
    assert provider.fetches == 2


def test_who_comes_first_is_served_with_who_started_the_fetch():
    provider = Provider("a")
    provider.busy.clear()

    def open_gate():
        time.sleep(0.5)
        provider.busy.set()

    answers = at_once(open_gate, *[lambda: provider.cache.get("a")] * 8)
    assert all(answers[1:])
    assert provider.fetches == 1


def test_a_fetch_that_breaks_in_an_unexpected_way_does_not_end_fetching(monkeypatch):
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    provider = Provider("a")
    keys = provider.keys
    monkeypatch.setattr(provider, "keys", None)
    with pytest.raises(Unavailable):
        provider.cache.get("a")
    provider.settle()
    provider.keys = keys
    provider.now += 30
    assert provider.knows("a")


def test_it_is_logged_why_there_are_no_keys(caplog):
    provider = Provider("a")
    provider.away = True
    with caplog.at_level(logging.WARNING), pytest.raises(Unavailable):
        provider.cache.get("a")
    assert [record.getMessage() for record in caplog.records if record.name == "accounts.jwks"] == [
        "The signing keys of the identity provider could not be fetched: away"
    ]


class TestFetching:
    def test_by_https_from_the_well_known_place(self, tenant):
        assert list(jwks.fetch_keys(tenant.domain)) == [tenant.kid]
        assert tenant.paths == ["/.well-known/jwks.json"]

    @pytest.mark.parametrize(
        ("behaviour", "reason"),
        [
            ("fail", "the answer was 503"),
            ("redirect", "the answer was 302"),
            ("swell", "longer than 65536 bytes"),
            ("babble", "JSONDecodeError"),
        ],
    )
    def test_an_answer_that_is_none(self, tenant, behaviour, reason):
        tenant.behaviour = behaviour
        with pytest.raises(jwks.FetchError, match=reason):
            jwks.fetch_keys(tenant.domain)
        assert tenant.hits == 1

    @pytest.mark.parametrize("behaviour", ["hang", "drip"])
    def test_three_seconds_are_all_it_gets(self, tenant, behaviour):
        tenant.behaviour = behaviour
        started = time.monotonic()
        with pytest.raises(jwks.FetchError):
            jwks.fetch_keys(tenant.domain)
        assert 2.5 < time.monotonic() - started < 4

    def test_a_host_that_is_not_there(self, tenant):
        with pytest.raises(jwks.FetchError, match="ConnectionRefusedError"):
            jwks.fetch_keys("127.0.0.1:1")

    def test_plain_http_is_not_spoken(self, tmp_path):
        with running_tenant(tmp_path, tls=False) as plain, pytest.raises(jwks.FetchError, match="SSLError"):
            jwks.fetch_keys(plain.domain)
        assert plain.hits == 0

    def test_an_authority_that_is_not_trusted(self, tenant, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(jwks.FetchError, match="SSLCertVerificationError"):
            jwks.fetch_keys(tenant.domain)
        assert tenant.hits == 0

    def test_a_certificate_for_another_name(self, tenant):
        with pytest.raises(jwks.FetchError, match="SSLCertVerificationError"):
            jwks.fetch_keys(tenant.domain.replace("127.0.0.1", "localhost"))
        assert tenant.hits == 0


class TestParsing:
    def test_what_is_of_no_use_is_passed_over(self):
        good = jwk(rsa_key(1), "good")
        others = [
            "text",
            {**good, "kid": ""},
            {**good, "kid": 7},
            {**good, "kid": "k" * 129},
            {**good, "kid": "ec", "kty": "EC"},
            {**good, "kid": "oct", "kty": "oct", "k": "c2VjcmV0"},
            {**good, "kid": "enc", "use": "enc"},
            {**good, "kid": "ps", "alg": "PS256"},
            {**good, "kid": "n", "n": 5},
            {**good, "kid": "e", "e": None},
            {**good, "kid": "junk", "n": "!!"},
            {**good, "kid": "even", "e": "Ag"},
            {name: value for name, value in good.items() if name != "kid"},
            jwk(rsa_key("short", 1024), "short"),
        ]
        assert list(jwks.parse_keys(json.dumps({"keys": [*others, good]}).encode())) == ["good"]

    def test_use_and_algorithm_may_be_left_out(self):
        bare = {name: value for name, value in jwk(rsa_key(1), "bare").items() if name not in ("use", "alg")}
        assert list(jwks.parse_keys(json.dumps({"keys": [bare]}).encode())) == ["bare"]

    @pytest.mark.parametrize(
        "content",
        [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": {}}', b'{"keys": 1}', b"[" * 50_000, b"\xff", b'{"keys": [1]}'],
    )
    def test_a_document_without_keys_is_refused_and_replaces_nothing(self, content, monkeypatch):
        monkeypatch.setattr(jwks, "download", lambda domain: content)
        with pytest.raises(jwks.FetchError):
            jwks.fetch_keys("tenant.example.com")
