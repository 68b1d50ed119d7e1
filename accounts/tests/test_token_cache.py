"""Access tokens that were verified once: their signature is not checked again, and everything that can change is."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.utils import timezone

from accounts import keys, sessions, signatures, tokens

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def verified(monkeypatch):
    """How many signatures have been verified, of tokens that nobody has seen before."""
    monkeypatch.setattr(tokens, "_verified", {})
    reading = Mock(side_effect=signatures.read)
    monkeypatch.setattr(signatures, "read", reading)
    return lambda: reading.call_count


@pytest.fixture
def pair(make_user):
    return sessions.start(make_user())


def read(raw, kind=tokens.AccessToken):
    return tokens.read(raw, kind)


def test_one_is_verified_once(pair, verified):
    assert read(pair.access) == read(pair.access) == read(pair.access)
    assert verified() == 1


def test_each_time_where_it_is_switched_off(pair, verified, settings):
    read(pair.access)
    settings.TOKEN_CACHE = False
    assert read(pair.access) == read(pair.access)
    assert verified() == 3


def test_one_that_is_over_is_refused(pair, monkeypatch):
    expires_at = read(pair.access).expires_at
    for now, is_taken in ((expires_at - timedelta(seconds=1), True), (expires_at, False)):
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        if is_taken:
            assert read(pair.access)
        else:
            with pytest.raises(tokens.ExpiredToken):
                read(pair.access)


def test_one_whose_key_was_refused_is_too(pair):
    assert read(pair.access)
    keys.rotate("HS256", refuse_older=True)
    keys.refresh()

    with pytest.raises(tokens.InvalidToken):
        read(pair.access)


def test_one_whose_key_is_another_now_is_verified_anew(pair, monkeypatch):
    kid = read(pair.access).kid
    monkeypatch.setattr(keys, "find", lambda _: keys._shared(kid, "of the same name"))

    with pytest.raises(tokens.InvalidToken):
        read(pair.access)


def test_none_is_taken_for_the_other_kind(pair):
    for raw, kind in ((pair.access, tokens.RefreshToken), (pair.refresh, tokens.AccessToken)):
        for known in (pair.access, pair.refresh):
            read(known, tokens.AccessToken if known is pair.access else tokens.RefreshToken)
        with pytest.raises(tokens.InvalidToken):
            read(raw, kind)


def test_what_is_refused_is_not_remembered(pair, verified):
    for _ in range(2):
        with pytest.raises(tokens.InvalidToken):
            read(pair.access[:-4] + "AAAA")
    assert (verified(), tokens._verified) == (2, {})


def test_there_is_an_end_to_what_is_remembered(make_user, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_VERIFIED", 2)
    user = make_user()
    for _ in range(4):
        read(sessions.start(user).access)
        assert len(tokens._verified) <= 2
