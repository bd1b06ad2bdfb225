"""One stream: audio in, events out, over one WebSocket, for as long as it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping

from scribepass.client.audio import AudioFormat, whole_samples
from scribepass.client.conversation import Conversation, Heard
from scribepass.client.tickets import ClientTicket, TicketSource
from scribepass.client.websocket import open_websocket
from scribepass.transcribe import Configuration, Operation

__all__ = ["DRAIN_SECONDS", "Heard", "transcribe"]

DRAIN_SECONDS = 5.0
MOST_ENCODED_BYTES = 16 * 1024
"""The most that one event carries of audio whose bytes per second nobody knows."""


async def transcribe(
    audio: AsyncIterable[bytes],
    *,
    tickets: TicketSource,
    params: Mapping[str, object],
    configuration: Configuration | None = None,
    drain_seconds: float = DRAIN_SECONDS,
) -> AsyncGenerator[Heard, None]:
    """Send ``audio`` as it comes and yield what Transcribe hears, until it has heard all.

    ``params`` are AWS's, by their query names (``language-code``, ``media-encoding``, ``sample-rate``), with
    whatever else ``tickets`` takes; they must say what ``audio`` is. Audio should come in chunks of about
    100 ms, no faster than it was spoken (see ``audio.paced``); any length is cut or joined to whole samples.
    The ticket is fetched once the first chunk is there: a microphone's permission may take longer than a
    presigned URL lives. Its end is reported, however it comes. ``configuration`` is the first event of a
    Call Analytics stream.

    After the end of the audio Transcribe has ``drain_seconds`` from each event to the next. Leave the loop
    early only inside ``contextlib.aclosing``, as with every asynchronous generator; that closes the socket.

    Raises:
        TicketRefused: the service said no.
        ServiceUnreachable: the service said nothing.
        StreamFailed: Transcribe sent an exception (``kind`` is its name), or the connection was lost before
            all was heard (``kind`` is ``ConnectionLost``). No text of it holds the URL.
        RemoteProtocolError: what came was no event stream.
        Exception: whatever ``audio`` raised, after what was heard until then.
    """
    try:
        chunks = aiter(audio)
        first = await anext(chunks, None)
        if first is None:
            return
        ticket = await tickets.fetch(params)
        try:
            async with open_websocket(ticket) as websocket:
                conversation = Conversation(websocket, ticket, drain_seconds=drain_seconds)
                pieces = _pieces(first, chunks, ticket)
                speaking = asyncio.create_task(conversation.speak(pieces, configuration))
                try:
                    async for event in conversation.listen():
                        yield event
                finally:
                    speaking.cancel()
                    await asyncio.wait({speaking})
        finally:
            await tickets.closed(ticket)
    finally:
        if isinstance(audio, AsyncGenerator):
            await audio.aclose()


async def _pieces(first: bytes, rest: AsyncIterator[bytes], ticket: ClientTicket) -> AsyncIterator[bytes]:
    """All the audio, cut as Transcribe wants it."""

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in rest:
            yield chunk

    frame, most = _cut(ticket)
    async for piece in whole_samples(whole(), frame=frame, most=most):
        yield piece


def _cut(ticket: ClientTicket) -> tuple[int, int]:
    """Bytes of one sample on all channels, and of the most audio that one event may carry: one second."""
    two = ticket.operation is Operation.CALL_ANALYTICS or ticket.parameters.get("number-of-channels") == "2"
    form = AudioFormat(
        sample_rate=int(ticket.parameters["sample-rate"]),
        channels=2 if two else 1,
        media_encoding=ticket.parameters["media-encoding"],
    )
    if form.media_encoding != "pcm":
        return 1, MOST_ENCODED_BYTES
    return 2 * form.channels, int(form.bytes_per_second or 0)
