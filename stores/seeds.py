"""Stores to try the product with. What is there already stays as it is, a changed password too."""

from accounts.managers import email_key
from accounts.models import User
from stores import services

MANAGERS = (("Corner Shop", "manager@example.com"), ("Garden Centre", "other-manager@example.com"))
# The other knocks at the admin's door until an administrator opens it.
ADMITTED = "manager@example.com"
PASSWORD = "demo-manager-2026"


def seed() -> str:
    """Open the demo stores that are missing. Returns what to tell whoever wants to sign in."""
    for name, email in MANAGERS:
        if not User.objects.filter(email_key=email_key(email)).exists():
            manager = services.open_store(name=name, email=email, password=PASSWORD, verified=True)
            User.objects.filter(pk=manager.user_id, email=ADMITTED).update(is_staff=True)
    return "\n".join(f"{email} / {PASSWORD} ({name})" for name, email in MANAGERS)
