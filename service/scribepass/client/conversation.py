"""Both directions of one open stream at once: audio out, events in, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from scribepass.client.tickets import ClientTicket
from scribepass.client.websocket import CONNECTION_LOST, WebSocket
from scribepass.errors import StreamFailed
from scribepass.telemetry import get_log, redact_text
from scribepass.transcribe import (
    NEED_DATA,
    Audio,
    Category,
    Closed,
    Configuration,
    EndOfAudio,
    Event,
    Failure,
    Operation,
    Role,
    State,
    StreamSession,
    Transcript,
    UnknownEvent,
    Utterance,
)

__all__ = ["Conversation", "Heard"]

Heard = Transcript | Utterance | Category
"""What a stream yields: results of a standard or medical stream, utterances and categories of a call."""


class Conversation:
    """One stream. ``speak`` runs as a task beside ``listen``."""

    def __init__(self, websocket: WebSocket, ticket: ClientTicket, *, drain_seconds: float) -> None:
        self._websocket = websocket
        self._session = StreamSession(Role.CLIENT, operation=ticket.operation)
        self._operation = ticket.operation
        self._drain_seconds = drain_seconds
        self._waiting: asyncio.Timeout | None = None
        self._draining = False
        self._fault: Exception | None = None
        self._open: set[str] = set()
        self._unknown: set[str] = set()

    async def speak(self, pieces: AsyncIterator[bytes], configuration: Configuration | None) -> None:
        """Send all audio and its end. If the connection closes, return: the listener learns why."""
        try:
            if self._operation is Operation.CALL_ANALYTICS:
                await self._say(configuration or Configuration())
            async for piece in pieces:
                if not await self._say(Audio(chunk=piece)):
                    return
                await asyncio.sleep(0)  # a source that never waits must not keep results waiting
        except Exception as fault:  # noqa: BLE001 - whatever the caller's audio raises; listen() raises it
            self._fault = fault
        self._draining = await self._say(EndOfAudio())
        self._extend()

    async def _say(self, event: Event) -> bool:
        return await self._websocket.send(self._session.send(event))

    async def listen(self) -> AsyncGenerator[Heard, None]:
        """Yield what arrives until the server closes. Raises as ``transcribe`` does."""
        message: bytes | None = b""
        while message is not None:
            message = await self._receive()
            if message is None:
                self._session.receive_eof()
            else:
                self._session.receive_data(message)
            for event in self._events():
                yield event
        if self._fault is not None:
            raise self._fault
        if self._session.our_state is not State.FINISHED:
            raise StreamFailed(CONNECTION_LOST, "the stream was closed before the audio had ended")

    async def _receive(self) -> bytes | None:
        """The next message; None when the server has closed, or has had its time and owes nothing."""
        try:
            async with asyncio.timeout(None) as self._waiting:
                self._extend()
                return await self._websocket.receive()
        except TimeoutError:
            if not self._open:
                return None
        finally:
            self._waiting = None
        late = f"nothing came for {self._drain_seconds:g} s after the audio, and a sentence was not finished"
        raise StreamFailed(CONNECTION_LOST, late)

    def _extend(self) -> None:
        if self._draining and self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time() + self._drain_seconds)

    def _events(self) -> Iterator[Heard]:
        while (event := self._session.next_event()) is not NEED_DATA and not isinstance(event, Closed):
            if isinstance(event, Failure):
                raise StreamFailed(event.kind, redact_text(event.message))
            if isinstance(event, UnknownEvent) and event.type not in self._unknown:
                self._unknown.add(event.type)
                get_log("client").info("unknown_event", type=event.type)
            if isinstance(event, Transcript | Utterance | Category):
                self._note(event)
                yield event

    def _note(self, event: Heard) -> None:
        """Keep count of what has begun and is not final yet."""
        if isinstance(event, Transcript):
            states = [(result.result_id, result.is_partial) for result in event.results]
        elif isinstance(event, Utterance):
            states = [(event.utterance_id, event.is_partial)]
        else:
            states = []
        for name, is_partial in states:
            (self._open.add if is_partial else self._open.discard)(name)
