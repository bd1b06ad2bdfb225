"""A wire that fails when it is told to."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping

from . import refusals
from .faults import Fault, FaultKind
from .late import LateSender
from .refusals import Refused
from .wire import Gone, Wire

__all__ = ["FaultyWire", "Struck"]


class Struck(Gone):
    """A fault has taken the client's connection away. ``outcome`` is its kind."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.outcome = kind.value


def _garbage(frame: bytes) -> bytes:
    return secrets.token_bytes(len(frame))


def _wrong_crc(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 0xFF])


_SPOILED: Mapping[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.GARBAGE: _garbage,
    FaultKind.WRONG_CRC: _wrong_crc,
}


class FaultyWire:
    """Another wire, sound until :meth:`strike`.

    A client that takes none of what is late for ``patience`` seconds is gone.
    """

    def __init__(self, wire: Wire, *, patience: float) -> None:
        self._wire = wire
        self._late = LateSender(wire, patience=patience)
        self._spoil: Callable[[bytes], bytes] | None = None
        self._hanging: asyncio.Task[None] | None = None
        self.transport = wire.transport

    async def strike(self, fault: Fault) -> None:
        """Fail this way, from now on or once. Raises what ends the stream: Refused or :class:`Struck`."""
        match fault.kind:
            case FaultKind.EXCEPTION:
                raise Refused(refusals.named(fault.exception, fault.message))
            case FaultKind.SLOW:
                self._late.seconds = fault.seconds
            case FaultKind.GARBAGE | FaultKind.WRONG_CRC:
                self._spoil = _SPOILED[fault.kind]
            case FaultKind.DROP:
                self.abort()
                raise Struck(fault.kind)
            case FaultKind.HALF_OPEN:
                self._late.cancel()
                self._hanging = asyncio.create_task(self._wire.hang())
                raise Struck(fault.kind)
            case FaultKind.CLOSE:
                raise Struck(fault.kind)

    async def receive(self) -> bytes | None:
        """As the wire does it."""
        return await self._wire.receive()

    async def send(self, frame: bytes) -> None:
        """As the wire does it, later where it is slow, and spoiled where the next frame shall be."""
        await self._late.send(self._spoiled(frame))

    async def close(self, farewell: bytes = b"") -> None:
        """As the wire does it, after what is late; half-open, when the client goes or the server stops."""
        if self._hanging is not None:
            await self._hanging
            return
        await self._until_lost(self._late.drain(farewell=bool(farewell)))
        await self._wire.close(self._spoiled(farewell))

    async def hang(self) -> None:
        """As the wire does it."""
        await self._wire.hang()

    async def lost(self) -> None:
        """As the wire does it."""
        await self._wire.lost()

    def abort(self) -> None:
        """As the wire does it."""
        self._late.cancel()
        self._wire.abort()

    async def _until_lost(self, work: Coroutine[None, None, None]) -> None:
        """Wait for ``work``, but for nobody who is not there any more."""
        tasks = [asyncio.create_task(work), asyncio.create_task(self._wire.lost())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._late.cancel()  # drained, or for nobody

    def _spoiled(self, frame: bytes) -> bytes:
        if self._spoil is None or not frame:
            return frame
        spoil, self._spoil = self._spoil, None
        return spoil(frame)
