"""One transcript from as many streams as it takes: where one ends too soon, another goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from scribepass.client.audio import AudioFormat
from scribepass.client.conversation import Conversation, Heard
from scribepass.client.failures import RETRIED, StreamLost
from scribepass.client.intake import Intake
from scribepass.client.liveness import Liveness
from scribepass.client.notices import Resumed
from scribepass.client.run import Run
from scribepass.client.tasks import beside
from scribepass.client.tickets import ClientTicket
from scribepass.client.waiting import Waiting
from scribepass.client.websocket import open_websocket
from scribepass.errors import ScribepassError, ServiceUnreachable, TicketRefused
from scribepass.transcribe import Category, Result, Transcript, Utterance
from scribepass.transcribe.resume import Resume

__all__ = ["resumed"]

SETTLED_SECONDS = 1.0
"""Transcribe refuses after the handshake. A stream that answers, or lasts so long, was not refused."""

LIVES_TO_RENEWAL = 400
"""How many attempts at a hand-over fit into a stream's life."""

QUIET_SECONDS = 0.3
"""What may be heard after the last word: a breath, the end of a sound."""


async def resumed(
    audio: AsyncIterator[bytes], form: AudioFormat, ticket: ClientTicket, run: Run
) -> AsyncGenerator[Heard, None]:
    """Yield what is heard in PCM of this ``form``; ``ticket`` is that of the first stream."""
    timing = run.timing
    resume = Resume(
        sample_rate=form.sample_rate,
        channels=form.channels,
        buffer_seconds=timing.buffer,
        speed=timing.speed,
    )
    intake = Intake(resume, form=form, live=run.live, buffer=timing.buffer, on_notice=run.on_notice)
    rate = form.bytes_per_second or 0.0
    liveness = Liveness(stall=timing.stall, blocked=timing.blocked, byte_rate=rate)
    streams = _Streams(intake, resume, liveness, run)
    async with beside(intake.read(audio)), contextlib.aclosing(streams.events(ticket)) as events:
        async for event in events:
            yield event


class _Streams:
    """One stream after the other, which ``resume`` makes one."""

    def __init__(self, intake: Intake, resume: Resume, liveness: Liveness, run: Run) -> None:
        self._intake = intake
        self._resume = resume
        self._liveness = liveness
        self._tickets = run.tickets
        self._troubles = run.troubles
        self._configuration = run.configuration
        self._timing = run.timing
        self._notify = run.on_notice
        self._clock = asyncio.get_running_loop().time
        self._next: ClientTicket | None = None
        self._reached = 0.0
        self._resumed: Resumed | None = None
        self._was_doubted = self._is_over = False

    async def events(self, ticket: ClientTicket) -> AsyncGenerator[Heard, None]:
        """Yield what is heard on the one timeline, until all is. Raises as ``transcribe`` does."""
        self._next = ticket
        while not self._is_over:
            error: ScribepassError | None = None
            try:
                async with contextlib.aclosing(self._stream()) as events:
                    async for event in events:
                        yield event
            except RETRIED as caught:
                error = caught
            self._reached = max(self._reached, self._resume.heard - self._resume.backlog)
            self._resume.end()
            # Outside the handler: what comes next is not raised because of this error.
            if error is not None:
                await self._survive(error)

    async def _survive(self, error: ScribepassError) -> None:
        self._next = None
        harmless = self._is_done() and isinstance(error, StreamLost)  # it came behind the last word
        if not harmless and not await self._troubles.survive(error):
            await self._intake.more(than=self._reached)
        self._is_over = self._is_done()
        if self._is_over:
            self._intake.check()

    def _is_done(self) -> bool:
        return self._intake.is_over and not self._resume.backlog

    async def _stream(self) -> AsyncGenerator[Heard, None]:
        ticket, self._next = self._next, None
        if ticket is None:
            ticket = await self._tickets.next(fresh=self._troubles.wants_fresh)
            self._troubles.wants_fresh = False
        async with open_websocket(ticket, within=self._timing.connect) as websocket:
            self._begin()
            waiting = Waiting(self._liveness, drain=self._timing.drain)
            conversation = Conversation(websocket, ticket, waiting)
            speaking = conversation.speak(self._intake.pieces(self._clock), self._configuration)
            async with beside(speaking, self._settle(conversation), self._relieve(waiting)):
                async for event in conversation.listen():
                    for each in self._told(event):
                        yield each
        self._goes_on()
        self._finish(conversation)

    def _begin(self) -> None:
        now = self._clock()
        base = self._resume.begin(now)
        self._liveness.begin(now)
        if self._troubles.was_opened:
            self._resumed = Resumed(resent=max(0.0, self._reached - base))
        self._troubles.was_opened = True

    def _goes_on(self) -> None:
        if self._resumed is not None:
            notice, self._resumed = self._resumed, None
            self._notify(notice)

    async def _settle(self, conversation: Conversation) -> None:
        await asyncio.sleep(SETTLED_SECONDS)
        self._goes_on()
        await asyncio.sleep(self._timing.well - SETTLED_SECONDS)
        if conversation.was_answered:
            self._troubles.are_over()

    async def _relieve(self, waiting: Waiting) -> None:
        """Hand over before the stream's longest life ends; the ticket is fetched while it goes on."""
        await asyncio.sleep(self._timing.life)
        while self._next is None:
            with contextlib.suppress(TicketRefused, ServiceUnreachable):
                self._next = await self._tickets.next()
                waiting.retire(within=self._next.expires_in / 3)
                return
            await asyncio.sleep(self._timing.life / LIVES_TO_RENEWAL)

    def _told(self, event: Heard) -> list[Heard]:
        """What there is to tell of an event, on the timeline."""
        self._goes_on()
        told = self._resume.read(event.results if isinstance(event, Transcript) else [event])
        ends = [_end_of(each) for each in told if not (isinstance(each, Category) or each.is_partial)]
        if ends:
            self._intake.settled_until = max(self._intake.settled_until, *ends)
            self._troubles.are_over()
        if not isinstance(event, Transcript):
            return [each for each in told if not isinstance(each, Result)]
        results = tuple(each for each in told if isinstance(each, Result))
        return [Transcript(results=results)] if results or not event.results else []

    def _finish(self, conversation: Conversation) -> None:
        """The stream has ended as it should. Raises StreamLost if that is not to be believed."""
        unheard = self._intake.audible_until > self._intake.settled_until + QUIET_SECONDS
        lost = conversation.is_unfinished or (unheard and not conversation.was_closed)
        self._is_over = not conversation.is_retired
        if self._is_over and lost and not self._was_doubted and self._timing.patience > 0:
            self._was_doubted, self._is_over = True, False
            raise StreamLost("DrainTimeout", "the stream ended before all was heard")


def _end_of(final: Result | Utterance) -> float:
    return final.end_time if isinstance(final, Result) else final.end_offset_millis / 1000
