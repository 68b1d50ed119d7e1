"""An Auth0 tenant of the tests' own: an HTTPS server with a throw-away authority, whose tokens are really signed."""

import datetime
import ipaddress
import json
import ssl
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.db.models import F
from jwt.algorithms import RSAAlgorithm

from accounts.auth0 import CLOCK_SKEW
from accounts.models import ExternalIdentity, SigningKey

AUDIENCE = "https://api.example.com"


@cache
def rsa_key(number, size=2048):
    """The same key for the same number: making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def jwk(key, kid, **changed):
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig", **changed}


class Tenant:
    """`behaviour` is what it does next: serve, fail, hang, drip, redirect, swell (a huge answer), babble (no JSON)."""

    def __init__(self, directory: Path, *, tls=True):
        self.behaviour = "serve"
        self.hits = 0
        self.paths: list[str] = []
        self.closing = Event()
        self.number = 0
        self.published: list[dict[str, object]] = []
        self.rotate()
        self.authority, certificate = make_certificates(directory)
        self._lock = Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.tenant = self
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is left to the thread of the connection, so that one that hangs holds up no other.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.domain = f"127.0.0.1:{self._server.server_address[1]}"
        self.issuer = f"https://{self.domain}/"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hit(self, path):
        with self._lock:
            self.hits += 1
            self.paths.append(path)

    @property
    def kid(self):
        return f"key-{self.number}"

    @property
    def key(self):
        return rsa_key(self.number)

    def rotate(self):
        """Sign with a new key from now on. The last one is still published."""
        self.number += 1
        self.published = [*self.published[-1:], jwk(self.key, self.kid)]

    def claims(self, **changed):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "auth0|ada",
            "aud": [AUDIENCE, f"{self.issuer}userinfo"],
            "iat": now,
            "exp": now + 600,
            "azp": "client",
            "scope": "openid",
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, *, headers=None, key=None, algorithm="RS256", **claims):
        # Below `jwt.encode`, which would look at the claims.
        payload = json.dumps(self.claims(**claims)).encode()
        return jwt.PyJWS().encode(payload, key or self.key, algorithm, {"kid": self.kid, **(headers or {})})

    def a_minute_passes(self):
        """Since what was refused so far: from then on its clock and ours agree about what was issued later."""
        minute = datetime.timedelta(seconds=CLOCK_SKEW)
        ExternalIdentity.objects.update(tokens_valid_from=F("tokens_valid_from") - minute)
        SigningKey.objects.update(signs_from=F("signs_from") - minute)


@contextmanager
def running_tenant(directory, **options):
    tenant = Tenant(directory, **options)
    try:
        yield tenant
    finally:
        tenant.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    tenant: Tenant

    def handle_error(self, request, client_address):
        """A client that hangs up, or does not trust us, is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        tenant = self.server.tenant
        tenant.hit(self.path)
        getattr(self, tenant.behaviour)(tenant)

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def serve(self, tenant):
        self.answer(json.dumps({"keys": tenant.published}).encode())

    def fail(self, tenant):
        self.answer(b"{}", status=503)

    def hang(self, tenant):
        tenant.closing.wait(30)

    def drip(self, tenant):
        """Never silent for as long as the timeout of a socket, and never done."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not tenant.closing.wait(0.2):
            self.wfile.write(b"X-More: 1\r\n")

    def redirect(self, tenant):
        self.answer(b"", status=302, Location=f"https://{tenant.domain}/elsewhere")

    def swell(self, tenant):
        self.answer(json.dumps({"keys": tenant.published}).encode() + b" " * 1_000_000)

    def babble(self, tenant):
        self.answer(b"<html>")

    def log_message(self, format, *args):
        """The tests' own output is enough."""


def make_certificates(directory):
    """The file of an authority, and that of a server's key and certificate which it signed."""
    authority_key, server_key = rsa_key("authority"), rsa_key("server")
    authority = certificate("Tests' authority", authority_key, "Tests' authority", authority_key, is_authority=True)
    server = certificate("127.0.0.1", server_key, "Tests' authority", authority_key, is_authority=False)
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority_file, server_file = directory / "authority.pem", directory / "server.pem"
    authority_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    server_file.write_bytes(private + server.public_bytes(serialization.Encoding.PEM))
    return authority_file, server_file


def certificate(subject, key, issuer, issuer_key, *, is_authority):
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
