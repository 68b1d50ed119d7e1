"""What is left of Django's chores, and that what they were for still happens."""

from threading import Thread

import pytest
from django.conf import LazySettings
from django.conf import settings as lazy
from django.core.cache import close_caches
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from django.dispatch import Signal
from django.test import override_settings
from django.urls import set_urlconf

from common import chores
from common.chores import close_what_is_old

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


def test_settings_are_read_as_they_are(settings):
    def read():
        return lazy.APPEND_SLASH

    assert (read(), lazy.configured, "APPEND_SLASH" in dir(lazy)) == (False, True, True)
    settings.APPEND_SLASH = True
    assert read() is True
    with override_settings(APPEND_SLASH=None, SECRET_KEY=""):
        assert read() is None
        with pytest.raises(ImproperlyConfigured):
            assert lazy.SECRET_KEY
    assert read() is True
    del settings.APPEND_SLASH
    with pytest.raises(AttributeError):
        read()


def test_settings_that_nobody_has_read_yet_are_loaded(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.test")
    other = LazySettings()
    assert not other.configured
    assert other.ROOT_URLCONF == "config.urls"
    assert other.configured


def test_a_process_that_serves_asks_for_each_connection_once(left):
    chores.spare_connections()
    assert left() == [[], [close_what_is_old]]


class Connection(BaseDatabaseWrapper):
    def __init__(self) -> None:
        self.looked = 0

    def close_if_unusable_or_obsolete(self) -> None:
        self.looked += 1


def test_the_connections_of_this_thread_are_looked_at(monkeypatch):
    found = ConnectionHandler({"default": {}, "other": {}, "unused": {}})
    mine, others = Connection(), Connection()
    found["default"], found["other"] = mine, others
    monkeypatch.setattr(chores, "connections", found)
    close_what_is_old()
    thread = Thread(target=close_what_is_old)
    thread.start()
    thread.join()
    assert (mine.looked, others.looked) == (1, 1)
    assert [connection.vendor for connection in found.all(initialized_only=False)[2:]] == ["unknown"]


@pytest.mark.django_db(transaction=True)
def test_one_whose_time_is_over_is_closed(monkeypatch):
    connection, closed = connections[DEFAULT_DB_ALIAS], []
    connection.ensure_connection()
    monkeypatch.setattr(connection, "close", lambda: closed.append(1))
    monkeypatch.setattr(connection, "close_at", None)
    close_what_is_old()
    assert not closed
    monkeypatch.setattr(connection, "close_at", 0)
    close_what_is_old()
    assert closed


@pytest.mark.django_db(transaction=True)
def test_after_a_request_it_is_unknown_how_its_connection_is():
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    vars(connection)["health_check_done"] = True
    request_finished.send(sender=None)
    assert not vars(connection)["health_check_done"]
