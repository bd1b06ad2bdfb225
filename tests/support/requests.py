"""Requests that Transcribe documents as valid: at least one for each parameter of each operation."""

from scribepass.transcribe.catalogue import Operation

Request = dict[str, str | int | bool]

BASE: dict[Operation, Request] = {
    Operation.STANDARD: {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000},
    Operation.MEDICAL: {
        "language-code": "en-US",
        "media-encoding": "pcm",
        "sample-rate": 16000,
        "specialty": "PRIMARYCARE",
        "type": "CONVERSATION",
    },
    Operation.CALL_ANALYTICS: {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 8000},
}
"""The shortest valid request of each operation."""

_IDENTIFYING: Request = {
    "media-encoding": "flac",
    "sample-rate": 16000,
    "identify-language": True,
    "language-options": "en-US,fr-FR",
}
_SESSION = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"
_SPOKEN: list[Request] = [
    {"session-id": _SESSION},
    {"vocabulary-name": "A.b_c-9"},
    {"vocabulary-filter-name": "filter", "vocabulary-filter-method": "mask"},
    {"vocabulary-filter-name": "filter", "vocabulary-filter-method": "remove"},
    {"vocabulary-filter-name": "filter", "vocabulary-filter-method": "tag"},
    {"enable-partial-results-stabilization": True, "partial-results-stability": "high"},
    {"partial-results-stability": "medium"},
    {"enable-partial-results-stabilization": False, "partial-results-stability": "low"},
    {"content-identification-type": "PII"},
    {"content-redaction-type": "PII", "pii-entity-types": "NAME, ADDRESS,ALL"},
    {"language-model-name": "model"},
    {"identify-language": False},
    {"language-code": "en-GB"},
]
_IDENTIFIED: list[Request] = [
    {},
    {"preferred-language": "fr-FR"},
    {"vocabulary-names": "one,two"},
    {"vocabulary-filter-names": "one,two"},
]
_CHANNELS: list[Request] = [
    {"show-speaker-label": True},
    {"enable-channel-identification": True, "number-of-channels": 2},
    {"enable-channel-identification": True, "number-of-channels": 2, "show-speaker-label": False},
    {"enable-channel-identification": False, "show-speaker-label": True},
]
_MULTIPLE: Request = {
    "media-encoding": "ogg-opus",
    "sample-rate": 48000,
    "identify-multiple-languages": True,
    "language-options": "en-US,de-DE,ja-JP",
}

VALID: list[tuple[Operation, Request]] = [
    *((operation, base) for operation, base in BASE.items()),
    *((Operation.STANDARD, BASE[Operation.STANDARD] | more) for more in _SPOKEN + _CHANNELS),
    *((Operation.STANDARD, _IDENTIFYING | more) for more in _IDENTIFIED),
    (Operation.STANDARD, _MULTIPLE),
    (Operation.STANDARD, _MULTIPLE | {"vocabulary-names": "one"}),
    (Operation.STANDARD, BASE[Operation.STANDARD] | {"session-id": _SESSION, "session-resume-window": 300}),
    (Operation.STANDARD, BASE[Operation.STANDARD] | {"transcript-format": "spoken"}),
    (Operation.STANDARD, BASE[Operation.STANDARD] | {"language-code": "ckb-IQ", "media-encoding": "g729"}),
    *((Operation.CALL_ANALYTICS, BASE[Operation.CALL_ANALYTICS] | more) for more in _SPOKEN),
    *((Operation.CALL_ANALYTICS, _IDENTIFYING | more) for more in _IDENTIFIED),
    *((Operation.MEDICAL, BASE[Operation.MEDICAL] | more) for more in _CHANNELS),
    (Operation.MEDICAL, BASE[Operation.MEDICAL] | {"session-id": _SESSION, "vocabulary-name": "v"}),
    (Operation.MEDICAL, BASE[Operation.MEDICAL] | {"content-identification-type": "PHI"}),
    (Operation.MEDICAL, BASE[Operation.MEDICAL] | {"type": "DICTATION", "specialty": "RADIOLOGY"}),
]
