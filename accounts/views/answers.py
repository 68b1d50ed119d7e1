"""What sign-in and refreshing answer, by cookie or without."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response

from accounts import cookies, sessions, tokens
from accounts.tokens import TokenPair

REUSE_DETECTED = "reuse_detected"


def traded(raw: str) -> TokenPair:
    """The next pair for this refresh token, or a 401 that says what is wrong with it."""
    if not raw:
        raise AuthenticationFailed("Refresh token not found", code="refresh_token_missing")
    try:
        return sessions.rotate(raw)
    except tokens.ExpiredToken:
        raise AuthenticationFailed("Refresh token expired", code="refresh_token_expired") from None
    except tokens.StaleToken:
        raise AuthenticationFailed("Invalid refresh token", code="token_stale") from None
    except sessions.ReuseDetected:
        raise AuthenticationFailed("Invalid refresh token", code=REUSE_DETECTED) from None
    except tokens.InvalidToken:
        raise AuthenticationFailed("Invalid refresh token", code="refresh_token_invalid") from None


def answer(pair: TokenPair, **more: str) -> Response:
    body = {"access_token": pair.access, "token_type": "bearer", "expires_in": pair.expires_in, **more}
    return Response(body, headers={"Cache-Control": "no-store"})


def answer_with_cookie(pair: TokenPair) -> Response:
    response = answer(pair)
    cookies.set_refresh_token(response, pair.refresh)
    return response
