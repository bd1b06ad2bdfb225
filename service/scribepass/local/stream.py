"""One stream, from the 101 to the close: events in, a recogniser, results out.

Two tasks share it. One hears: it reads messages, checks what AWS checks and hands audio over; the other
speaks: it sends results as they come. Whichever fails ends both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

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
    Result,
    Role,
    StreamSession,
    Transcript,
    Utterance,
)
from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from . import refusals
from .channels import mono
from .closing import say_goodbye
from .handshake import Accepted
from .limits import Limits
from .recognisers import Options
from .recognition import Recognition, Recognitions
from .refusals import Refusal, Refused
from .streams import Streams
from .utterances import utterance

__all__ = ["Stream"]

_log = get_log("local")


class Stream:
    """A stream that the handshake has accepted."""

    def __init__(
        self,
        connection: ServerConnection,
        accepted: Accepted,
        *,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._accepted = accepted
        self._limits = limits
        self._clock = clock
        self._session = StreamSession(
            Role.SERVER, operation=accepted.operation, verify_chunk=self._chunk_check()
        )
        self._configuration: Configuration | None = None
        self._verdict = refusals.TOO_LONG
        self._audio_seconds = 0.0

    async def run(self, *, streams: Streams, recognitions: Recognitions) -> None:
        """Serve the stream until it is over. Nothing is raised but cancellation."""
        farewell, outcome = b"", "finished"
        what = {"operation": self._accepted.operation.value, "session_id": self._accepted.session_id}
        _log.info("stream_opened", signer=self._accepted.principal.arn, **what)
        try:
            await self._live(streams, recognitions)
        except ConnectionClosed:
            outcome = "client_gone"  # at any moment, and nobody's mistake
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this stream and no other
            refusal = self._refusal(error)
            farewell = self._session.send(Failure(kind=refusal.kind, message=refusal.message))
            outcome = refusal.kind
        _log.info("stream_ended", outcome=outcome, audio_seconds=round(self._audio_seconds, 3), **what)
        await say_goodbye(self._connection, farewell, limits=self._limits)

    def end(self, refusal: Refusal) -> None:
        """End soon, with this exception."""
        if not self._life.expired():
            self._verdict = refusal
            self._life.reschedule(asyncio.get_running_loop().time())

    async def _live(self, streams: Streams, recognitions: Recognitions) -> None:
        accepted = self._accepted
        options = Options(
            sample_rate=accepted.params.sample_rate, language_code=accepted.params.language_code
        )
        place = streams.admitted(self, account=accepted.principal.account, session_id=accepted.session_id)
        try:
            async with asyncio.timeout(self._limits.stream_seconds) as self._life:
                with place:
                    async with recognitions.open(options) as recognition:
                        await self._converse(recognition)
        except TimeoutError:
            raise Refused(self._verdict) from None

    async def _converse(self, recognition: Recognition) -> None:
        if self._accepted.operation is not Operation.CALL_ANALYTICS:
            # Newer JavaScript SDKs do not return from send() before the first event has come.
            await self._say(Transcript(results=()))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._speak(recognition))
                tasks.create_task(self._hear(recognition))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _speak(self, recognition: Recognition) -> None:
        async for results in recognition.results():
            for result in results:  # one in an event: there are clients that read no further
                await self._say(self._event_of(result))

    async def _hear(self, recognition: Recognition) -> None:
        rate = self._accepted.params.sample_rate
        while True:
            match await self._next_event():
                case Audio(chunk=chunk):
                    pcm = mono(
                        chunk, channels=self._channels, rate=rate, most_seconds=self._limits.event_seconds
                    )
                    self._audio_seconds += len(pcm) / BYTES_PER_SAMPLE / rate
                    await recognition.feed(pcm)
                case Configuration() as configuration:
                    self._configuration = configuration
                case _:
                    await recognition.finish()
                    return

    async def _next_event(self) -> Event | Closed:
        """Wait for an event, no longer than AWS does for audio."""
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                while (event := self._session.next_event()) is NEED_DATA:
                    message = await self._connection.recv()
                    if isinstance(message, str):
                        raise Refused(refusals.UNEXPECTED_FRAME)
                    self._session.receive_data(message)
        except TimeoutError:
            raise Refused(refusals.idle(self._limits.idle_seconds)) from None
        return event

    @property
    def _channels(self) -> int:
        if self._accepted.operation is Operation.CALL_ANALYTICS:
            return 1 if self._configuration is None else 2
        return getattr(self._accepted.params, "number_of_channels", None) or 1

    def _event_of(self, result: Result) -> Transcript | Utterance:
        if self._accepted.operation is Operation.CALL_ANALYTICS:
            return utterance(result, self._configuration)
        return Transcript(results=(result,))

    async def _say(self, event: Transcript | Utterance) -> None:
        frame = self._session.send(event)
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                await self._connection.send(frame)
        except TimeoutError:  # a client that does not read is as good as gone
            self._connection.transport.abort()
            raise ConnectionClosedError(None, None) from None

    def _chunk_check(self) -> Callable[[datetime, bytes, bytes], None]:
        verified = self._accepted.verified
        verifier = ChunkVerifier(
            verified.credentials, region=verified.region, seed_signature=verified.signature
        )

        def check(date: datetime, signature: bytes, payload: bytes) -> None:
            verifier.verify(date=date, signature=signature, payload=payload, now=self._clock())

        return check

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refused):
            return error.refusal
        if isinstance(error, ScribepassError):
            return refusals.of_stream(error, now=self._clock())
        _log.error("stream_broken", exc_info=error)
        return refusals.INTERNAL_FAILURE
