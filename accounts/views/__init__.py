from accounts.views.addresses import AddressViewSet
from accounts.views.audit import AuditEventViewSet
from accounts.views.keys import jwks
from accounts.views.me import MeViewSet
from accounts.views.passwords import PasswordViewSet
from accounts.views.personal_tokens import PersonalTokenViewSet
from accounts.views.registration import RegistrationViewSet
from accounts.views.roles import PermissionViewSet, RoleViewSet
from accounts.views.sessions import SessionViewSet
from accounts.views.sign_in import SignInViewSet
from accounts.views.token import TokenViewSet
from accounts.views.users import UserViewSet

__all__ = [
    "AddressViewSet",
    "AuditEventViewSet",
    "MeViewSet",
    "PasswordViewSet",
    "PermissionViewSet",
    "PersonalTokenViewSet",
    "RegistrationViewSet",
    "RoleViewSet",
    "SessionViewSet",
    "SignInViewSet",
    "TokenViewSet",
    "UserViewSet",
    "jwks",
]
