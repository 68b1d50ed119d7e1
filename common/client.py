"""Who is at the other end of the connection, for whatever is done in the request."""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


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


@lru_cache(maxsize=1_024)
def normal_address(given: str) -> str:
    """Without the zone of a link-local address, and an IPv4 address as one, whichever socket it came through."""
    try:
        address = ip_address(given.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


# With a port, which some proxies add: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([0-9A-Fa-f:.%a-z]+)\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Proxies:
    """Whose word is taken for who stands behind them: networks, and who comes through a socket of the file system."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Proxies":
        """Addresses, networks and the word `unix`; ValueError with the one that is none of them, or is everybody."""
        networks = []
        for word in words:
            if word != "unix":
                try:
                    network = ip_network(word)
                except ValueError:
                    raise ValueError(word) from None
                if not network.prefixlen:
                    raise ValueError(word)
                networks.append(network)
        return cls(tuple(networks), "unix" in words)

    def __bool__(self) -> bool:
        return self.unix or bool(self.networks)

    def trusts(self, ip: str) -> bool:
        if not ip:
            return self.unix
        address = ip_address(ip)
        return any(address in network for network in self.networks)

    def origin(self, peer: str, forwarded_for: str) -> str:
        """Who asks, by X-Forwarded-For read from its end: each trusted proxy has appended whom it was asked by.

        What stands before the first that is not trusted was written by who knows whom.
        """
        found = peer
        while forwarded_for and self.trusts(found):
            forwarded_for, _, hop = forwarded_for.rpartition(",")
            named = normal_address(_without_port(hop.strip()))
            if not named:
                return found
            found = named
        return found


def _without_port(given: str) -> str:
    match = _WITH_PORT.fullmatch(given)
    return match[1] or match[2] if match else given
