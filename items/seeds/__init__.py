"""Believable items for the stores of the demo: a small catalogue that somebody wrote, and as many more as one asks for.

The items are numbered, and everything about one follows from its number and the day its store was opened. So the same
number of items is the same items, and a later run finds out by their keys which of them are there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from random import Random
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import F

from accounts.managers import email_key
from common.progress import Progress
from items.models import Category, Item
from items.seeds.catalogue import CATALOGUE
from items.seeds.invention import invent
from stores import seeds as stores
from stores.models import StoreManager

MAX_ITEMS = 500_000
BATCH = 2_000
YEAR = timedelta(days=365)
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--items", type=int, default=0, metavar="N", help="invent items until there are N; the same N, the same items"
    )


def seed(*, items: int, progress: Callable[[str, int], Progress]) -> str:
    """Add what is missing of the catalogue, and then invent items until there are so many."""
    if not 0 <= items <= MAX_ITEMS:
        raise CommandError(f"--items is a number from 0 to {MAX_ITEMS:,}.")
    managers = demo_managers()
    if not managers:
        return "No store of the demo is there to keep them."
    there = set(Item.objects.values_list("pk", flat=True))
    missing = sum(make(number, managers).pk not in there for number in range(len(CATALOGUE)))
    total = max(missing, items - len(there))
    new = (item for number in count() if (item := make(number, managers)).pk not in there)
    add(islice(new, total), progress("Items", total))
    return f"{total} items added, {len(there) + total} there."


def add(items: Iterator[Item], bar: Progress) -> None:
    while batch := list(islice(items, BATCH)):
        Item.objects.bulk_create(batch)
        # That has stamped them with this moment. By the batch: no statement is to take longer than they may.
        Item.objects.filter(pk__in=[item.pk for item in batch]).update(updated_at=F("created_at"))
        bar.advance(len(batch))


def demo_managers() -> list[StoreManager]:
    keys = [email_key(email) for _, email in stores.MANAGERS]
    found = {
        manager.user.email_key: manager
        for manager in StoreManager.objects.select_related("user").filter(user__email_key__in=keys)
    }
    return [found[key] for key in keys if key in found]


def make(number: int, managers: Sequence[StoreManager]) -> Item:
    """The item of this number, put on sale at some time in the year before its store came here."""
    dice = Random(number)
    product = CATALOGUE[number] if number < len(CATALOGUE) else invent(dice)
    manager = managers[shelf(product.category) * len(managers) // len(Category)]
    opened = manager.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
    created_at = opened - dice.randrange(YEAR // MILLISECOND) * MILLISECOND
    return Item(pk=key(created_at, dice), created_at=created_at, store_manager_id=manager.pk, **product._asdict())


def shelf(category: Category | None) -> int:
    """Where it stands; neighbours are kept by the same store."""
    return list(Category).index(category) if category else 0


def key(moment: datetime, dice: Random) -> UUID:
    """A UUIDv7 of this moment (RFC 9562, 5.7)."""
    milliseconds = (moment - EPOCH) // MILLISECOND
    return UUID(int=milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 0b10 << 62 | dice.getrandbits(62))
