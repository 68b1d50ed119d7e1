"""Windows in the database, for all processes: for what must hold where there is no Redis."""

import time
from collections.abc import Sequence

from django.db import transaction

from common import prepared
from common.models import RateWindow, clear_away
from common.rates.rate import Rate, Window, tightest

# The table stays small by itself.
CLEARED_BY_A_NEW_ONE = 100

# One statement, so that nothing comes between. Where it finds no room it changes nothing and returns no row.
_SPEND = """
INSERT INTO common_ratewindow AS kept (key, used, ends_at) VALUES (%(key)s, %(cost)s, %(end)s)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN kept.ends_at <= %(now)s THEN excluded.used ELSE kept.used + excluded.used END,
    ends_at = CASE WHEN kept.ends_at <= %(now)s THEN excluded.ends_at ELSE kept.ends_at END
WHERE kept.ends_at <= %(now)s OR kept.used + excluded.used <= %(limit)s
RETURNING used, ends_at
"""
_LOOK = "SELECT used, ends_at FROM common_ratewindow WHERE key = %(key)s AND ends_at > %(now)s"


def spend(keys: Sequence[str], rate: Rate, cost: int) -> Window:
    """Call it outside transactions: what is rolled back was not counted."""
    windows = [_spend(keys[0], rate, cost)] if len(keys) == 1 else _spend_together(keys, rate, cost)
    window = tightest(windows)
    if window.admitted and any(one.used == cost for one in windows):
        clear_expired(at_most=CLEARED_BY_A_NEW_ONE)
    return window


@transaction.atomic
def _spend_together(keys: Sequence[str], rate: Rate, cost: int) -> list[Window]:
    # In one order, so that two requests cannot wait for each other.
    windows = [_spend(key, rate, cost) for key in sorted(keys)]
    if not all(window.admitted for window in windows):
        transaction.set_rollback(True)
    return windows


def _spend(key: str, rate: Rate, cost: int) -> Window:
    now = _now()
    asked = {"key": key, "cost": cost, "limit": rate.limit, "now": now, "end": now + rate.seconds * 1000}
    row = prepared.fetch_row(_SPEND, asked) if cost <= rate.limit else None
    if row is None:
        used, ends_at = prepared.fetch_row(_LOOK, {"key": key, "now": now}) or (0, asked["end"])
        return Window(False, used, (ends_at - now) / 1000)
    used, ends_at = row
    return Window(True, used, (ends_at - now) / 1000)


@transaction.atomic
def clear_expired(*, at_most: int = 1_000) -> int:
    """Delete some of the windows that have ended. How many they were; 0 when none are left."""
    return clear_away(RateWindow.objects.filter(ends_at__lte=_now()), at_most=at_most)


def _now() -> int:
    return int(time.time() * 1000)
