"""How often one account, or one address where there is none, may ask; and whose word on addresses is taken."""

from common.rates.rate import Rate, Scope
from config import env

# Off for load tests. Wrong passwords are counted all the same.
THROTTLES = env.flag("THROTTLES", default=True)

# Off: each request is counted in Redis by itself, and asks it.
RATES_AHEAD = env.flag("RATE_AHEAD", default=True)


def _unless_in_tests(rate: str) -> str:
    """The suite comes thousands of times from one address: it is counted like anybody, and let through."""
    return "1000000/second" if env.environment() == "test" else rate


RATES: dict[Scope, Rate] = {
    Scope.READ: env.rate("RATE_READ", _unless_in_tests("600/minute")),
    Scope.WRITE: env.rate("RATE_WRITE", _unless_in_tests("300/minute")),
    Scope.SEARCH: env.rate("RATE_SEARCH", _unless_in_tests("120/minute")),
    Scope.BULK: env.rate("RATE_BULK", _unless_in_tests("10000/minute")),  # rows
    Scope.AUTH: env.rate("RATE_AUTH", _unless_in_tests("60/minute")),
}

TRUSTED_PROXIES = env.proxies("TRUSTED_PROXIES")
