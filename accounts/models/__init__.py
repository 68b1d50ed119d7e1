"""Accounts, what they may do, and what they did."""

from accounts.models.audit import AuditEvent
from accounts.models.identities import ExternalIdentity
from accounts.models.keys import SigningKey
from accounts.models.passwords import EmailToken, PasswordTry
from accounts.models.personal_tokens import PersonalAccessToken
from accounts.models.roles import GrantsGeneration, OfferedGrant, Permission, Role
from accounts.models.sessions import Session
from accounts.models.users import EmailKeyField, Grants, User

__all__ = [
    "AuditEvent",
    "EmailKeyField",
    "EmailToken",
    "ExternalIdentity",
    "Grants",
    "GrantsGeneration",
    "OfferedGrant",
    "PasswordTry",
    "Permission",
    "PersonalAccessToken",
    "Role",
    "Session",
    "SigningKey",
    "User",
]
