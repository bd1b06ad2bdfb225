"""What carries a stream: a WebSocket or an HTTP/2 stream, as far as a stream cares."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Gone", "Wire"]


class Gone(Exception):
    """The client is not there any more. It may leave at any moment, and nobody is to blame."""

    outcome = "client_gone"


class Wire(Protocol):
    """One stream's way to its client. ``receive`` has one caller; ``send`` may have several at once."""

    @property
    def transport(self) -> str:
        """``websocket`` or ``http2``."""
        ...

    async def receive(self) -> bytes | None:
        """The next bytes: a WebSocket message, maybe empty, or a slice of an HTTP/2 stream; None at its end.

        :class:`Gone`, or :class:`~scribepass.local.refusals.Refused` for what no event stream is made of.
        """
        ...

    async def send(self, frame: bytes) -> None:
        """Send one event; waits while the client does not read. :class:`Gone`."""
        ...

    async def close(self, farewell: bytes = b"") -> None:
        """Send a last event, if any, and close so that every client hears it. Nothing is raised."""
        ...

    async def hang(self) -> None:
        """Read and send nothing more, from the first moment on, and do not close: not even a pong goes out.

        Returns when the client has gone or the server stops. Of an HTTP/2 connection, which other streams
        share, the stream alone hangs: what comes for it is not read, its window is not opened again.
        """
        ...

    async def lost(self) -> None:
        """Wait until the client has gone or the server stops. Nothing is raised."""
        ...

    def abort(self) -> None:
        """Drop the connection, or the HTTP/2 stream, at once."""
        ...
