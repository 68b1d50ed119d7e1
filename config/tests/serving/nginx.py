"""Debian's nginx with the configuration that production has, on ports and with a certificate of the test's own."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pytest

from accounts.tests.server import free_port
from accounts.tests.tenant import make_certificates
from config.env import BASE_DIR

TEMPLATE = BASE_DIR / "deploy/nginx/stockroom.conf.template"
BINARY = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")

# What surrounds the template in the image, as far as it is of any consequence.
MAIN = Template("""
daemon off;
master_process off;
pid $root/pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $root/body;
    proxy_temp_path $root/proxy;
    fastcgi_temp_path $root/fastcgi;
    uwsgi_temp_path $root/uwsgi;
    scgi_temp_path $root/scgi;
    include $root/stockroom.conf;
}
""")


@dataclass
class Nginx:
    http_port: int
    port: int
    authority: Path

    def connect(self, *, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A TLS connection that checks the certificate, from an address of this machine."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))
        return self.context().wrap_socket(plain, server_hostname="127.0.0.1")

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


@contextmanager
def nginx(upstream: str, root: Path) -> Iterator[Nginx]:
    if not BINARY:
        pytest.skip("nginx is not installed (Debian, Ubuntu: apt-get install nginx-light)")
    authority, pair = make_certificates(root)
    found = Nginx(free_port(), free_port(), authority)
    for name in ("fullchain.pem", "privkey.pem"):
        (root / name).write_bytes(pair.read_bytes())
    config = render(root, upstream, found)
    with (root / "nginx.log").open("w") as log:
        process = subprocess.Popen([BINARY, "-c", str(config), "-p", str(root)], stdout=log, stderr=log)
        try:
            wait_for(found.port, process, root / "nginx.log")
            yield found
        finally:
            process.terminate()
            process.wait(timeout=20)


def render(root: Path, upstream: str, found: Nginx) -> Path:
    values = {
        "NGINX_HTTP_PORT": str(found.http_port),
        "NGINX_HTTPS_PORT": str(found.port),
        "NGINX_TLS": str(root),
        "NGINX_UPSTREAM": upstream,
        "NGINX_RESOLVER": "127.0.0.1",
    }
    # As envsubst does: what is no variable of ours, such as $host, is nginx's.
    (root / "stockroom.conf").write_text(Template(TEMPLATE.read_text()).safe_substitute(values))
    config = root / "nginx.conf"
    config.write_text(MAIN.substitute(root=root))
    return config


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"nginx does not answer:\n{log.read_text()}")
