"""The query parameters of the three WebSocket operations: one table.

Names, values and limits are those of the service model ``transcribe-streaming/2017-10-26``. Where the text
of the developer guide is narrower (two channels; US English and 16 kHz for medical streams), it is followed.
A name with the prefix ``x-amzn-transcribe-`` is the header of the HTTP/2 form. Rules between parameters are
in ``rules.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .catalogue import ENCODINGS, SAMPLE_RATES, Operation, languages_of
from .values import Kind, choice, flag, names, number, same_language, text


@dataclass(frozen=True, slots=True)
class Parameter:
    """What its value may be, and what it does."""

    kind: Kind
    description: str


_NAME = text(r"[0-9a-zA-Z._-]+", noun="a name of letters, digits, dots, underscores and hyphens", most=200)
_NAMES = text(r"[a-zA-Z0-9,\-._]+", noun="a comma-separated list of names, without spaces", most=3000)
_UUID = text(
    r"[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}",
    noun="a UUID in hexadecimal digits with hyphens",
    least=36,
    most=36,
)


def _language(operation: Operation) -> Kind:
    codes = [each.code for each in languages_of(operation)]
    noun = f"a language code of {operation.value} streams, such as en-US" if len(codes) > 1 else ""
    return choice(*codes, noun=noun, hint=same_language)


def _language_options(operation: Operation) -> Kind:
    codes = [each.code for each in languages_of(operation)]
    noun = f"a comma-separated list of language codes of {operation.value} streams, such as en-US,fr-FR"
    return names(r"[a-zA-Z\-,]+", noun=noun, most=200, known=codes, count=2, hint=same_language)


def _pii(*types: str) -> Parameter:
    kind = names(
        r"[A-Z_, ]+", noun=f"a comma-separated list out of {', '.join(types)}", most=300, known=types
    )
    return Parameter(kind, "Which kinds of personal data; all when left out.")


_PII_TYPES = (
    *("ADDRESS", "BANK_ACCOUNT_NUMBER", "BANK_ROUTING", "CREDIT_DEBIT_CVV", "CREDIT_DEBIT_EXPIRY"),
    *("CREDIT_DEBIT_NUMBER", "EMAIL", "NAME", "PHONE", "PIN", "SSN", "ALL"),
)
_NEWER_PII_TYPES = (
    *("AGE", "DATE_TIME", "LICENSE_PLATE", "PASSPORT_NUMBER", "PASSWORD", "USERNAME"),
    "VEHICLE_IDENTIFICATION_NUMBER",
)

_OF_ALL = {
    "media-encoding": Parameter(choice(*ENCODINGS), "The encoding of the audio."),
    "sample-rate": Parameter(
        number(least=SAMPLE_RATES[0], most=SAMPLE_RATES[1]), "The true sample rate of the audio, in hertz."
    ),
    "session-id": Parameter(_UUID, "Names the stream. A second stream with the same id ends the first."),
    "vocabulary-name": Parameter(_NAME, "A custom vocabulary, case-sensitive."),
}
_SPEAKERS_AND_CHANNELS = {
    "show-speaker-label": Parameter(flag(), "Tell speakers apart and label their words."),
    "enable-channel-identification": Parameter(flag(), "Transcribe each channel by itself."),
    "number-of-channels": Parameter(number(least=2, most=2), "The channels of the audio; left out for one."),
}


def _of_spoken_language(operation: Operation) -> dict[str, Parameter]:
    language = _language(operation)
    return {
        "language-code": Parameter(language, "The language that is spoken."),
        "identify-language": Parameter(flag(), "Find out which of language-options is spoken."),
        "language-options": Parameter(_language_options(operation), "The languages that may be spoken."),
        "preferred-language": Parameter(language, "The likeliest of language-options."),
        "vocabulary-names": Parameter(_NAMES, "Custom vocabularies for language-options."),
        "vocabulary-filter-name": Parameter(_NAME, "A vocabulary filter, case-sensitive."),
        "vocabulary-filter-names": Parameter(_NAMES, "Vocabulary filters for language-options."),
        "vocabulary-filter-method": Parameter(
            choice("remove", "mask", "tag"), "What happens to a word of the filter; mask writes ***."
        ),
        "enable-partial-results-stabilization": Parameter(
            flag(), "Let only the last words of a partial change."
        ),
        "partial-results-stability": Parameter(
            choice("high", "medium", "low"), "How soon words settle: high is soonest, low most accurate."
        ),
        "content-identification-type": Parameter(choice("PII"), "Label personal data."),
        "content-redaction-type": Parameter(choice("PII"), "Replace personal data by its kind."),
        "language-model-name": Parameter(_NAME, "A custom language model for language-code."),
    }


PARAMETERS: Final[Mapping[Operation, Mapping[str, Parameter]]] = MappingProxyType(
    {
        Operation.STANDARD: {
            **_OF_ALL,
            **_SPEAKERS_AND_CHANNELS,
            **_of_spoken_language(Operation.STANDARD),
            "identify-multiple-languages": Parameter(flag(), "Follow every change among language-options."),
            "session-resume-window": Parameter(
                number(least=1, most=300), "For how many minutes from its start the stream can be resumed."
            ),
            "pii-entity-types": _pii(*_PII_TYPES, *_NEWER_PII_TYPES),
            "transcript-format": Parameter(
                choice("written", "spoken"), "Numbers and dates as they are written (the default) or spoken."
            ),
        },
        Operation.MEDICAL: {
            **_OF_ALL,
            **_SPEAKERS_AND_CHANNELS,
            "sample-rate": Parameter(
                number(least=16_000, most=SAMPLE_RATES[1]), "The true sample rate of the audio, in hertz."
            ),
            "language-code": Parameter(_language(Operation.MEDICAL), "The language: US English."),
            "specialty": Parameter(
                choice("PRIMARYCARE", "CARDIOLOGY", "NEUROLOGY", "ONCOLOGY", "RADIOLOGY", "UROLOGY"),
                "The field of medicine.",
            ),
            "type": Parameter(
                choice("CONVERSATION", "DICTATION"), "Several people who talk, or one who dictates."
            ),
            "content-identification-type": Parameter(choice("PHI"), "Label health data."),
        },
        Operation.CALL_ANALYTICS: {
            **_OF_ALL,
            **_of_spoken_language(Operation.CALL_ANALYTICS),
            "pii-entity-types": _pii(*_PII_TYPES),
        },
    }
)
