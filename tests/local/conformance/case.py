"""What a case of the conformance table is, and how one is put to a server."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scribepass.transcribe import NEED_DATA, Failure, Role, StreamSession, Transcript
from support.frames import BINARY, CLOSE, PONG, Frame, close, frame
from support.raw_socket import RawSocket
from support.streaming import END, audio

SAID = "one two"
"""What the script of the server has heard once a stream is over."""

SPEECH = audio() * 8 + END
"""The bytes of a whole event stream."""

STREAM = frame(BINARY, SPEECH)
"""A stream as one message: whatever a case sends before it, this must still be understood."""

SLICES = 150
"""Longer cases are cut in so many places, not after each byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server says to a case: results, an exception, pongs, and how it closes.

    ``code`` is that of its close frame: 1005 where the frame is empty, None where there is none.
    """

    finals: tuple[str, ...] = ()
    exception: str | None = None
    pongs: tuple[bytes, ...] = ()
    code: int | None = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Bytes that a client sends on an open WebSocket, the section of RFC 6455 on them, and the answer.

    ``ends``: the client then ends the TCP connection.
    """

    name: str
    section: str
    sends: bytes
    answer: Answer
    ends: bool = False


HEARD = Answer(finals=(SAID,))
REFUSED = Answer(exception="BadRequestException")


def failed(code: int) -> Answer:
    """The connection is failed with this code and nothing else is said."""
    return Answer(code=code)


async def put(socket: RawSocket, case: Case, *, chopped: bool) -> Answer:
    """Send a case, whole or in pieces; what the server answered until it closed the connection."""
    sent = asyncio.Event()
    answering = asyncio.create_task(_answer(socket, sent))
    for piece in _pieces(case.sends) if chopped else [case.sends]:
        await socket.send(piece)
        if chopped:
            await asyncio.sleep(0)
    if case.ends:
        socket.end()
    sent.set()
    return await answering


def _pieces(data: bytes) -> Iterator[bytes]:
    if len(data) <= SLICES:
        yield from (data[at : at + 1] for at in range(len(data)))
        return
    cuts = sorted(random.Random(len(data)).sample(range(1, len(data)), SLICES))
    yield from (data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))


async def _answer(socket: RawSocket, sent: asyncio.Event) -> Answer:
    frames: list[Frame] = []
    while (each := await socket.frame()) is not None:
        frames.append(each)
        if each.opcode == CLOSE:
            await sent.wait()
            await socket.send(close(1000))
    assert all(each.fin and not each.reserved for each in frames)
    assert [each.opcode for each in frames].count(CLOSE) <= 1
    assert CLOSE not in [each.opcode for each in frames[:-1]]
    session, said = StreamSession(Role.CLIENT), []
    for each in frames:
        if each.opcode == BINARY:
            session.receive_data(each.payload)
            while (event := session.next_event()) is not NEED_DATA:
                said.append(event)
    finals = [
        result.alternatives[0].transcript
        for event in said
        if isinstance(event, Transcript)
        for result in event.results
        if not result.is_partial
    ]
    return Answer(
        finals=tuple(finals),
        exception=next((event.kind for event in said if isinstance(event, Failure)), None),
        pongs=tuple(each.payload for each in frames if each.opcode == PONG),
        code=_code(frames),
    )


def _code(frames: Sequence[Frame]) -> int | None:
    if not frames or frames[-1].opcode != CLOSE:
        return None
    return int.from_bytes(frames[-1].payload[:2], "big") if frames[-1].payload else 1005
