"""Who is at the other end of the connection, for whatever is done in the request."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Client:
    """An `ip` is an address as the database takes it, or "" where there is none: on a socket of the file system."""

    ip: str = ""
    user_agent: str = ""

    @property
    def network(self) -> str:
        """What tries are counted by: the address, or of IPv6 the /64 that one subscriber has to choose from."""
        return str(ip_network(f"{self.ip}/64", strict=False)) if ":" in self.ip else self.ip


# Outside requests: in a command, in a job.
_NOBODY = Client()

client: ContextVar[Client] = ContextVar("client", default=_NOBODY)


def normal_address(given: str) -> str:
    """Without the zone of a link-local address, and an IPv4 address as one, whichever socket it came through."""
    try:
        address = ip_address(given.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
