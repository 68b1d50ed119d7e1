"""The tenant of Auth0 whose tokens are taken beside our own, if there is one."""

import re

from django.core.exceptions import ImproperlyConfigured

from config import env

AUTH0_DOMAIN = env.text("AUTH0_DOMAIN")
AUTH0_AUDIENCE = env.text("AUTH0_AUDIENCE", env.text("AUTH0_API_AUDIENCE"))

if AUTH0_DOMAIN and not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", AUTH0_DOMAIN):
    raise ImproperlyConfigured(
        f"AUTH0_DOMAIN is {AUTH0_DOMAIN!r}: set it to the name of a host alone, such as tenant.eu.auth0.com."
    )
if AUTH0_DOMAIN and not AUTH0_AUDIENCE:
    raise ImproperlyConfigured("AUTH0_DOMAIN is set without AUTH0_AUDIENCE: set it to the identifier of your API.")
if AUTH0_AUDIENCE and not AUTH0_DOMAIN:
    raise ImproperlyConfigured("AUTH0_AUDIENCE is set without AUTH0_DOMAIN: set it to the domain of your tenant.")

AUTH0_ISSUER = f"https://{AUTH0_DOMAIN}/" if AUTH0_DOMAIN else ""

# Off: an account gets the default role when it is first seen. On: each token says what it may do.
AUTH0_RBAC = env.flag("AUTH0_RBAC", default=False)
AUTH0_DEFAULT_ROLE = env.text("AUTH0_DEFAULT_ROLE", "store_manager")
AUTH0_PERMISSIONS_CLAIM = env.text("AUTH0_PERMISSIONS_CLAIM", "permissions")
AUTH0_ROLES_CLAIM = env.text("AUTH0_ROLES_CLAIM", "roles")
