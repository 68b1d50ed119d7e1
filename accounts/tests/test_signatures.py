"""Tokens are read in the one form that we write, by whichever key signed them."""

import base64
import hmac
import json

import jwt
import pytest

from accounts import keys, sessions, signatures, tokens
from accounts.models import SigningKey

pytestmark = pytest.mark.django_db

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def raw(make_user):
    return sessions.start(make_user()).access


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def sibling(text):
    """Other letters for the same bytes: of the last one not every bit counts."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) ^ 1]


def signed(raw, *, header=None, **changed):
    """The same token anew, with these headers or claims changed."""
    said = jwt.decode(raw, options={"verify_signature": False}) | changed
    key = keys.current()
    return jwt.PyJWS().encode(json.dumps(said).encode(), key.signing, key.algorithm, {"kid": key.kid, **(header or {})})


def test_what_we_signed_is_read_as_pyjwt_reads_it(raw):
    assert signatures.read(raw) == (keys.current().kid, jwt.decode(raw, options={"verify_signature": False}))
    assert signatures.read(signed(raw))[1] == signatures.read(raw)[1]


@pytest.mark.parametrize("algorithm", SigningKey.Algorithm.values)
def test_whichever_the_algorithm_of_the_key(make_user, algorithm):
    keys.rotate(algorithm, refuse_older=True)
    keys.refresh()
    raw = sessions.start(make_user()).access
    head, body, signature = raw.split(".")

    assert tokens.read(raw, tokens.AccessToken)
    for other in (signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB"), signature[:-4], sibling(signature), ""):
        with pytest.raises(signatures.NotSigned):
            signatures.read(f"{head}.{body}.{other}")


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"b64": False},
        {"jku": "https://attacker.example"},
        {"cty": "JWT"},
        {"typ": "at+jwt"},
        {"typ": 1},
    ],
    ids=str,
)
def test_a_header_that_we_never_write_is_refused_however_well_signed(raw, header):
    with pytest.raises(signatures.NotSigned):
        signatures.read(signed(raw, header=header))


@pytest.mark.parametrize("more", ["=", "\n", " ", "+", "/", ".", "\u00e9", "\0"])
@pytest.mark.parametrize("at", [0, 1])
def test_letters_that_we_never_write_are_refused_however_well_signed(raw, at, more):
    """`a2b_base64` passes over what is not in its alphabet."""
    parts = raw.split(".")[:2]
    parts[at] += more
    text = ".".join(parts)
    signature = hmac.digest(str(keys.current().signing).encode(), text.encode(), "sha256")
    given = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    with pytest.raises(signatures.NotSigned):
        signatures.read(f"{text}.{given}")


@pytest.mark.parametrize("name", ["none", "HS512", "EdDSA", None])
def test_an_algorithm_other_than_the_keys_is_refused_however_well_signed(raw, name):
    key, body = keys.current(), raw.split(".")[1]
    signed_part = f"{segment({'alg': name, 'kid': key.kid})}.{body}"
    digest = hmac.digest(str(key.signing).encode(), signed_part.encode(), "sha256")

    with pytest.raises(signatures.NotSigned):
        signatures.read(f"{signed_part}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


def test_no_second_spelling_of_a_token_is_taken(raw):
    head, body, signature = raw.split(".")
    spellings = (sibling(signature), f"{signature}=", f"{signature}!", f" {signature}", f"{signature}\n")
    for other in spellings:
        with pytest.raises(signatures.NotSigned):
            signatures.read(f"{head}.{body}.{other}")


@pytest.mark.parametrize("changed", [{"aud": ["stockroom"]}, {"iat": 0.5}, {"nbf": "0"}, {"iss": None}], ids=str)
def test_claims_of_another_shape_are_refused_however_well_signed(raw, changed):
    with pytest.raises(signatures.NotSigned):
        signatures.read(signed(raw, **changed))


def test_times_without_end_are_refused(raw):
    for changed in ({"exp": -(2**62)}, {"exp": 2**62}):
        with pytest.raises(tokens.InvalidToken):
            tokens.read(signed(raw, **changed), tokens.AccessToken)
