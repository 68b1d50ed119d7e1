"""What happens to the account between the authentication of a request and its work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import personal_tokens, sessions
from accounts.models import PersonalAccessToken, User
from common.exceptions import Forbidden

pytestmark = pytest.mark.django_db


def test_none_is_made_once_the_account_is_signed_out_everywhere(make_user):
    user = make_user("todos:read:self")
    assert user.holds("todos:read:self")
    sessions.end_all(User.objects.get(pk=user.pk))

    with pytest.raises(Forbidden):
        personal_tokens.issue(
            user, name="late", permissions=["todos:read:self"], expires_at=timezone.now() + timedelta(days=1)
        )

    assert not PersonalAccessToken.objects.exists()
