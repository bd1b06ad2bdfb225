"""What stands for a caller, a session or an address where they are counted."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from hashlib import blake2b

__all__ = ["name_of", "network_of"]


@lru_cache(maxsize=4096)
def name_of(identifier: str) -> str:
    """32 hexadecimal digits for a caller's or a session's id, which may be an e-mail address."""
    return blake2b(identifier.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def network_of(address: str) -> str:
    """The address, or of IPv6 its /64: whoever has one address of it has all of them. Never long."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return name_of(address)  # a Unix socket has none
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)
