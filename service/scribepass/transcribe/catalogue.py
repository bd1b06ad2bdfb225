"""What Amazon Transcribe streams: operations, languages, regions, encodings, limits. Data, with its date.

Sources: the service model ``transcribe-streaming/2017-10-26`` (operations, encodings), botocore's endpoint
data (regions, DNS suffixes), and the pages "Setting up streaming" and "Guidelines and quotas" of the Amazon
Transcribe developer guide. ``AS_OF`` is the month in which they were read. Languages: ``languages.py``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .languages import LANGUAGES, Language

__all__ = [
    "AS_OF",
    "BYTES_PER_SAMPLE",
    "CHUNK_MILLISECONDS",
    "ENCODINGS",
    "IDLE_SECONDS",
    "LANGUAGES",
    "MAX_CHUNK_SECONDS",
    "MAX_STREAM_SECONDS",
    "MAX_URL_SECONDS",
    "OPERATION_OF_HTTP2_PATH",
    "OPERATION_OF_PATH",
    "PORT",
    "RECOMMENDED_SAMPLE_RATE",
    "REGIONS",
    "REGIONS_WITHOUT_NEWER_LANGUAGES",
    "SAMPLE_RATES",
    "Encoding",
    "Language",
    "Operation",
    "Region",
    "language_available",
    "languages_in",
    "languages_of",
]

AS_OF: Final = "2026-11"
PORT: Final = 8443
"""WebSocket streams use this port; it is part of the signed host."""

MAX_URL_SECONDS: Final = 300
"""The longest ``X-Amz-Expires`` of a streaming URL. It bounds the handshake only, not the stream."""
MAX_STREAM_SECONDS: Final = 14_400
"""A stream ends after four hours (quotas page of 2023-04, not adjustable)."""
IDLE_SECONDS: Final = 15
"""A stream without new audio for this long is ended; samples of silence count as audio."""
MAX_CHUNK_SECONDS: Final = 1
"""The most audio that one AudioEvent may carry."""
CHUNK_MILLISECONDS: Final = (50, 200)
"""The shortest and the longest chunk that AWS recommends, in milliseconds of audio."""
BYTES_PER_SAMPLE: Final = 2
SAMPLE_RATES: Final = (8_000, 48_000)
"""The lowest and the highest rate of any operation, in hertz. Medical streams start at 16 000."""
RECOMMENDED_SAMPLE_RATE: Final = 16_000


class Operation(enum.Enum):
    """A kind of stream. Its WebSocket path and its IAM action differ from those of HTTP/2."""

    STANDARD = "standard"
    MEDICAL = "medical"
    CALL_ANALYTICS = "call-analytics"

    @property
    def path(self) -> str:
        """The path of the WebSocket request."""
        return _PATH_AND_ACTION[self.value][0]

    @property
    def action(self) -> str:
        """The IAM action that the signer of a WebSocket request needs."""
        return _PATH_AND_ACTION[self.value][1]

    @property
    def http2_path(self) -> str:
        """The path of the HTTP/2 request."""
        return self.path.removesuffix("-websocket")

    @property
    def http2_action(self) -> str:
        """The IAM action that the signer of an HTTP/2 request needs."""
        return self.action.removesuffix("WebSocket")


_PATH_AND_ACTION = {
    "standard": (
        "/stream-transcription-websocket",
        "transcribe:StartStreamTranscriptionWebSocket",
    ),
    "medical": (
        "/medical-stream-transcription-websocket",
        "transcribe:StartMedicalStreamTranscriptionWebSocket",
    ),
    "call-analytics": (
        "/call-analytics-stream-transcription-websocket",
        "transcribe:StartCallAnalyticsStreamTranscriptionWebSocket",
    ),
}

OPERATION_OF_PATH: Final[Mapping[str, Operation]] = MappingProxyType({each.path: each for each in Operation})
OPERATION_OF_HTTP2_PATH: Final[Mapping[str, Operation]] = MappingProxyType(
    {each.http2_path: each for each in Operation}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A value of ``media-encoding``. ``documented`` is false where only the service model has it."""

    code: str
    detail: str
    documented: bool


ENCODINGS: Final[Mapping[str, Encoding]] = MappingProxyType(
    {
        code: Encoding(code=code, detail=detail, documented=documented)
        for code, detail, documented in (
            ("pcm", "signed 16-bit little-endian samples, without a WAV header", True),
            ("ogg-opus", "Opus in an Ogg container (not the WebM of a browser's MediaRecorder)", True),
            ("flac", "a FLAC stream", True),
            ("g711-alaw", "G.711 A-law", False),
            ("g711-ulaw", "G.711 mu-law", False),
            ("g729", "G.729", False),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """An AWS region in which streams can be opened. ``fips``: a FIPS host is listed beside ``host``."""

    code: str
    partition: str
    dns_suffix: str
    fips: bool

    @property
    def host(self) -> str:
        """The host of WebSocket streams, with its port, as it must be signed."""
        return f"transcribestreaming.{self.code}.{self.dns_suffix}:{PORT}"


# Partition, DNS suffix, regions. * marks those for which botocore lists a FIPS host.
_PARTITIONS = """\
aws amazonaws.com af-south-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 \
ap-southeast-5 ap-southeast-7 ca-central-1* eu-central-1 eu-central-2 eu-west-1 eu-west-2 mx-central-1 \
sa-east-1 us-east-1* us-east-2* us-west-2*
aws-cn amazonaws.com.cn cn-north-1 cn-northwest-1
aws-us-gov amazonaws.com us-gov-east-1* us-gov-west-1*
aws-iso c2s.ic.gov us-iso-east-1
aws-iso-f csp.hci.ic.gov us-isof-east-1 us-isof-south-1
"""


def _regions(row: str) -> Iterator[Region]:
    partition, suffix, *codes = row.split()
    for code in codes:
        yield Region(code=code.rstrip("*"), partition=partition, dns_suffix=suffix, fips="*" in code)


REGIONS: Final[Mapping[str, Region]] = MappingProxyType(
    {region.code: region for row in _PARTITIONS.splitlines() for region in _regions(row)}
)

REGIONS_WITHOUT_NEWER_LANGUAGES: Final = frozenset(
    {"af-south-1", "ap-northeast-1", "ap-southeast-5", "ap-southeast-7", "cn-northwest-1"}
)


_LANGUAGES_OF: Final[Mapping[Operation, tuple[Language, ...]]] = {
    Operation.STANDARD: tuple(LANGUAGES.values()),
    Operation.MEDICAL: (LANGUAGES["en-US"],),
    Operation.CALL_ANALYTICS: tuple(each for each in LANGUAGES.values() if each.call_analytics),
}


def languages_of(operation: Operation) -> tuple[Language, ...]:
    """The languages that ``operation`` takes, by code."""
    return _LANGUAGES_OF[operation]


def languages_in(region: str) -> tuple[Language, ...]:
    """The languages that can be streamed in ``region``, by code; none in a region without streaming."""
    return tuple(each for each in LANGUAGES.values() if language_available(region, each.code))


def language_available(region: str, language: str) -> bool:
    """Whether ``language`` can be streamed in ``region``; false where either is not listed."""
    if region not in REGIONS or language not in LANGUAGES:
        return False
    return not (LANGUAGES[language].region_restricted and region in REGIONS_WITHOUT_NEWER_LANGUAGES)
