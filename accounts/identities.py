"""The accounts of people whom an identity provider vouches for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts import audit, revocation
from accounts.audit import Action
from accounts.auth0 import CLOCK_SKEW, Claims
from accounts.models import ExternalIdentity, Grants, Role, SigningKey, User
from accounts.tokens import InvalidToken
from accounts.validators import validate_email_key


def account(claims: Claims) -> User:
    """The account that the token is about, with what it may do. It is made when it is first seen.

    Two queries, one when the token itself says all that it may do.
    """
    user = _known(claims) or _stranger(claims)
    if not user.is_active:
        raise InvalidToken
    if settings.AUTH0_RBAC:
        user.grants = _granted_by(claims)
    _ = user.grants
    return user


@transaction.atomic
def revoke(claims: Claims) -> None:
    """Refuse this one token from now on. The session with the provider is not ours to end."""
    identity = _identities(claims).select_related("user").first()
    if revocation.blacklist(claims.jti, until=claims.expires_at) and identity:
        audit.record(Action.SIGNED_OUT, actor=identity.user)


def retire_tokens(user: User) -> None:
    """Refuse all that providers have issued to this account so far."""
    ExternalIdentity.objects.filter(user=user).update(tokens_valid_from=issued_from_now_on())


def issued_from_now_on() -> datetime:
    """What the tokens that a provider issues from now on surely say; some of the first minute are older by that.

    Its clock may be ahead of ours, and what it issued a moment ago then says that it will be issued in a moment. Who
    signs in again within that minute waits for its end; a token that was to be dead does not live for a day.
    """
    return timezone.now() + timedelta(seconds=CLOCK_SKEW)


def retire_with_account(sender: object, instance: User, **kwargs: object) -> None:
    """Of `pre_delete`, which is sent inside the transaction, whoever deletes and however many."""
    retire_tokens(instance)


def _identities(claims: Claims) -> QuerySet[ExternalIdentity]:
    return ExternalIdentity.objects.filter(issuer=claims.issuer, subject=claims.subject)


def _known(claims: Claims) -> User | None:
    """The account, unless this token would make one. What was issued before the last account was deleted makes none."""
    revoked = BlacklistedToken.objects.filter(token__jti=claims.jti)
    identity = _identities(claims).select_related("user").annotate(token_is_revoked=Exists(revoked)).first()
    if identity is None:
        if revoked.exists():
            raise InvalidToken
        return None
    valid_from = identity.tokens_valid_from
    if identity.token_is_revoked or (valid_from and claims.issued_at < valid_from):
        raise InvalidToken
    return identity.user


def _stranger(claims: Claims) -> User:
    """After a restore nobody knows who was deleted, or signed out, since the backup: what was issued before makes no
    account."""
    latest = claims.issued_at - timedelta(seconds=CLOCK_SKEW)
    if SigningKey.objects.filter(refuses_older=True, signs_from__gt=latest).exists():
        raise InvalidToken
    return _first_sight(claims, _address(claims))


def _first_sight(claims: Claims, email: str | None) -> User:
    """The constraints decide: who comes second finds the account of the first, and an address stays whose it was."""
    try:
        return _enrol(claims, email)
    except IntegrityError:
        if user := _known(claims):
            return user
        if email is None:
            raise
    return _first_sight(claims, None)


@transaction.atomic
def _enrol(claims: Claims, email: str | None) -> User:
    user = User.objects.create_user(email, email_verified_at=timezone.now() if email else None)
    roles = [] if settings.AUTH0_RBAC else [settings.AUTH0_DEFAULT_ROLE]
    user.roles.add(*(Role.objects.get_or_create(name=role)[0] for role in roles))
    audit.record(Action.REGISTERED, actor=user, data={"issuer": claims.issuer, "roles": roles})
    # Of an account that was deleted, unless another has it meanwhile, or had it and was deleted after this token.
    is_later = Q(tokens_valid_from=None) | Q(tokens_valid_from__lte=claims.issued_at)
    if not _identities(claims).filter(is_later, user=None).update(user=user):
        ExternalIdentity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
    return user


def _address(claims: Claims) -> str | None:
    """The address, where it is one that could have been registered here."""
    try:
        validate_email(claims.email)
        validate_email_key(claims.email or "")
    except ValidationError:
        return None
    return claims.email


def _granted_by(claims: Claims) -> Grants:
    """What the token says, and what the roles that it names grant here."""
    rows = list(Role.objects.filter(name__in=claims.roles).values_list("name", "permissions__codename"))
    of_roles = {codename for _, codename in rows if codename is not None}
    return Grants(frozenset(name for name, _ in rows), claims.permissions | of_roles)
