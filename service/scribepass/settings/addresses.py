"""Hosts, addresses and origins, as text that was checked."""

from __future__ import annotations

import ipaddress
import re

__all__ = ["address_of", "is_bind", "is_host_and_port", "is_loopback", "is_network", "server_of"]

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>0|[1-9][0-9]{0,4}))?")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?!.{{254}}){_LABEL}(?:\.{_LABEL})*")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # a browser reads such a host as IPv4
_DEFAULT_PORT = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_loopback(host: str) -> bool:
    """Whether ``host``, an address or ``localhost``, is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _host(text: str) -> str | None:
    """``text`` as browsers write it, if it is an IP address, IPv6 in brackets, or a host name."""
    name = text.lower()
    try:
        if name.startswith("["):
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
        if _ENDS_IN_NUMBER.fullmatch(name):
            return str(ipaddress.IPv4Address(name))
    except ValueError:
        return None
    return name if _HOST_NAME.fullmatch(name) else None


def address_of(text: str) -> tuple[str, int | None] | None:
    """Host and port of ``HOST[:PORT]``; the port is from 0 to 65535, without leading zeros."""
    match = _ADDRESS.fullmatch(text)
    host = _host(match["host"]) if match else None
    port = int(match["port"]) if match and match["port"] else None
    return (host, port) if host and (port or 0) <= 65535 else None


def server_of(value: str, *schemes: str) -> str | None:
    """``value`` as browsers write an origin, if it is ``SCHEME://HOST[:PORT]`` and no more."""
    scheme, _, rest = value.partition("://")
    address = address_of(rest) if scheme in schemes else None
    if address is None or address[1] == 0:
        return None
    host, port = address
    return f"{scheme}://{host}" if port in {None, _DEFAULT_PORT[scheme]} else f"{scheme}://{host}:{port}"


def is_bind(value: str) -> bool:
    """Whether ``value`` is HOST:PORT, [IPv6]:PORT or unix:/PATH."""
    return bool(re.fullmatch("unix:/.+", value)) or is_host_and_port(value)


def is_host_and_port(value: str) -> bool:
    """Whether ``value`` is HOST:PORT or [IPv6]:PORT."""
    address = address_of(value)
    return address is not None and address[1] is not None


def is_network(value: str) -> bool:
    """Whether ``value`` is an IP address or a network."""
    try:
        return bool(ipaddress.ip_network(value))
    except ValueError:
        return False
