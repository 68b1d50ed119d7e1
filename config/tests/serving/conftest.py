import pytest

from accounts import sessions
from accounts.models import User


@pytest.fixture
def token(make_user) -> str:
    """Of an account that may write todos."""
    user: User = make_user("todos:read:self", "todos:write:self")
    return sessions.start(user).access
