"""What roles grant, kept in the process until the database says that something has changed.

The query that authenticates brings along the generation, which triggers replace in the transaction of whatever changes
a role, a permission or a link of the two (migration 0012). It is random, no number: one that was undone, or comes back
with a backup, never stands for anything but what it stood for.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Subquery

from accounts.models import Grants, GrantsGeneration, Role

# Combinations of roles; beyond it everything is forgotten.
MOST = 1_000

_NOTHING = Grants(frozenset(), frozenset())


class _Kept(NamedTuple):
    generation: str
    granted: dict[str, Grants]


_kept = _Kept("", {})


def of_roles(ids: str | None, generation: str | None) -> Grants:
    """Of the roles of these ids, "1,2". One query where they have not been asked for in this generation."""
    if not ids:
        return _NOTHING
    known = _kept
    found = known.granted.get(ids) if generation == known.generation else None
    return found or _read(ids)


def _read(ids: str) -> Grants:
    """With the generation, of the same moment: what was read of one must not be kept as another's."""
    generation = Subquery(GrantsGeneration.objects.values("value"))
    roles = Role.objects.filter(pk__in=map(int, ids.split(",")))
    rows = list(roles.annotate(generation=generation).values_list("generation", "name", "permissions__codename"))
    found = Grants(
        frozenset(name for _, name, _ in rows), frozenset(codename for *_, codename in rows if codename is not None)
    )
    _keep({generation for generation, *_ in rows}, ids, found)
    return found


def _keep(generations: Iterable[str | None], ids: str, found: Grants) -> None:
    global _kept
    for generation in generations:  # one, unless somebody has emptied the table
        if generation is None:
            return
        kept = _kept
        if kept.generation != generation or len(kept.granted) >= MOST:
            kept = _kept = _Kept(generation, {})
        kept.granted[ids] = found
