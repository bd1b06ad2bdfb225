"""Audio in, events out, over as many WebSockets as it takes.

A stream of PCM survives what ends it too soon: a connection that drops, hangs or is refused, a ticket that
has expired, an exception of Transcribe's that passes, a service that is away for a while. A fresh ticket goes
on with the same session, what is not final yet is sent again, and results go on, on one timeline, with no
word lost or said twice. A partial result that does not go on is withdrawn: it comes once more without
alternatives (an utterance: without text). Meanwhile the audio is not read; if it is live it is, and the last
minute is kept.

Audio that cannot be cut behind a word cannot be sent again from there: for flac, ogg-opus and every other
encoding but ``pcm`` the first failure is the end.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping

from scribepass.client.audio import AudioFormat, whole_samples
from scribepass.client.conversation import Conversation, Heard
from scribepass.client.liveness import Liveness
from scribepass.client.notices import Notice, OnNotice
from scribepass.client.renewing import Renewing
from scribepass.client.resuming import resumed
from scribepass.client.run import Run
from scribepass.client.tasks import beside
from scribepass.client.tickets import ClientTicket, TicketSource
from scribepass.client.timing import Timing
from scribepass.client.troubles import Troubles
from scribepass.client.waiting import Waiting
from scribepass.client.websocket import open_websocket
from scribepass.errors import ServiceUnreachable, TicketRefused
from scribepass.transcribe import Configuration, Operation

__all__ = ["Heard", "transcribe"]

MOST_ENCODED_BYTES = 16 * 1024
"""The most that one event carries of audio whose bytes per second nobody knows."""


def _unheard(_notice: Notice) -> None:
    pass


def transcribe(
    audio: AsyncIterable[bytes],
    *,
    tickets: TicketSource,
    params: Mapping[str, object],
    configuration: Configuration | None = None,
    live: bool = False,
    on_notice: OnNotice = _unheard,
    timing: Timing = Timing(),  # noqa: B008 - it is frozen
) -> AsyncGenerator[Heard, None]:
    """Send ``audio`` as it comes and yield what Transcribe hears, until it has heard all.

    ``params`` are AWS's, by their query names (``language-code``, ``media-encoding``, ``sample-rate``), with
    whatever else ``tickets`` takes; they must say what ``audio`` is. Audio should come in chunks of about
    100 ms, no faster than it was spoken (see ``audio.paced``); any length is cut or joined to whole samples.
    The ticket is fetched once the first chunk is there: a microphone's permission may take longer than a
    presigned URL lives. Its end is reported, however it comes. ``configuration`` is the first event of a
    Call Analytics stream. Audio that is ``live`` cannot wait, as a file can, while there is no stream.

    ``on_notice`` is called with what becomes of a stream that was lost (``Reconnecting``, ``Paused``,
    ``Resumed``) and of live audio (``Dropped``). It must neither wait nor raise. Leave the loop early only
    inside ``contextlib.aclosing``, as with every asynchronous generator; that closes the socket.

    Raises, where another stream would not help, or ``timing.patience`` has ended (at once, if that is 0):
        TicketRefused: the service said no.
        ServiceUnreachable: the service said nothing.
        StreamFailed: Transcribe sent an exception (``kind`` is its name), or the connection was lost before
            all was heard (``kind`` is ``ConnectionLost``). No text of it holds the URL.
        RemoteProtocolError: what came was no event stream.
        Exception: whatever ``audio`` raised, after what was heard until then.
    """
    run = Run(
        tickets=Renewing(tickets, params),
        troubles=Troubles(patience=timing.patience, notify=on_notice),
        configuration=configuration,
        live=live,
        timing=timing,
        on_notice=on_notice,
    )
    return _heard(audio, run)


async def _heard(audio: AsyncIterable[bytes], run: Run) -> AsyncGenerator[Heard, None]:
    chunks = aiter(audio)
    try:
        first = await anext(chunks, None)
        if first is None:
            return
        ticket = await _first_ticket(run)
        whole, form = _joined(first, chunks), _format_of(ticket)
        through = resumed if form.media_encoding == "pcm" else _once
        async with contextlib.aclosing(through(whole, form, ticket, run)) as events:
            async for event in events:
                yield event
    finally:
        try:
            await run.tickets.close()
        finally:
            close = getattr(audio, "aclose", None)
            if close is not None:
                await close()


async def _first_ticket(run: Run) -> ClientTicket:
    while True:
        try:
            return await run.tickets.next()
        except (TicketRefused, ServiceUnreachable) as caught:
            error = caught
        await run.troubles.survive(error)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _format_of(ticket: ClientTicket) -> AudioFormat:
    two = ticket.operation is Operation.CALL_ANALYTICS or ticket.parameters.get("number-of-channels") == "2"
    return AudioFormat(
        sample_rate=int(ticket.parameters["sample-rate"]),
        channels=2 if two else 1,
        media_encoding=ticket.parameters["media-encoding"],
    )


async def _once(
    audio: AsyncIterator[bytes], form: AudioFormat, ticket: ClientTicket, run: Run
) -> AsyncGenerator[Heard, None]:
    """One stream of audio that cannot be sent again."""
    pieces = whole_samples(audio, frame=1, most=MOST_ENCODED_BYTES)
    liveness = Liveness(stall=math.inf, blocked=math.inf, byte_rate=form.bytes_per_second or 1.0)
    async with open_websocket(ticket, within=run.timing.connect) as websocket:
        conversation = Conversation(websocket, ticket, Waiting(liveness, drain=run.timing.drain))
        async with beside(conversation.speak(pieces, run.configuration)):
            async for event in conversation.listen():
                yield event
