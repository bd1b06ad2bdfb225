"""A client of the local AWS, as small as it can be and with every liberty to misbehave."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from scribepass.eventstream import Message
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.limits import Limits
from scribepass.local.recognisers import Engine
from scribepass.local.recognisers.scripted import Scripted
from scribepass.local.server import LocalAws, serve
from scribepass.sigv4 import Credentials, presign
from scribepass.transcribe import (
    NEED_DATA,
    Audio,
    Closed,
    EndOfAudio,
    Event,
    Failure,
    Operation,
    Result,
    Role,
    StreamSession,
    Transcript,
    encode,
    parse,
    stream_url,
)

STATIC = Credentials(access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key=STATIC_SECRET_ACCESS_KEY)
REGION = "us-east-1"
RATE = 16_000
CHUNK = bytes(RATE // 5)  # 100 ms of silence
SCRIPT = Scripted(["one two"])
END = encode(EndOfAudio()).encode()

PARAMETERS: Mapping[Operation, Mapping[str, object]] = {
    Operation.STANDARD: {},
    Operation.MEDICAL: {"specialty": "CARDIOLOGY", "type": "DICTATION"},
    Operation.CALL_ANALYTICS: {},
}


def utcnow() -> datetime:
    return datetime.now(UTC)


class Clock:
    """A clock that is moved by hand. It starts now, because boto3 signs with the real time."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def audio(chunk: bytes = CHUNK) -> bytes:
    """One AudioEvent."""
    return encode(Audio(chunk=chunk)).encode()


@asynccontextmanager
async def local_aws(*, recogniser: Engine = SCRIPT, **options: object) -> AsyncIterator[LocalAws]:
    """A server on a free port, with the scripted engine and no pause before its close."""
    given = {"limits": Limits(close_gap_seconds=0), **options}
    async with serve(port=0, recogniser=recogniser, **given) as local:  # type: ignore[arg-type]
        yield local


def unsigned_url(
    local: LocalAws, operation: Operation = Operation.STANDARD, *, region: str = REGION, **more: object
) -> str:
    """The URL of a stream of 16 kHz PCM in US English; ``more`` are further parameters."""
    given = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE, **PARAMETERS[operation]}
    params = parse(operation, {**given, **{name.replace("_", "-"): value for name, value in more.items()}})
    return stream_url(operation, region=region, params=params, endpoint=local.endpoint)


def signed(
    url: str, *, credentials: Credentials = STATIC, region: str = REGION, now: datetime | None = None
) -> str:
    """``url`` presigned for a minute."""
    return presign(url, credentials=credentials, region=region, now=now or utcnow(), expires=60)


def signed_url(local: LocalAws, operation: Operation = Operation.STANDARD, **more: object) -> str:
    """A URL that opens a stream."""
    return signed(unsigned_url(local, operation, **more))


@dataclass
class Heard:
    """What a server said on one stream."""

    events: list[Event | Closed] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    close_code: int | None = None

    @property
    def failure(self) -> Failure | None:
        return next((event for event in self.events if isinstance(event, Failure)), None)

    @property
    def results(self) -> list[Result]:
        return [result for event in self.events if isinstance(event, Transcript) for result in event.results]

    @property
    def finals(self) -> list[str]:
        return [each.alternatives[0].transcript for each in self.results if not each.is_partial]


async def listen(socket: ClientConnection, *, operation: Operation = Operation.STANDARD) -> Heard:
    """Hear everything until the server closes."""
    heard, session = Heard(), StreamSession(Role.CLIENT, operation=operation)
    try:
        while True:
            message = await socket.recv(decode=False)
            heard.messages.append(message)
            session.receive_data(message)
            while (event := session.next_event()) is not NEED_DATA:
                heard.events.append(event)
    except ConnectionClosed:
        heard.close_code = socket.close_code
    return heard


async def stream(
    url: str, messages: Sequence[bytes | str], *, operation: Operation = Operation.STANDARD, **options: object
) -> Heard:
    """Open ``url``, send all messages, and hear everything until the server closes."""
    async with connect(url, compression=None, **options) as socket:  # type: ignore[arg-type]
        listening = asyncio.create_task(listen(socket, operation=operation))
        try:
            for message in messages:
                await socket.send(message)
        except ConnectionClosed:
            pass  # the server had heard enough
        return await listening


def exception_frame(message: bytes) -> tuple[dict[str, object], bytes]:
    """The headers and the body of a frame."""
    frame = Message.decode(message)
    return {header.name: header.value for header in frame.headers}, frame.payload
