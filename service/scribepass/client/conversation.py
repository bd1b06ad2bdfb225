"""Both directions of one open stream at once: audio out, events in, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from scribepass.client.failures import StreamLost
from scribepass.client.tickets import ClientTicket
from scribepass.client.waiting import Waiting
from scribepass.client.websocket import WebSocket
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
    """One stream. ``speak`` runs as a task beside ``listen``; ``waiting`` has its limits."""

    def __init__(self, websocket: WebSocket, ticket: ClientTicket, waiting: Waiting) -> None:
        self._websocket = websocket
        self._session = StreamSession(Role.CLIENT, operation=ticket.operation)
        self._operation = ticket.operation
        self._waiting = waiting
        self._cut_short = False
        self._fault: Exception | None = None
        self._open: set[str] = set()
        self._unknown: set[str] = set()
        self.was_answered = False
        """Whether anything has come."""
        self.was_closed = False
        """Whether the server has ended the stream by itself."""
        self.is_retired = False
        """Whether it was ended before its audio was, as ``waiting.retire`` asked for."""

    @property
    def is_unfinished(self) -> bool:
        """Whether something has begun that is not final yet."""
        return bool(self._open)

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
        self._cut_short = not await self._say(EndOfAudio())
        self._waiting.ended()

    async def _say(self, event: Event) -> bool:
        self._waiting.sending()
        done = await self._websocket.send(self._session.send(event))
        self._waiting.sent(event.chunk if isinstance(event, Audio) else b"")
        return done

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
            if self.is_retired:
                return
        if self._fault is not None:
            raise self._fault
        if self._cut_short or self._session.our_state is not State.FINISHED:
            raise StreamLost("StreamEnded", "the stream was closed before the audio had ended")

    async def _receive(self) -> bytes | None:
        """The next message; None when the server has closed, or nothing more is waited for."""
        try:
            message = await self._waiting.until(self._websocket.receive)
        except TimeoutError:
            self.is_retired = self._waiting.is_retired
        else:
            self.was_closed = message is None
            return message
        if not self.is_retired:
            self._waiting.give_up(unfinished=self.is_unfinished)
        return None

    def _events(self) -> Iterator[Heard]:
        while (event := self._session.next_event()) is not NEED_DATA and not isinstance(event, Closed):
            if isinstance(event, Failure):
                raise StreamFailed(event.kind, redact_text(event.message))
            states = _states(event)
            self.was_answered = True
            self._waiting.heard(words=bool(states))
            if isinstance(event, UnknownEvent) and event.type not in self._unknown:
                self._unknown.add(event.type)
                get_log("client").info("unknown_event", type=event.type)
            if isinstance(event, Transcript | Utterance | Category):
                self._note(states)
                yield event

    def _note(self, states: list[tuple[str, bool]]) -> None:
        """Keep count of what has begun and is not final yet."""
        for name, is_partial in states:
            (self._open.add if is_partial else self._open.discard)(name)
        if self._waiting.is_retiring and not all(is_partial for _, is_partial in states):
            self.is_retired = True


def _states(event: Event) -> list[tuple[str, bool]]:
    """The results of an event by their names, and whether each is partial."""
    if isinstance(event, Transcript):
        return [(result.result_id, result.is_partial) for result in event.results]
    if isinstance(event, Utterance):
        return [(event.utterance_id, event.is_partial)]
    return []
