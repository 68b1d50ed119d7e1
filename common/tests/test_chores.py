"""What is left of Django's chores, and that what they were for still happens."""

import pytest
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, reset_queries
from django.dispatch import Signal
from django.urls import set_urlconf

from common import chores

BACKENDS = ("django_redis.cache.RedisCache", "django.core.cache.backends.locmem.LocMemCache")


@pytest.fixture
def left(monkeypatch, settings):
    """Who still hears of a request's beginning and of its end; the test's own settings first."""
    started, finished = Signal(), Signal()
    started.connect(reset_queries)
    started.connect(close_old_connections)
    finished.connect(close_old_connections)
    finished.connect(close_caches)
    finished.connect(reset_urlconf)
    monkeypatch.setattr(chores, "request_started", started)
    monkeypatch.setattr(chores, "request_finished", finished)
    settings.CACHES = {str(number): {"BACKEND": name} for number, name in enumerate(BACKENDS)}

    def look():
        chores.spare()
        return [list(signal._live_receivers(None)[0]) for signal in (started, finished)]

    return look


def test_a_request_begins_without_any(left):
    assert left() == [[], [close_old_connections]]


def test_the_queries_that_debug_keeps_are_forgotten(left, settings):
    settings.DEBUG = True
    assert left() == [[reset_queries], [close_old_connections]]


def test_a_cache_that_has_something_to_close_is_closed(left, settings):
    settings.CACHES = {**settings.CACHES, "more": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache"}}
    assert left()[1] == [close_old_connections, close_caches]


def test_so_is_one_that_was_told_to(left, settings):
    settings.DJANGO_REDIS_CLOSE_CONNECTION = True
    assert left()[1] == [close_old_connections, close_caches]


def test_a_urlconf_that_is_left_over_is_nobodys(client):
    set_urlconf("nobody.has.it")
    try:
        assert client.get("/health").status_code == 200
    finally:
        set_urlconf(None)


@pytest.mark.django_db(transaction=True)
def test_after_a_request_it_is_unknown_how_its_connection_is():
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    vars(connection)["health_check_done"] = True
    request_finished.send(sender=None)
    assert not vars(connection)["health_check_done"]
