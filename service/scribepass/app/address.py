"""Where a request comes from, as far as it is known and not only said."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["Forwarding"]

_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


class Forwarding:
    """Which proxies in front are believed, and how many of them add to ``X-Forwarded-For``.

    Each proxy adds at the right who asked it. With ``hops`` of them the client stands at that place from the
    right; whatever stands further left was sent by the client. Only what one of ``proxies`` (addresses or
    networks) hands on is read, and from a Unix socket, which only they can reach.
    """

    def __init__(self, *, hops: int, proxies: Sequence[str]) -> None:
        self._hops = hops
        self._networks = [ipaddress.ip_network(each) for each in proxies]
        self._trusts = lru_cache(maxsize=1024)(self._is_proxy)

    def is_from_proxy(self, peer: str | None) -> bool:
        """Whether the other end of the connection is one of the proxies."""
        return peer is not None and bool(self._networks) and (not peer or self._trusts(peer))

    def client_of(self, peer: str | None, *, forwarded: Sequence[str]) -> str | None:
        """The client's IP address in its usual form; the peer's where the proxies do not say a usable one.

        ``forwarded`` are the values of ``X-Forwarded-For``, in their order.
        """
        if self._hops and self.is_from_proxy(peer):
            chain = ",".join(forwarded).split(",")
            said = _usual(chain[-self._hops]) if len(chain) >= self._hops else None
            if said is not None:
                return said
        return (_usual(peer) or peer) if peer else peer

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = _plain(ipaddress.ip_address(peer))
        except ValueError:
            return False
        return any(address in network for network in self._networks)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _plain(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=1024)
def _usual(text: str) -> str | None:
    text = text.strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        return str(_plain(ipaddress.ip_address(text)))
    except ValueError:
        return None
