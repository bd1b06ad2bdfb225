"""A client of HTTP/2 as small as it can be, on hyper-h2, with every liberty to misbehave."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from ssl import SSLContext

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)

from scribepass.eventstream import Header, HeaderType, Message
from scribepass.local.server import LocalAws
from scribepass.sigv4 import Credentials
from scribepass.sigv4.chunks import ChunkSigner
from scribepass.transcribe import NEED_DATA, Operation, Role, StreamSession
from support.signing import botocore_sign
from support.streaming import PARAMETERS, RATE, REGION, STATIC, Heard, utcnow

GOAWAY = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8)


@dataclass
class Answer:
    """What has come on one stream so far."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers[":status"])

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None


class Client:
    """One connection. It reads as long as ``reading`` is set, and gives windows back when ``generous``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, generous: bool) -> None:
        self.reader, self.writer = reader, writer
        self.h2 = H2Connection(config=H2Configuration(client_side=True, header_encoding="latin-1"))
        self.answers: dict[int, Answer] = {}
        self.gone: int | None = None  # the error code of the server's GOAWAY
        self.closed = False
        self.greeted = False
        self.generous = generous
        self.waited = 0  # how often a window was closed
        self.changed = asyncio.Condition()

    async def listen(self) -> None:
        """Take everything until the connection ends."""
        try:
            while data := await self.reader.read(65_536):
                for event in self.h2.receive_data(data):
                    self._take(event)
                self.flush()
                await self._tell()
        except OSError:
            pass
        self.closed = True
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _take(self, event: Event) -> None:
        answer = self.answers.setdefault(getattr(event, "stream_id", None) or 0, Answer())
        if isinstance(event, ResponseReceived):
            answer.headers.update((str(name), str(value)) for name, value in event.headers)
        elif isinstance(event, DataReceived):
            answer.body += event.data
            if self.generous:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            answer.ended = True
        elif isinstance(event, StreamReset):
            answer.reset = int(event.error_code)
        elif isinstance(event, RemoteSettingsChanged):
            self.greeted = True
        elif isinstance(event, ConnectionTerminated):
            self.gone = int(event.error_code)

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until ``happened``; what does not happen before the end of the connection is a failure."""
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(lambda: happened() or self.closed)
        assert happened(), "the connection has ended before"

    def request(self, headers: Sequence[tuple[str, str]], *, end: bool = False) -> int:
        """Send a HEADERS frame; the stream's id."""
        stream_id = self.h2.get_next_available_stream_id()
        self.answers[stream_id] = Answer()
        self.h2.send_headers(stream_id, headers, end_stream=end)
        self.flush()
        return stream_id

    async def send(self, stream_id: int, data: bytes, *, end: bool = False) -> None:
        """Send as windows allow. It stops where the server has had enough."""
        answer = self.answers[stream_id]
        at = 0
        while at < len(data) and not (answer.over or self.closed):
            room = min(self.h2.local_flow_control_window(stream_id), self.h2.max_outbound_frame_size)
            if room > 0:
                self.h2.send_data(stream_id, data[at : at + room])
                at += room
                self.flush()
                await self.writer.drain()
            else:
                self.waited += 1
                async with self.changed:
                    await self.changed.wait()
        if end and answer.reset is None and not self.closed:
            self.h2.end_stream(stream_id)
            self.flush()

    async def answered(self, stream_id: int) -> Answer:
        """The whole answer."""
        await self.until(lambda: self.answers[stream_id].over)
        return self.answers[stream_id]


@asynccontextmanager
async def connected(
    local: LocalAws,
    *,
    ssl: SSLContext | None = None,
    generous: bool = True,
    settings: dict[int, int] | None = None,
) -> AsyncIterator[Client]:
    """A client on the plain port, or through TLS with ``ssl``."""
    port = local.port if ssl is None else local.tls_port
    server_hostname = None if ssl is None else "localhost"
    reader, writer = await asyncio.open_connection(local.host, port, ssl=ssl, server_hostname=server_hostname)
    client = Client(reader, writer, generous=generous)
    client.h2.local_settings.update(settings or {})
    client.h2.local_settings.acknowledge()
    client.h2.initiate_connection()
    client.flush()
    listening = asyncio.create_task(client.listen())
    try:
        await client.until(lambda: client.greeted)
        yield client
    finally:
        writer.transport.abort()
        listening.cancel()
        await asyncio.wait([listening])
        with suppress(OSError):
            await writer.wait_closed()


def signed_headers(
    local: LocalAws,
    operation: Operation = Operation.STANDARD,
    *,
    credentials: Credentials = STATIC,
    now: datetime | None = None,
    scheme: str = "http",
    **more: str,
) -> list[tuple[str, str]]:
    """The head of a stream of 16 kHz PCM, signed by botocore; ``more`` are further parameters."""
    given = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE, **PARAMETERS[operation]}
    given |= {name.replace("_", "-"): value for name, value in more.items()}
    port = local.tls_port if scheme == "https" else local.port
    request = botocore_sign(
        method="POST",
        url=f"{scheme}://{local.host}:{port}{operation.http2_path}",
        headers={f"x-amzn-transcribe-{name}": str(value) for name, value in given.items()},
        body=b"",
        credentials=credentials,
        region=REGION,
        service="transcribe",
        now=now or utcnow(),
    )
    fields = [(name.lower(), value) for name, value in request.headers]
    authority = next(value for name, value in fields if name == "host")
    pseudo = [(":method", "POST"), (":path", request.target), (":scheme", scheme), (":authority", authority)]
    return [*pseudo, *(field for field in fields if field[0] not in {"host", "content-length"})]


class EventSigner:
    """Signs the events of one stream, each with the signature before it."""

    def __init__(self, headers: Sequence[tuple[str, str]], *, credentials: Credentials = STATIC) -> None:
        seed = dict(headers)["authorization"].rpartition("Signature=")[2]
        self._chain = ChunkSigner(credentials, region=REGION, seed_signature=seed)

    def __call__(self, payload: bytes) -> bytes:
        now = utcnow().replace(microsecond=0)
        signature = self._chain.sign(date=now, payload=payload)
        date = Header(name=":date", type=HeaderType.TIMESTAMP, value=now)
        return Message(
            (date, Header(name=":chunk-signature", type=HeaderType.BYTES, value=signature)), payload
        ).encode()


def heard_in(answer: Answer, *, operation: Operation = Operation.STANDARD) -> Heard:
    """The events in a body."""
    heard, session = Heard(), StreamSession(Role.CLIENT, operation=operation)
    if answer.body:
        session.receive_data(bytes(answer.body))
    while (event := session.next_event()) is not NEED_DATA:
        heard.events.append(event)
    return heard


async def stream(
    client: Client,
    headers: Sequence[tuple[str, str]],
    events: Sequence[bytes],
    *,
    operation: Operation = Operation.STANDARD,
) -> Heard:
    """One whole stream: its events signed, END_STREAM, and everything that the server says."""
    stream_id, sign = client.request(headers), EventSigner(headers)
    await client.send(stream_id, b"".join([*map(sign, events), sign(b"")]), end=True)
    return heard_in(await client.answered(stream_id), operation=operation)
