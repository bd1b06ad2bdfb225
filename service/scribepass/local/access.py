"""Who may speak to the local AWS at all: by the address it listens on, by Host and by Origin. Pure.

A page of somebody else's can point a name of its own at 127.0.0.1 (DNS rebinding) or open a WebSocket to it
from elsewhere; it cannot choose what the browser writes into Host and Origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scribepass.settings import is_loopback
from scribepass.transcribe import REGIONS

__all__ = ["Access"]

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_ORIGIN = re.compile(rf"https?://{_HOST.pattern}")
_SUFFIXES = "|".join(sorted({re.escape(region.dns_suffix) for region in REGIONS.values()}))
_AWS = re.compile(
    rf"(?:transcribestreaming[a-z-]*|sts(?:-fips)?)\.(?:{'|'.join(sorted(REGIONS))})\.(?:{_SUFFIXES})"
    r"|sts\.amazonaws\.com"
)
"""Names that nobody can point at this machine but whoever owns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Loopback and AWS's own names are always let in, and pages of this machine.

    ``hosts`` are further names, without a port; ``origins`` further origins, exactly as browsers send them.
    ``beyond_loopback`` lets the server listen for other machines.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    beyond_loopback: bool = False

    def check_address(self, host: str) -> None:
        """ValueError for an address to listen on that is none, or is reached by others than this machine."""
        address = ipaddress.ip_address(host)
        if not (self.beyond_loopback or address.is_loopback):
            raise ValueError(f"the local AWS listens on loopback only, not on {host}")

    def fault(self, headers: Iterable[tuple[str, str]]) -> str | None:
        """Why a request with these headers is not let in; None where it is.

        ``:authority`` is the host of HTTP/2, which older SDKs leave empty; no browser does.
        """
        pairs = [(name.lower(), value) for name, value in headers]
        hosts = [pair for pair in pairs if pair[0] in ("host", ":authority")]
        origins = [value for name, value in pairs if name == "origin"]
        if not hosts or not all(pair == (":authority", "") or self._knows(pair[1]) for pair in hosts):
            return "The Host of the request is not one that this local AWS answers to; --allow-host adds one."
        if len(origins) > 1 or not all(map(self._trusts, origins)):
            return "The Origin of the request is not one that this local AWS trusts; --allow-origin adds one."
        return None

    def _knows(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].lower()
        return is_loopback(name) or name in self.hosts or _AWS.fullmatch(name) is not None

    def _trusts(self, origin: str) -> bool:
        match = _ORIGIN.fullmatch(origin)
        return origin in self.origins or (match is not None and is_loopback(match["name"].lower()))
