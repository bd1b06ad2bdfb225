"""One port, several protocols: the first bytes of a connection decide whose it is, or TLS has (ALPN)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast
from weakref import WeakSet

from .limits import Limits

__all__ = ["Sniffer"]

_WEBSOCKET = b"GET "
_HTTP2 = b"PRI "  # its whole preface is checked behind


class Sniffer(asyncio.Protocol):
    """Waits for four bytes, hands the connection to ``websocket`` or to what the others make, and is gone.

    A client that stays silent is dropped here; the timers of the protocols behind have not begun. All
    connections are kept in ``transports`` while they live; one too many is dropped at once.
    """

    def __init__(
        self,
        *,
        websocket: asyncio.Protocol,
        http: Callable[[], asyncio.Protocol],
        http2: Callable[[], asyncio.Protocol],
        transports: WeakSet[asyncio.BaseTransport],
        limits: Limits,
    ) -> None:
        self._websocket = websocket
        self._http = http
        self._http2 = http2
        self._transports = transports
        self._limits = limits
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock."""
        self._transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.sniff_seconds, self._transport.abort)
        self._transports.add(transport)
        # A closed one stays in the set until the garbage collector comes by.
        if sum(not each.is_closing() for each in self._transports) > self._limits.connections:
            self._transport.abort()
            return
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            self._hand_over(self._http2())

    def data_received(self, data: bytes) -> None:
        """Decide as soon as it can be decided."""
        self._head += data
        if len(self._head) < len(_WEBSOCKET) and any(
            each.startswith(self._head) for each in (_WEBSOCKET, _HTTP2)
        ):
            return
        if self._head.startswith(_WEBSOCKET):
            self._hand_over(self._websocket)
        else:
            self._hand_over(self._http2() if self._head.startswith(_HTTP2) else self._http())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Stop the clock."""
        self._timer.cancel()

    def _hand_over(self, protocol: asyncio.Protocol) -> None:
        self._timer.cancel()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if self._head:
            protocol.data_received(self._head)
