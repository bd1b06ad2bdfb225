"""One stream, from its acceptance to its end: events in, recognisers, events out.

Three tasks share it. One hears: it reads events, checks what AWS checks and hands audio over; one speaks: it
sends what is said as it comes; one lets happen what shall go wrong. Whichever fails ends all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from scribepass.errors import ScribepassError
from scribepass.sigv4.chunks import ChunkVerifier
from scribepass.telemetry import get_log
from scribepass.transcribe import (
    NEED_DATA,
    Audio,
    Closed,
    Configuration,
    Event,
    Failure,
    Operation,
    Role,
    StreamSession,
    Transcript,
)
from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from . import refusals
from .channels import split
from .faults import Fault
from .faulty import FaultyWire
from .handshake import Accepted
from .journal import Journal, Record
from .limits import Limits
from .output import store
from .recognisers import Options, Said
from .recognition import Recognitions
from .refusals import Refusal, Refused
from .resources import Resources
from .shaping import Shape
from .streams import Applicant, Streams
from .voices import Voices
from .wire import Gone, Wire

__all__ = ["Stream"]

_log = get_log("local")


class Stream:
    """A stream that the handshake has accepted. ``faults`` are what shall go wrong with it."""

    def __init__(
        self,
        wire: Wire,
        accepted: Accepted,
        *,
        limits: Limits,
        clock: Callable[[], datetime],
        journal: Journal,
        faults: Sequence[Fault] = (),
        resources: Resources | None = None,
    ) -> None:
        self._wire = FaultyWire(wire, patience=limits.idle_seconds)
        self._accepted = accepted
        self._limits = limits
        self._clock = clock
        self._journal = journal
        self._faults = sorted(faults, key=lambda fault: fault.after)
        self._session = StreamSession(
            Role.SERVER,
            operation=accepted.operation,
            verify_chunk=self._chunk_check(),
            signed_only=wire.transport == "http2",
        )
        self._resources = resources or Resources()
        self._shape = Shape(accepted.operation, accepted.params, self._resources)
        self._verdict = refusals.TOO_LONG
        self._record = Record(
            operation=accepted.operation,
            transport=wire.transport,
            session_id=accepted.session_id,
            signer=accepted.principal.arn,
            parameters=dict(accepted.params.items()),
            opened_at=clock(),
            sample_rate=accepted.params.sample_rate,
            channels=self._shape.channels,
        )

    async def run(self, *, streams: Streams, recognitions: Recognitions) -> None:
        """Serve the stream until it is over. Nothing is raised but cancellation."""
        farewell, outcome = b"", "finished"
        what = {"operation": self._accepted.operation.value, "session_id": self._accepted.session_id}
        self._journal.open(self._record)
        _log.info("stream_opened", signer=self._accepted.principal.arn, **what)
        try:
            await self._live(streams, recognitions)
        except Gone as gone:  # at any moment, and nobody's mistake
            outcome = gone.outcome
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this stream and no other
            refusal = self._refusal(error)
            failure = Failure(kind=refusal.kind, message=refusal.message)
            farewell = self._session.send(failure)
            self._journal.say(self._record, failure)
            outcome = refusal.kind
        _log.info("stream_ended", outcome=outcome, audio_seconds=round(self._record.audio_seconds, 3), **what)
        await self._report()
        self._journal.end(self._record, outcome)
        await self._wire.close(farewell)

    def end(self, refusal: Refusal) -> None:
        """End soon, with this exception."""
        if not self._life.expired():
            self._verdict = refusal
            self._life.reschedule(asyncio.get_running_loop().time())

    async def _live(self, streams: Streams, recognitions: Recognitions) -> None:
        accepted = self._accepted
        options = Options(
            sample_rate=accepted.params.sample_rate,
            language_code=accepted.params.language_code,
            stabilised=self._shape.stabilised,
        )
        place = streams.admitted(self, self._applicant())
        try:
            async with asyncio.timeout(self._limits.stream_seconds) as self._life:
                with place as session:
                    self._record.resumed = session.resumed
                    behind = self._limits.behind_seconds
                    async with Voices(recognitions, options, behind_seconds=behind) as voices:
                        await self._converse(voices)
        except TimeoutError:
            raise Refused(self._verdict) from None

    async def _converse(self, voices: Voices) -> None:
        for fault in self._faults:
            if not fault.after:
                await self._wire.strike(fault)
        if self._accepted.operation is not Operation.CALL_ANALYTICS:
            await voices.begin(self._shape.channels)
            # Newer JavaScript SDKs do not return from send() before the first event has come.
            await self._say(Transcript(results=()))
        try:
            async with asyncio.TaskGroup() as tasks:
                suffering = tasks.create_task(self._suffer())
                hearing = tasks.create_task(self._hear(voices))
                await tasks.create_task(voices.relay(self._speak))
                await hearing
                suffering.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _suffer(self) -> None:
        begun = asyncio.get_running_loop().time()
        for fault in filter(lambda each: each.after, self._faults):
            await asyncio.sleep(begun + fault.after - asyncio.get_running_loop().time())
            await self._wire.strike(fault)

    async def _speak(self, channel: int, said: Said) -> None:
        if isinstance(said, Fault):
            await self._wire.strike(said)
            return
        for event in self._shape.events(channel, said):
            await self._say(event)

    async def _hear(self, voices: Voices) -> None:
        while True:
            event = await self._next_event()
            self._record.frames += 1
            if isinstance(event, Configuration):
                self._shape.configure(event)
                self._record.channels = self._shape.channels
            if not voices.begun:  # the first event of a call says how many channels it has
                await voices.begin(self._shape.channels)
            if isinstance(event, Audio):
                await self._listen(event.chunk, voices)
            elif not isinstance(event, Configuration):
                await voices.finish()
                return

    async def _listen(self, chunk: bytes, voices: Voices) -> None:
        rate, most = self._accepted.params.sample_rate, self._limits.event_seconds
        pcm = split(chunk, channels=self._shape.channels, rate=rate, most_seconds=most)
        self._journal.hear(self._record, chunk, seconds=len(pcm[0]) / BYTES_PER_SAMPLE / rate)
        await voices.feed(pcm)

    async def _next_event(self) -> Event | Closed:
        """Wait for an event, no longer than AWS does for audio."""
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                while (event := self._session.next_event()) is NEED_DATA:
                    data = await self._wire.receive()
                    if data is None:
                        self._session.receive_eof()
                    else:
                        self._session.receive_data(data)
        except TimeoutError:
            raise Refused(refusals.idle(self._limits.idle_seconds)) from None
        return event

    async def _say(self, event: Event) -> None:
        frame = self._session.send(event)
        self._journal.say(self._record, event)
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                await self._wire.send(frame)
        except TimeoutError:  # a client that does not read is as good as gone
            self._wire.abort()
            raise Gone from None

    async def _report(self) -> None:
        """After a call, store what its configuration asked for. Without a place for it, only say so."""
        documents = self._shape.reports(
            name=self._accepted.session_id,
            account=self._accepted.principal.account,
            seconds=self._record.audio_seconds,
        )
        for place in documents:
            _log.info("post_call_report", place=str(place), stored=self._resources.output is not None)
        if documents and self._resources.output is not None:
            try:
                await asyncio.to_thread(store, self._resources.output, documents)
            except OSError as error:
                _log.error("post_call_report_lost", reason=error.strerror or str(error))

    def _applicant(self) -> Applicant:
        accepted = self._accepted
        return Applicant(
            account=accepted.principal.account,
            operation=accepted.operation,
            transport=self._wire.transport,
            session_id=accepted.session_id,
            resume_minutes=getattr(accepted.params, "session_resume_window", None),
        )

    def _chunk_check(self) -> Callable[[datetime, bytes, bytes], None]:
        verified = self._accepted.verified
        verifier = ChunkVerifier(
            verified.credentials, region=verified.region, seed_signature=verified.signature
        )

        def check(date: datetime, signature: bytes, payload: bytes) -> None:
            verifier.verify(date=date, signature=signature, payload=payload, now=self._clock())
            self._record.signed += 1

        return check

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refused):
            return error.refusal
        if isinstance(error, ScribepassError):
            return refusals.of_stream(error, now=self._clock())
        _log.error("stream_broken", exc_info=error)
        return refusals.INTERNAL_FAILURE


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
