"""Mail: on the console, by SMTP in production; EMAIL_URL says otherwise."""

from config import env

_in_production = env.environment() == "production"
_config = env.email_url("EMAIL_URL", "smtp://localhost:25" if _in_production else "consolemail://")

EMAIL_BACKEND = _config["EMAIL_BACKEND"]
EMAIL_HOST = _config["EMAIL_HOST"]
EMAIL_PORT = _config["EMAIL_PORT"]
EMAIL_HOST_USER = _config["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _config["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _config.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _config.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Stockroom <stockroom@localhost>")
