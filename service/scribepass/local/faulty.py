"""A wire that fails when it is told to."""

from __future__ import annotations

import asyncio

from .faults import Fault, FaultKind
from .refusals import INTERNAL_FAILURE, Refusal, Refused
from .wire import Gone, Wire

__all__ = ["FaultyWire"]


class FaultyWire:
    """Another wire, sound until :meth:`strike`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._late = 0.0
        self.transport = wire.transport

    async def strike(self, fault: Fault) -> None:
        """Fail this way, from now on or once. Raises what ends the stream."""
        match fault.kind:
            case FaultKind.EXCEPTION:
                message = INTERNAL_FAILURE.message if fault.message is None else fault.message
                raise Refused(Refusal(kind=fault.exception, message=message, status=500))
            case FaultKind.SLOW:
                self._late = fault.seconds
            case FaultKind.DROP:
                self._wire.abort()
                raise Gone
            case _:
                raise NotImplementedError(fault.kind.value)

    async def receive(self) -> bytes | None:
        """As the wire does it."""
        return await self._wire.receive()

    async def send(self, frame: bytes) -> None:
        """As the wire does it, later where it is slow."""
        await asyncio.sleep(self._late)
        await self._wire.send(frame)

    async def close(self, farewell: bytes = b"") -> None:
        """As the wire does it."""
        await self._wire.close(farewell)

    def abort(self) -> None:
        """As the wire does it."""
        self._wire.abort()
