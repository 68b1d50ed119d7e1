"""Two administrators, the last ones, who remove each other or themselves at the same moment: one of them stays."""

from functools import partial
from itertools import product

import pytest

from accounts import sessions
from accounts.administrators import there_is_an_administrator
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db(transaction=True)

USERS = "/api/v1/users"


def take_the_role(user):
    return "DELETE", f"{USERS}/{user.pk}/roles/admin", None


def replace_the_roles(user):
    return "PUT", f"{USERS}/{user.pk}/roles", {"roles": ["user"]}


def deactivate(user):
    return "PATCH", f"{USERS}/{user.pk}", {"is_active": False}


def delete(user):
    return "DELETE", f"{USERS}/{user.pk}", None


def leave(user):
    return "DELETE", f"{USERS}/me", {"current_password": PASSWORD}


PAIRS = list(product((take_the_role, replace_the_roles, deactivate, delete, leave), repeat=2))


def test_exactly_one_succeeds(live_server):
    with clients(live_server.url, 2) as pair:
        for ways in PAIRS:
            admins = [UserFactory.create(roles=["admin"]) for _ in pair]
            headers = [{"Authorization": f"Bearer {sessions.start(admin).access}"} for admin in admins]
            # Who leaves removes themselves: then the other does so too, or both would remove the same one.
            targets = admins if leave in ways else admins[::-1]
            asked = [(*way(target), header) for way, target, header in zip(ways, targets, headers, strict=True)]

            answers = at_once(*(partial(client.ask, *ask) for client, ask in zip(pair, asked, strict=True)))

            statuses = sorted(answer.status for answer in answers)
            assert there_is_an_administrator(), (asked, answers)
            assert sum(status < 300 for status in statuses) == 1, (asked, answers)
            # The other came second: as the last one, or as somebody who no longer is one.
            assert statuses[1] in (401, 403, 404, 409), (asked, answers)
            assert len([admin for admin in User.objects.filter(is_active=True) if admin.holds("*")]) == 1
            # Below the guard, for the next round.
            User.roles.through.objects.all().delete()
