"""What has been seen, as JSON and as sound, without anything that opens a door. Pure."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from typing import Any

from scribepass.transcribe import Category, Failure, Transcript, Utterance, to_json
from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from .journal import Record, Rejection

__all__ = ["shown", "shown_rejection", "shown_whole", "wav"]


def shown(record: Record) -> dict[str, Any]:
    """A stream in a list of streams."""
    return {
        "number": record.number,
        "operation": record.operation.value,
        "transport": record.transport,
        "session_id": record.session_id,
        "signer": record.signer,
        "parameters": record.parameters,
        "opened_at": record.opened_at.isoformat(),
        "resumed": record.resumed,
        "frames": record.frames,
        "signed_frames": record.signed,
        "audio_seconds": round(record.audio_seconds, 3),
        "channels": record.channels,
        "transcripts": list(record.transcripts),
        "partial": record.partial,
        "outcome": record.outcome,
    }


def shown_whole(record: Record) -> dict[str, Any]:
    """A stream with the events that were sent on it, the newest thousands."""
    events = [
        {"type": type(event).__name__, "event": to_json(event)}
        for event in record.said
        if isinstance(event, Transcript | Utterance | Category | Failure)
    ]
    return {**shown(record), "events": events}


def shown_rejection(rejection: Rejection) -> Mapping[str, Any]:
    """A handshake that was refused; ``because`` is what the client did otherwise than it should."""
    return {
        "operation": rejection.operation.value,
        "transport": rejection.transport,
        "at": rejection.at.isoformat(),
        "exception": rejection.kind,
        "message": rejection.message,
        "because": rejection.diagnosis.because if rejection.diagnosis else None,
    }


def wav(record: Record) -> bytes:
    """The audio that a stream's client has sent, as far as it is kept."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(record.channels)
        writer.setsampwidth(BYTES_PER_SAMPLE)
        writer.setframerate(record.sample_rate)
        writer.writeframes(bytes(record.audio))
    return file.getvalue()
