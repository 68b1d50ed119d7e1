"""Invented key ids by the hundred, while the tenant is well, failing or hung."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from common.testing.races import clients

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/users/me"
UNKNOWN = 200
AT_ONCE = 8


def ask(client, token):
    started = time.monotonic()
    status = client.ask("GET", URL, headers={"Authorization": f"Bearer {token}"}).status
    return status, time.monotonic() - started


@pytest.mark.parametrize("behaviour", ["serve", "fail", "hang"])
def test_they_cost_one_fetch_and_known_keys_answer_as_ever(live_server, tenant, settings, behaviour, monkeypatch):
    known = tenant.token()
    invented = [tenant.token(headers={"kid": f"invented-{number}"}) for number in range(UNKNOWN)]
    with clients(live_server.url, AT_ONCE + 1) as (owner, *strangers):
        # The first fetch is another thirty seconds': the keys are known when the flood comes.
        monkeypatch.setattr("accounts.jwks.COOLDOWN", 0)
        assert ask(owner, known)[0] == 200
        monkeypatch.setattr("accounts.jwks.COOLDOWN", 30)
        tenant.hits = 0
        tenant.behaviour = behaviour

        with ThreadPoolExecutor(AT_ONCE) as pool:
            shares = [invented[number::AT_ONCE] for number in range(AT_ONCE)]
            floods = [
                pool.submit(lambda client, share: [ask(client, token) for token in share], client, share)
                for client, share in zip(strangers, shares, strict=True)
            ]
            served = []
            while not all(flood.done() for flood in floods):
                served.append(ask(owner, known))
            refused = [answer for flood in floods for answer in flood.result()]

    assert tenant.hits == 1
    assert {status for status, _ in refused} == {401}
    assert {status for status, _ in served} == {200}
    assert max(seconds for _, seconds in served) < 1


@pytest.mark.parametrize("behaviour", ["fail", "hang"])
def test_before_any_key_is_known_nobody_waits_longer_than_a_fetch(live_server, tenant, behaviour):
    tenant.behaviour = behaviour
    with clients(live_server.url, AT_ONCE) as visitors, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(partial(ask, token=tenant.token()), visitors))
        again = ask(visitors[0], tenant.token())

    assert {status for status, _ in [*answers, again]} == {503}
    assert max(seconds for _, seconds in answers) < 4
    assert again[1] < 1
    assert tenant.hits == 1
