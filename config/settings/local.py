"""A developer's machine: nothing to configure, everything visible."""

from config import env
from config.settings.base import *

DEBUG = env.flag("DEBUG", default=True)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
