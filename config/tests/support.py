"""Settings as a fresh process of a given environment loads them."""

import json
import os
import subprocess
import sys
from typing import Any

from config.env import BASE_DIR

GOOD_KEY = "8Jq2mXv5Zc1Rb7Ty4Nw9Ks3Hd6Lf0Gp_Ua-Ei.Ro~Pz!Wx@Cv#Bn$Mq%"

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "api.example.com",
    "FRONTEND_URL": "https://shop.example.com",
    "DATABASE_URL": "postgres://127.0.0.1/stockroom",
}

_LOAD = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the checkout with nothing in its environment but ``variables``."""
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, *command], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def load(*names: str, **variables: str) -> dict[str, Any]:
    """The settings called ``names``, of a process with nothing in its environment (nor a .env) but ``variables``."""
    module = f"config.settings.{variables.get('ENVIRONMENT', 'local')}"
    done = run("-c", _LOAD, *names, **{"DJANGO_SETTINGS_MODULE": module, **variables})
    assert done.returncode == 0, done.stderr
    settings: dict[str, Any] = json.loads(done.stdout)
    return settings
