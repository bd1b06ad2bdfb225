"""What a Call Analytics stream is made of. Offsets are milliseconds from the start of the call.

Source: the shapes of the service model ``transcribe-streaming/2017-10-26``; as in ``results.py``, what has no
default is in every event that AWS documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

from .bodies import always, named, read, write
from .results import LanguageScore

ROLES: Final = ("AGENT", "CUSTOMER")
"""Who speaks in a call."""

_CHANNELS = "a call has the channels 0 and 1, and on each an AGENT or a CUSTOMER"


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceItem:
    """A word or a punctuation mark of a call; offsets in milliseconds from its start."""

    content: str = ""
    begin_offset_millis: int
    end_offset_millis: int
    type: str = "pronunciation"
    confidence: float | None = None
    vocabulary_filter_match: bool | None = None
    stable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceEntity:
    """Personal data in a call; offsets in milliseconds from its start."""

    begin_offset_millis: int
    end_offset_millis: int
    category: str | None = None
    type: str | None = None
    content: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterOffsets:
    """Where something begins and ends in a transcript, in characters."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDetected:
    """Where in an utterance the customer's issue is said."""

    character_offsets: CharacterOffsets


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRange:
    """A stretch of a call, in milliseconds from its start."""

    begin_offset_millis: int
    end_offset_millis: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsOfInterest:
    """When a phrase of a category was said."""

    timestamp_ranges: tuple[TimestampRange, ...] = always()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCallAnalyticsSettings:
    """Where Call Analytics puts its report of the whole call, and as whom.

    ``content_redaction_output`` is ``redacted`` or ``redacted_and_unredacted``; the stream then needs
    ``content-redaction-type``.
    """

    output_location: str
    data_access_role_arn: str
    content_redaction_output: str | None = None
    output_encryption_kms_key_id: str | None = named("OutputEncryptionKMSKeyId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The first event of a Call Analytics stream; without ``post_call`` it may be left out.

    ``channel_definitions`` are two pairs of channel (0, 1) and participant (``AGENT``, ``CUSTOMER``).
    """

    channel_definitions: tuple[tuple[int, str], ...] = ((0, "AGENT"), (1, "CUSTOMER"))
    post_call: PostCallAnalyticsSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What one participant of a call says; offsets in milliseconds from its start."""

    utterance_id: str
    is_partial: bool
    participant_role: str
    begin_offset_millis: int
    end_offset_millis: int
    transcript: str
    items: tuple[UtteranceItem, ...] = always()
    entities: tuple[UtteranceEntity, ...] = ()
    sentiment: str | None = None
    issues_detected: tuple[IssueDetected, ...] = ()
    language_code: str | None = None
    language_identification: tuple[LanguageScore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Categories that a call has come to match, and when each of their phrases was said."""

    matched_categories: tuple[str, ...] = always()
    matched_details: Mapping[str, PointsOfInterest] = always(dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChannelDefinition:
    channel_id: int
    participant_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Configuration:
    channel_definitions: tuple[_ChannelDefinition, ...] = ()
    post_call_analytics_settings: PostCallAnalyticsSettings | None = None


def write_configuration(configuration: Configuration) -> dict[str, Any]:
    """The JSON of a Configuration.

    Raises:
        LocalProtocolError: the channels are not those of a call.
    """
    if not _is_a_call(configuration):
        raise LocalProtocolError(_CHANNELS)
    channels = (
        _ChannelDefinition(channel_id=channel, participant_role=role)
        for channel, role in configuration.channel_definitions
    )
    return write(
        _Configuration(
            channel_definitions=tuple(channels), post_call_analytics_settings=configuration.post_call
        )
    )


def read_configuration(body: object) -> Configuration:
    """The Configuration of a JSON value.

    Raises:
        RemoteProtocolError: of kind PAYLOAD.
    """
    wire = read(_Configuration, body)
    configuration = Configuration(
        channel_definitions=tuple(
            (each.channel_id, each.participant_role) for each in wire.channel_definitions
        ),
        post_call=wire.post_call_analytics_settings,
    )
    if not _is_a_call(configuration):
        raise RemoteProtocolError(_CHANNELS, kind=Violation.PAYLOAD)
    return configuration


def _is_a_call(configuration: Configuration) -> bool:
    channels = [channel for channel, _ in configuration.channel_definitions]
    return sorted(channels) == [0, 1] and all(role in ROLES for _, role in configuration.channel_definitions)
