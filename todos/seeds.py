"""Demo todos for the demo accounts."""

from django.contrib.auth import get_user_model

from todos.models import Todo

TODOS = (
    ("Buy oat milk", "Two cartons, the barista kind.", True),
    ("Book the dentist", None, False),
    ("Read the contract", "docs/ says what clients may rely on.", False),
    ("Plan the weekend", "Rain on Saturday, sun on Sunday.", False),
    ("Water the plants", None, True),
)


def seed() -> str:
    """Give each demo account that has no todo a few."""
    accounts = get_user_model().objects.filter(email_key__in=["user@example.com", "admin@example.com"], todos=None)
    todos = [
        Todo(user=account, title=title, description=description, completed=completed)
        for account in accounts
        for title, description, completed in TODOS
    ]
    Todo.objects.bulk_create(todos)
    return f"{len(todos)} todos added, {Todo.objects.count()} there."
