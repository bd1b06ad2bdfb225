"""The events of a stream, and how each of them is a message.

::

    client to server    Audio · EndOfAudio · Configuration (Call Analytics)
    server to client    Transcript (standard, medical) · Utterance, Category (Call Analytics) · Failure
                        UnknownEvent stands for an event type that this library does not know

Source: "Setting up streaming" in the Amazon Transcribe developer guide, and the service model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import Headers, Message, string_headers

from .bodies import always, dump, load, read, write
from .calls import Category, Configuration, Utterance, read_configuration, write_configuration
from .catalogue import Operation
from .results import Alternative, Entity, Item, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A chunk of audio, not empty: 50 to 200 ms are recommended, one second is the most."""

    chunk: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfAudio:
    """No more audio follows. The server answers with what is left, and closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Results of a standard or medical stream. Often there are none."""

    results: tuple[Result, ...] = always()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The server's last event: ``kind`` is AWS's name of the exception, such as ``BadRequestException``."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """An event of a type that this operation does not document. It can be received, not sent."""

    type: str


Event = Audio | EndOfAudio | Configuration | Transcript | Utterance | Category | Failure | UnknownEvent

_OF_ALL = frozenset({Audio, EndOfAudio, Failure, UnknownEvent})
EVENTS: Final[Mapping[Operation, frozenset[type[Event]]]] = MappingProxyType(
    {
        Operation.STANDARD: _OF_ALL | {Transcript},
        Operation.MEDICAL: _OF_ALL | {Transcript},
        Operation.CALL_ANALYTICS: _OF_ALL | {Configuration, Utterance, Category},
    }
)
"""Which events an operation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExceptionBody:
    message: str = ""


_JSON = "application/json"
_NAMES: Final[Mapping[type[Event], str]] = {
    Configuration: "ConfigurationEvent",
    Transcript: "TranscriptEvent",
    Utterance: "UtteranceEvent",
    Category: "CategoryEvent",
}
_TYPES = {name: kind for kind, name in _NAMES.items()}


def _event_headers(name: str, content_type: str) -> Headers:
    return string_headers({":content-type": content_type, ":event-type": name, ":message-type": "event"})


# The codec knows a frame's beginning again by the identity of its headers, so these exist once.
_AUDIO_HEADERS = _event_headers("AudioEvent", "application/octet-stream")
_HEADERS = {kind: _event_headers(name, _JSON) for kind, name in _NAMES.items()}


def encode(event: Event) -> Message:
    """The message of an event; ``.encode()`` of it is what one WebSocket message or HTTP/2 DATA carries.

    Raises:
        LocalProtocolError: audio without bytes (that would be ``EndOfAudio``), channels other than two, text
            or a number that JSON cannot hold, or an ``UnknownEvent``.
    """
    if isinstance(event, Audio):
        if not event.chunk:
            raise LocalProtocolError("an empty chunk ends the audio: send EndOfAudio")
        return Message(_AUDIO_HEADERS, event.chunk)
    if isinstance(event, EndOfAudio):
        return Message(_AUDIO_HEADERS, b"")
    if isinstance(event, UnknownEvent):
        raise LocalProtocolError("an event of unknown type cannot be sent")
    if isinstance(event, Failure):
        names = {":exception-type": event.kind, ":content-type": _JSON, ":message-type": "exception"}
        return Message(string_headers(names), dump(to_json(event)))
    return Message(_HEADERS[type(event)], dump(to_json(event)))


def to_json(
    event: Configuration | Transcript | Utterance | Category | Failure | Result | Alternative | Item | Entity,
) -> dict[str, Any]:
    """An event, or a part of one, in the JSON that AWS sends."""
    if isinstance(event, Transcript):
        return {"Transcript": write(event)}
    if isinstance(event, Failure):
        return {"Message": event.message}
    if isinstance(event, Configuration):
        return write_configuration(event)
    return write(event)


def decode(message: Message, *, operation: Operation = Operation.STANDARD) -> Event:
    """The event of a message. Members, headers and event types that AWS may add are no fault.

    Raises:
        RemoteProtocolError: of kind HEADER, a header that says what the message is is missing or no text; of
            kind PAYLOAD, the body is not what AWS documents.
    """
    what = _header(message, ":message-type")
    if what == "event":
        return _decode_event(message, _header(message, ":event-type"), operation)
    if what == "exception":
        kind = _header(message, ":exception-type")
        body = load(message.payload)
        body.setdefault("Message", body.get("message"))
        return Failure(kind=kind, message=read(_ExceptionBody, body).message)
    if what == "error":
        return Failure(kind=_header(message, ":error-code"), message=_header(message, ":error-message"))
    raise RemoteProtocolError("a message of unknown :message-type", kind=Violation.HEADER)


def _decode_event(message: Message, name: str, operation: Operation) -> Event:
    if name == "AudioEvent":
        return Audio(chunk=message.payload) if message.payload else EndOfAudio()
    kind = _TYPES.get(name)
    if kind is None or kind not in EVENTS[operation]:
        return UnknownEvent(type=name)
    body = load(message.payload)
    if kind is Transcript:
        return read(Transcript, body.get("Transcript"), "Transcript")
    if kind is Configuration:
        return read_configuration(body)
    return read(kind, body)


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise RemoteProtocolError(f"the header {name} is missing, or is not text", kind=Violation.HEADER)
    return value
