"""How the fuzzer reaches a stream, one class for each transport: a plan goes out, an ending comes back.

To add one, write a class with :class:`Transport`'s face and name it in ``TRANSPORTS``.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from scribepass.errors import RemoteProtocolError
from scribepass.eventstream import Message
from support.frames import BINARY, CLOSE, NO_MASKING, PING, TEXT, Frame, close, fragments, frame
from support.raw_socket import PATIENCE, RawSocket, opening

from .fuzz_eventstream import cut, damage

ALLOWED = {"BadRequestException", "LimitExceededException", "ConflictException"} | {
    *("AccessDeniedException", "InvalidSignatureException", "SignatureDoesNotMatchException"),
    *("ExpiredTokenException", "UnrecognizedClientException"),
}
"""What a stream may be refused with. ``InternalFailureException`` would be the server's own fault."""

CLOSES = {1000, 1002, 1005, 1007, 1009}
"""How the server closes; besides, it says back whatever allowed code a damaged close frame came to have."""


class Wrong(AssertionError):
    """The server did what it must not do."""


class Transport(Protocol):
    """One way to carry a stream."""

    async def play(self, url: str, pieces: Sequence[bytes], generator: random.Random) -> str:
        """Open ``url``, send everything, hear the server out; how it ended. :class:`Wrong`."""
        ...

    async def garble(self, url: str, generator: random.Random) -> str:
        """Send a damaged request instead; how it ended. :class:`Wrong`."""
        ...


class WebSocket:
    """WebSocket over HTTP/1.1, its frames sound, fragmented, interrupted or damaged."""

    async def play(self, url: str, pieces: Sequence[bytes], generator: random.Random) -> str:
        """See :class:`Transport`."""
        socket = await RawSocket.open(url)
        try:
            async with asyncio.timeout(PATIENCE):
                data, is_over = self._data(pieces, generator)
                sending = asyncio.create_task(self._send(socket, data, generator, is_over=is_over))
                ending = await self._ending(socket)
                await sending
        except TimeoutError:
            raise Wrong("the server neither answered nor closed") from None
        finally:
            socket.vanish()
        return ending

    async def garble(self, url: str, generator: random.Random) -> str:
        """See :class:`Transport`."""
        socket = await RawSocket.connect(url)
        try:
            other = opening(url, line="POST / HTTP/1.1")
            await socket.send(damage(opening(url), other, generator))
            if generator.random() < 0.7:  # the others are left to the server's patience
                socket.end()
            head = await socket.head()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            return "no answer"
        except TimeoutError:
            raise Wrong("a damaged request was neither answered nor dropped") from None
        finally:
            socket.vanish()
        if head.status >= 500 and head.status not in {501, 505}:
            raise Wrong(f"a damaged request was answered by {head.status}")
        return f"HTTP {head.status}"

    def _data(self, pieces: Sequence[bytes], generator: random.Random) -> tuple[bytes, bool]:
        """All bytes, and whether the connection must be ended for the server to see an end."""
        # A client that closes or ends at once does not hear how its frames were taken, so few do.
        last = generator.choice((*[frame(BINARY)] * 8, close(1000), close(), b""))
        data = b"".join([*(self._frame(piece, generator) for piece in pieces), last])
        if generator.random() < 0.03:
            begin = generator.randrange(len(data))
            return data[:begin] + damage(data[begin : begin + 400], data[:20], generator), True
        return data, not last

    def _frame(self, piece: bytes, generator: random.Random) -> bytes:
        luck = generator.random()
        if luck > 0.04:
            return frame(BINARY, piece, mask=NO_MASKING if luck < 0.9 else generator.randbytes(4))
        if luck < 0.001:
            return frame(TEXT, piece)
        parts = fragments(BINARY, *cut(piece, generator))
        pings = [frame(PING, generator.randbytes(generator.randrange(126))) for _ in parts]
        return b"".join(part + ping for part, ping in zip(parts, pings, strict=True))

    async def _send(self, socket: RawSocket, data: bytes, generator: random.Random, *, is_over: bool) -> None:
        if generator.random() < 0.02:
            await socket.send(data[: generator.randrange(len(data) + 1)])
            socket.vanish()
            return
        await socket.send(data)
        if is_over:
            socket.end()

    async def _ending(self, socket: RawSocket) -> str:
        ending = "dropped"
        while (each := await socket.frame()) is not None:
            if each.opcode == CLOSE:
                code = int.from_bytes(each.payload[:2], "big") or 1005
                if code not in CLOSES and not (1000 < code < 1015 or 3000 <= code < 5000):
                    raise Wrong(f"the server closed with {code}")
                if ending == "dropped":
                    ending = "finished" if code in {1000, 1005} else str(code)
                await socket.send(close(1000))
            elif each.opcode == BINARY:
                ending = self._refusal(each) or ending
        return ending

    @staticmethod
    def _refusal(each: Frame) -> str | None:
        try:
            message = Message.decode(each.payload)
        except RemoteProtocolError as error:
            raise Wrong("the server sent something that is no event") from error
        kind = message.get(":exception-type")
        if kind is not None and kind not in ALLOWED:
            raise Wrong(f"the server said {kind}: {message.payload!r}")
        return None if kind is None else str(kind)


TRANSPORTS: Mapping[str, Callable[[], Transport]] = {"websocket": WebSocket}
