"""Streams that send a chunk when it is due, and note when they are answered."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

from scribepass.sigv4 import presign
from scribepass.transcribe import (
    NEED_DATA,
    Audio,
    Operation,
    Result,
    Role,
    StreamSession,
    Transcript,
    encode,
    parse,
    stream_url,
)
from support.frames import BINARY, NO_MASKING, close, frame
from support.raw_socket import RawSocket
from support.streaming import END, RATE, REGION, STATIC

CHUNK_SECONDS = 0.1
CHUNK_BYTES = int(RATE * CHUNK_SECONDS) * 2
PARTIAL = b'"IsPartial":true'
START_SECONDS = 1.0


def due_in_turn(streams: int) -> Iterator[float]:
    """When the first chunk of each is due, of the loop's clock, evenly over the length of a chunk."""
    begin = asyncio.get_running_loop().time() + START_SECONDS
    return (begin + CHUNK_SECONDS * number / streams for number in range(streams))


class Real:
    """A stream that sends ``pcm`` in real time."""

    def __init__(self, socket: RawSocket, pcm: bytes) -> None:
        self._socket = socket
        chunks = (pcm[at : at + CHUNK_BYTES] for at in range(0, len(pcm), CHUNK_BYTES))
        self._frames = [frame(BINARY, encode(Audio(chunk=each)).encode(), mask=NO_MASKING) for each in chunks]
        self._loop = asyncio.get_running_loop()
        self._first = 0.0
        self.sent_late: list[float] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, endpoint: str, pcm: bytes) -> Self:
        """A stream that is accepted and silent yet."""
        params = parse(
            Operation.STANDARD, {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE}
        )
        unsigned = stream_url(Operation.STANDARD, region=REGION, params=params, endpoint=endpoint)
        url = presign(unsigned, credentials=STATIC, region=REGION, now=datetime.now(UTC), expires=60)
        return cls(await RawSocket.open(url), pcm)

    async def speak(self, first: float) -> None:
        """Send each chunk when it is due, the first at ``first``, and the end behind them."""
        self._first = first
        for number, each in enumerate(self._frames):
            due = first + number * CHUNK_SECONDS
            await asyncio.sleep(due - self._loop.time())
            self.sent_late.append(self._loop.time() - due)
            await self._socket.send(each)

    async def end(self) -> float:
        """End the audio; how many seconds later the server has closed."""
        ended = self._loop.time()
        await self._socket.send(frame(BINARY, END))
        await self._reading
        return self._loop.time() - ended

    async def _read(self) -> None:
        while (message := await self._socket.message()) is not None:
            self._take(message.payload, self._loop.time())
        await self._socket.send(close(1000))
        self._socket.vanish()

    def _take(self, payload: bytes, at: float) -> None:
        raise NotImplementedError


class Timed(Real):
    """Each chunk is answered by one partial."""

    def __init__(self, socket: RawSocket, pcm: bytes) -> None:
        self._answered: list[float] = []
        super().__init__(socket, pcm)

    def late(self) -> list[float]:
        """How long after it was due each chunk was answered. ``RuntimeError`` where one was not."""
        if len(self._answered) != len(self._frames):
            raise RuntimeError(f"{len(self._frames)} chunks and {len(self._answered)} answers")
        return [at - self._first - number * CHUNK_SECONDS for number, at in enumerate(self._answered)]

    def _take(self, payload: bytes, at: float) -> None:
        if PARTIAL in payload:
            self._answered.append(at)


class Speaking(Real):
    """Results come when words were heard."""

    def __init__(self, socket: RawSocket, pcm: bytes) -> None:
        self._session = StreamSession(Role.CLIENT)
        self._heard: list[tuple[float, Result]] = []
        super().__init__(socket, pcm)

    def late(self) -> list[float]:
        """How long after the end of the audio that it covers each result came."""
        return [at - self._first - each.end_time for at, each in self._heard]

    def _take(self, payload: bytes, at: float) -> None:
        self._session.receive_data(payload)
        while (event := self._session.next_event()) is not NEED_DATA:
            if isinstance(event, Transcript):
                self._heard += [(at, each) for each in event.results]
