"""What a test sees of the local AWS."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scribepass.local.journal import Record, Rejection
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.members import Invalid
from scribepass.local.plans import plan_of
from scribepass.local.recognisers.scripted import told
from scribepass.local.sts_plans import sts_plans_of
from scribepass.sigv4 import Credentials, presign
from scribepass.transcribe import Operation, parse, stream_url

from .running import REGION, Running

__all__ = ["LocalAws", "ReceivedStream"]

DEFAULTS = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16_000}

_LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedStream:
    """A stream, as it was at one moment. ``audio`` is what the client sent, ``transcripts`` what it was told.

    ``resumed`` is how many streams of its session came before it, within a ``session-resume-window``.
    ``outcome`` is ``finished``, ``client_gone``, the exception's name or the kind of the fault that ended it;
    None while it is open.
    """

    number: int
    operation: str
    transport: str
    session_id: str
    signer: str
    parameters: Mapping[str, str]
    resumed: int
    frames: int
    signed_frames: int
    audio: bytes = field(repr=False)
    audio_seconds: float
    channels: int
    transcripts: tuple[str, ...]
    outcome: str | None


class LocalAws:
    """The fixture. Its methods may be called from any thread; what they change is undone for the next test.

    What cannot be asked for is a ValueError.
    """

    def __init__(self, running: Running) -> None:
        self._running = running
        local = running.local
        self.region = REGION
        self.url = local.url
        """Where STS and HTTP/2 streams are: ``endpoint_url`` of boto3, ``endpoint`` of the SDKs."""
        self.endpoint = local.endpoint
        """Where Transcribe streaming is: ``ws://127.0.0.1:…``."""
        self.tls_url = local.tls_url
        """Both again through TLS: ``https://127.0.0.1:…``, by a certificate of ``ca``."""
        self.tls_endpoint = local.wss_endpoint
        """The WebSocket streams through TLS: ``wss://127.0.0.1:…``."""
        self.ca = local.authority
        """The file of the authority that clients of ``tls_url`` have to trust."""
        self.control_url = local.control_url
        """Where the control API is, for child processes of any language."""
        self.credentials = Credentials(
            access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key=STATIC_SECRET_ACCESS_KEY
        )

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which boto3, the SDKs of AWS and child processes come here, whatever else is set."""
        return {
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
            "AWS_SESSION_TOKEN": "",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_ENDPOINT_URL_TRANSCRIBE_STREAMING": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NODE_EXTRA_CA_CERTS": str(self.ca),
            "NO_PROXY": "127.0.0.1",
        }

    def presigned_url(self, operation: str = "standard", *, expires: int = 60, **parameters: object) -> str:
        """The URL of a WebSocket stream: 16 kHz PCM in US English, unless ``parameters`` say otherwise."""
        named = {name.replace("_", "-"): value for name, value in parameters.items()}
        kind = Operation(operation)
        params = parse(kind, {**DEFAULTS, **named})
        url = stream_url(kind, region=self.region, params=params, endpoint=self.endpoint)
        now = datetime.now(UTC)
        return presign(url, credentials=self.credentials, region=self.region, now=now, expires=expires)

    def script(self, lines: Sequence[str | Mapping[str, Any]] | Mapping[str, Any]) -> None:
        """Let the streams to come hear these lines, as in a script's file."""
        engine = told(lines if isinstance(lines, Mapping) else list(lines))
        self._running.call(lambda local: local.heard_by(engine))

    def fail(self, kind: str, **how: object) -> None:
        """Let something go wrong with the next stream: ``fail("drop", after=2, times=3)``.

        ``how`` is what POST /faults takes: after, times, session_id, exception, message, seconds.
        """
        try:
            plan = plan_of({"kind": kind, **how})
        except Invalid as error:
            raise ValueError(str(error)) from None
        self._running.call(lambda local: local.faults.add(plan))

    def sts_fail(self, code: str = "InternalFailure", **how: object) -> None:
        """Let the next call of STS fail: ``sts_fail("Throttling", times=2, action="AssumeRole")``.

        ``how`` is what POST /sts/faults takes: kind, status, message, delay_seconds, times, action.
        """
        try:
            (plan,) = sts_plans_of({"code": code, **how})
        except Invalid as error:
            raise ValueError(str(error)) from None
        self._running.call(lambda local: local.sts_faults.add(*plan))

    def shift_clock(self, seconds: float) -> None:
        """Let the server's clock go so many seconds ahead of the true time, or behind."""

        def shift(local: Any) -> None:  # noqa: ANN401 - the server
            local.clock.shift_seconds = seconds

        self._running.call(shift)

    @property
    def streams(self) -> list[ReceivedStream]:
        """The streams of this test up to now, the oldest first."""
        return self._running.call(lambda local: [_received(record) for record in local.journal])

    @property
    def refusals(self) -> tuple[Rejection, ...]:
        """The handshakes of this test that were refused, the oldest first."""
        return self._running.call(lambda local: local.journal.rejections)

    def wait(self, count: int = 1, *, seconds: float = 10) -> list[ReceivedStream]:
        """Wait until ``count`` streams are over, and return all; TimeoutError. It blocks its thread."""
        deadline = time.monotonic() + seconds
        while True:
            streams = self.streams
            if sum(stream.outcome is not None for stream in streams) >= count:
                return streams
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(streams)} streams were opened, and not {count} of them have ended")
            time.sleep(_LOOK_SECONDS)


def _received(record: Record) -> ReceivedStream:
    return ReceivedStream(
        number=record.number,
        operation=record.operation.value,
        transport=record.transport,
        session_id=record.session_id,
        signer=record.signer,
        parameters=dict(record.parameters),
        resumed=record.resumed,
        frames=record.frames,
        signed_frames=record.signed,
        audio=bytes(record.audio),
        audio_seconds=round(record.audio_seconds, 3),
        channels=record.channels,
        transcripts=tuple(record.transcripts),
        outcome=record.outcome,
    )
