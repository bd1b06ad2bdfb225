"""Both services that a client talks to, on loopback, each acting as a test tells it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from scribepass.client.tickets import ClientTicket
from scribepass.errors import TicketRefused
from scribepass.transcribe import (
    NEED_DATA,
    Alternative,
    Audio,
    Closed,
    EndOfAudio,
    Event,
    Item,
    Operation,
    Result,
    Role,
    StreamSession,
    Transcript,
)

SIGNATURE = "5ec3e7" * 10 + "beef"
TOKEN = "FQoGZXIvYXdzSecretSessionToken%2F%2F%2B"
QUERY = f"X-Amz-Security-Token={TOKEN}&X-Amz-Signature={SIGNATURE}&language-code=en-US"
FORMAT = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": "16000"}


def final(text: str, start: float = 0.0, *, result_id: str = "r1", is_partial: bool = False) -> Result:
    """A result whose words take 0.3 s each."""
    words = text.split()
    items = tuple(
        Item(
            content=word,
            start_time=round(start + 0.3 * place, 3),
            end_time=round(start + 0.3 * (place + 1), 3),
        )
        for place, word in enumerate(words)
    )
    end = round(start + 0.3 * len(words), 3)
    best = Alternative(transcript=text, items=items)
    return Result(
        result_id=result_id, start_time=start, end_time=end, is_partial=is_partial, alternatives=(best,)
    )


def said(text: str, start: float = 0.0, *, result_id: str = "r1", is_partial: bool = False) -> Transcript:
    """An event with one such result."""
    return Transcript(results=(final(text, start, result_id=result_id, is_partial=is_partial),))


class Peer:
    """The server's end of one stream."""

    def __init__(self, connection: ServerConnection, *, operation: Operation) -> None:
        self.connection = connection
        self.session = StreamSession(Role.SERVER, operation=operation)
        self.messages: list[int] = []
        """The size of each WebSocket message that came."""

    async def hear(self) -> Event | Closed:
        """What the client says next."""
        while (event := self.session.next_event()) is NEED_DATA:
            message = await self.connection.recv(decode=False)
            self.messages.append(len(message))
            self.session.receive_data(message)
        return event

    async def hear_all(self) -> bytes:
        """All audio up to its end."""
        heard = b""
        while not isinstance(event := await self.hear(), EndOfAudio):
            assert isinstance(event, Audio)
            heard += event.chunk
        return heard

    async def say(self, *events: Event) -> None:
        for event in events:
            await self.connection.send(self.session.send(event))


Part = Callable[[Peer], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Stage:
    """Where the server listens, and what has happened on it."""

    endpoint: str
    peers: list[Peer] = field(default_factory=list)
    operation: Operation = Operation.STANDARD

    @property
    def url(self) -> str:
        return f"{self.endpoint}{self.operation.path}?{QUERY}"


@contextlib.asynccontextmanager
async def playing(
    part: Part,
    *,
    operation: Operation = Operation.STANDARD,
    answer: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> AsyncIterator[Stage]:
    """A Transcribe whose streams go as ``part`` has it; ``answer`` may refuse the handshake."""
    stage = Stage(endpoint="", operation=operation)

    async def play(connection: ServerConnection) -> None:
        peer = Peer(connection, operation=operation)
        stage.peers.append(peer)
        await part(peer)

    async with serve(play, "127.0.0.1", 0, compression=None, process_request=answer) as server:
        stage.endpoint = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield stage


class Tickets:
    """A source of tickets for one stage, which remembers what it was asked for."""

    def __init__(self, url: str, *, operation: Operation = Operation.STANDARD) -> None:
        self.url = url
        self.operation = operation
        self.asked: list[dict[str, object]] = []
        self.over: list[ClientTicket] = []

    async def closed(self, ticket: ClientTicket) -> None:
        self.over.append(ticket)

    async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
        self.asked.append(dict(params))
        return ticket(self.url, params, operation=self.operation)


class NoTickets:
    """A source that refuses."""

    async def closed(self, _ticket: ClientTicket) -> None:
        raise AssertionError("no ticket was given")

    async def fetch(self, _params: Mapping[str, object]) -> ClientTicket:
        raise TicketRefused("no", status=401, problem={})


def ticket(
    url: str, params: Mapping[str, object] = FORMAT, *, operation: Operation = Operation.STANDARD
) -> ClientTicket:
    return ClientTicket(
        url=url,
        session_id="11111111-2222-3333-4444-555555555555",
        ticket_id="tk_1",
        operation=operation,
        region="us-east-1",
        parameters={name: str(value) for name, value in params.items()},
        expires_in=60,
    )


@dataclass(slots=True, kw_only=True)
class Desk:
    """A service that vends: where it is, what it answers, and what it was asked."""

    url: str = ""
    status: int = 201
    answer: dict[str, object] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    asked: list[dict[str, object]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def vending(url: str, *, operation: Operation = Operation.STANDARD) -> AsyncIterator[Desk]:
    """An HTTP service that answers every ``POST /presign`` with a ticket for ``url``."""
    desk = Desk()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        posted = await reader.readexactly(length)
        if not head.startswith("POST /presign "):  # a session is over, which is not of interest here
            writer.write(b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        asked = json.loads(posted)
        desk.heads.append(head)
        desk.asked.append(asked)
        body = json.dumps(desk.answer or _ticket_json(url, asked, operation=operation)).encode()
        head = ("HTTP/1.1 %d X", "Content-Type: application/json", "Content-Length: %d", "Connection: close")
        writer.write(("\r\n".join([*head, "", ""]) % (desk.status, len(body))).encode())
        writer.write(body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        desk.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield desk


def _ticket_json(url: str, asked: Mapping[str, object], *, operation: Operation) -> dict[str, object]:
    ours = {"operation", "region", "expires-in", "client-reference-id"}
    return {
        "url": url,
        "session_id": "11111111-2222-3333-4444-555555555555",
        "ticket_id": "tk_1",
        "operation": operation.value,
        "region": "us-east-1",
        "parameters": {name: str(value) for name, value in asked.items() if name not in ours},
        "expires_in": 60,
    }
