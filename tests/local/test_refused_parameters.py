"""Every refusal of the parameter tables, through the wire: an exception frame that names the field.

The tables are sections 1.2 to 1.5 of the reference of the protocol. URLs are made by hand, since our own
parser would not make them. Two tests at the end hold the cases against the code: no parameter and no rule
between parameters is without a case.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from scribepass.local.server import LocalAws
from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.rules import RULES, Given
from support.signing import awscrt_presign
from support.streaming import END, REGION, STATIC, local_aws, signed, stream, unsigned_url, utcnow

STANDARD, MEDICAL, CALLS = Operation.STANDARD, Operation.MEDICAL, Operation.CALL_ANALYTICS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict() -> AsyncIterator[LocalAws]:
    async with local_aws(refuse_handshake=True) as local:
        yield local


Asked = Mapping[str, str | None]
Case = tuple[Operation, Asked, str, str]

_PCM = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": "16000"}
BASE: Mapping[Operation, Mapping[str, str]] = {
    STANDARD: _PCM,
    MEDICAL: {**_PCM, "specialty": "CARDIOLOGY", "type": "DICTATION"},
    CALLS: _PCM,
}
UUID = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"
ONE = {"language-code": None, "identify-language": "true", "language-options": "en-US,es-US"}
SEVERAL = {"language-code": None, "identify-multiple-languages": "true", "language-options": "en-US,es-US"}
STEREO = {"enable-channel-identification": "true", "number-of-channels": "2"}
PII = {"content-identification-type": "PII"}

NAMES = ("vocabulary-name", "vocabulary-filter-name", "language-model-name")
LISTS = ("vocabulary-names", "vocabulary-filter-names")
FLAGS = (
    *("identify-language", "identify-multiple-languages", "show-speaker-label"),
    *("enable-channel-identification", "enable-partial-results-stabilization"),
)


def _of_all(operation: Operation) -> dict[str, Case]:
    """What is refused of any operation."""
    wrong: dict[str, tuple[Asked, str, str]] = {
        "no media-encoding": ({"media-encoding": None}, "media-encoding", "is required"),
        "no sample-rate": ({"sample-rate": None}, "sample-rate", "is required"),
        "no language": ({"language-code": None}, "language-code", "is required"),
        "language-code empty": ({"language-code": ""}, "language-code", "is required"),
        "language-code unknown": ({"language-code": "xx-XX"}, "language-code", "must be"),
        "language-code in capitals": ({"language-code": "EN-US"}, "language-code", "did you mean"),
        "media-encoding unknown": ({"media-encoding": "wav"}, "media-encoding", "must be one of pcm"),
        "media-encoding in capitals": ({"media-encoding": "PCM"}, "media-encoding", "did you mean pcm?"),
        "sample-rate too high": ({"sample-rate": "48001"}, "sample-rate", "to 48000"),
        "sample-rate no number": ({"sample-rate": "fast"}, "sample-rate", "in plain digits"),
        "sample-rate with a sign": ({"sample-rate": "+16000"}, "sample-rate", "in plain digits"),
        "sample-rate with a fraction": ({"sample-rate": "16000.0"}, "sample-rate", "in plain digits"),
        "session-id too short": ({"session-id": UUID[:-1]}, "session-id", "of 36 characters"),
        "session-id too long": ({"session-id": f"{UUID}0"}, "session-id", "of 36 characters"),
        "session-id no hexadecimal": ({"session-id": f"g{UUID[1:]}"}, "session-id", "must be a UUID"),
        "session-id without hyphens": ({"session-id": "0" * 36}, "session-id", "must be a UUID"),
        "vocabulary-name too long": ({"vocabulary-name": "v" * 201}, "vocabulary-name", "1 to 200"),
        "vocabulary-name with a space": ({"vocabulary-name": "a b"}, "vocabulary-name", "must be a name"),
    }
    return {f"{operation.value}: {name}": (operation, *case) for name, case in wrong.items()}


def _of_spoken_language(operation: Operation) -> dict[str, Case]:
    """What is refused of standard streams and of calls."""
    options = "language-options"
    wrong: dict[str, tuple[Asked, str, str]] = {
        "identify-language no boolean": ({**ONE, "identify-language": "yes"}, "identify-language", "true or"),
        "options without a flag": ({options: "en-US,es-US"}, options, "needs identify-language"),
        "options too long": ({**ONE, options: "en-US," * 40}, options, "1 to 200 characters"),
        "options with a digit": ({**ONE, options: "en-US,es-U5"}, options, "comma-separated"),
        "options with a space": ({**ONE, options: "en-US, es-US"}, options, "comma-separated"),
        "options of one": ({**ONE, options: "en-US"}, options, "at least 2"),
        "options unknown": ({**ONE, options: "en-US,xx-XX"}, options, "comma-separated"),
        "options of one language": ({**ONE, options: "en-US,en-AU"}, options, "one dialect"),
        "options twice the same": ({**ONE, options: "en-US,en-US"}, options, "one dialect"),
        "identify-language without options": (
            {**ONE, options: None},
            "identify-language",
            "needs language-options",
        ),
        "identify-language beside a code": (
            {**ONE, "language-code": "en-US"},
            "identify-language",
            "cannot be used together with language-code",
        ),
        "preferred-language unknown": (
            {**ONE, "preferred-language": "xx-XX"},
            "preferred-language",
            "must be",
        ),
        "preferred-language by itself": (
            {"preferred-language": "en-US"},
            "preferred-language",
            "needs identify-language",
        ),
        "preferred-language without options": (
            {**ONE, options: None, "preferred-language": "en-US"},
            "preferred-language",
            "needs language-options",
        ),
        "preferred-language not among them": (
            {**ONE, "preferred-language": "de-DE"},
            "preferred-language",
            "must be one of language-options",
        ),
        "vocabulary-name with identify-language": (
            {**ONE, "vocabulary-name": "v"},
            "vocabulary-name",
            "use vocabulary-names",
        ),
        "vocabulary-filter-name with identify-language": (
            {**ONE, "vocabulary-filter-name": "v"},
            "vocabulary-filter-name",
            "use vocabulary-filter-names",
        ),
        "vocabulary-filter-method unknown": (
            {"vocabulary-filter-method": "hide"},
            "vocabulary-filter-method",
            "must be one of remove, mask, tag",
        ),
        "stabilization no boolean": (
            {"enable-partial-results-stabilization": "1"},
            "enable-partial-results-stabilization",
            "must be true or false",
        ),
        "stability unknown": (
            {"partial-results-stability": "highest"},
            "partial-results-stability",
            "must be one of high, medium, low",
        ),
        "identification unknown": (
            {"content-identification-type": "PHI"},
            "content-identification-type",
            "must be PII",
        ),
        "redaction unknown": ({"content-redaction-type": "pii"}, "content-redaction-type", "must be PII"),
        "redaction with identification": (
            {**PII, "content-redaction-type": "PII"},
            "content-redaction-type",
            "cannot be used together with content-identification-type",
        ),
        "types by themselves": (
            {"pii-entity-types": "NAME"},
            "pii-entity-types",
            "needs content-identification-type or content-redaction-type",
        ),
        "types unknown": ({**PII, "pii-entity-types": "NAME,SHOE"}, "pii-entity-types", "out of ADDRESS"),
        "types in small letters": ({**PII, "pii-entity-types": "name"}, "pii-entity-types", "out of ADDRESS"),
        "types too long": ({**PII, "pii-entity-types": "NAME," * 61}, "pii-entity-types", "1 to 300"),
    }
    for name in ("vocabulary-filter-name", "language-model-name"):
        wrong[f"{name} too long"] = ({name: "v" * 201}, name, "1 to 200 characters")
        wrong[f"{name} with a slash"] = ({name: "a/b"}, name, "must be a name")
    for name in LISTS:
        wrong[f"{name} too long"] = ({**ONE, name: "v" * 3001}, name, "1 to 3000 characters")
        wrong[f"{name} with a space"] = ({**ONE, name: "a, b"}, name, "must be a comma-separated list")
        wrong[f"{name} without a flag"] = ({name: "a,b"}, name, "needs identify-language")
    return {f"{operation.value}: {name}": (operation, *case) for name, case in wrong.items()}


def _channels(operation: Operation) -> dict[str, Case]:
    """What is refused where channels and speakers can be told apart."""
    enabled, number = "enable-channel-identification", "number-of-channels"
    wrong: dict[str, tuple[Asked, str, str]] = {
        "one channel": ({**STEREO, number: "1"}, number, "must be 2"),
        "three channels": ({**STEREO, number: "3"}, number, "must be 2"),
        "no number of channels": ({**STEREO, number: "two"}, number, "must be 2"),
        "channels without a number": ({enabled: "true"}, enabled, "needs number-of-channels"),
        "a number without channels": ({number: "2"}, number, "needs enable-channel-identification"),
        "a number with channels off": ({enabled: "false", number: "2"}, number, "needs enable-channel"),
        "channels no boolean": ({**STEREO, enabled: "on"}, enabled, "must be true or false"),
        "speakers no boolean": ({"show-speaker-label": "2"}, "show-speaker-label", "must be true or false"),
        "speakers and channels": (
            {**STEREO, "show-speaker-label": "true"},
            "show-speaker-label",
            "cannot be used together with enable-channel-identification",
        ),
    }
    return {f"{operation.value}: {name}": (operation, *case) for name, case in wrong.items()}


_OF_STANDARD: dict[str, tuple[Asked, str, str]] = {
    "sample-rate too low": ({"sample-rate": "7999"}, "sample-rate", "from 8000"),
    "identify-multiple-languages no boolean": (
        {**SEVERAL, "identify-multiple-languages": "yes"},
        "identify-multiple-languages",
        "must be true or false",
    ),
    "identify-multiple-languages without options": (
        {**SEVERAL, "language-options": None},
        "identify-multiple-languages",
        "needs language-options",
    ),
    "identify-multiple-languages beside a code": (
        {**SEVERAL, "language-code": "en-US"},
        "identify-multiple-languages",
        "cannot be used together with language-code",
    ),
    "both flags": (
        {**SEVERAL, "identify-language": "true"},
        "identify-multiple-languages",
        "cannot be used together with identify-language",
    ),
    "preferred-language with several": (
        {**SEVERAL, "preferred-language": "en-US"},
        "preferred-language",
        "needs identify-language",
    ),
    "a model with identify-language": (
        {**ONE, "language-model-name": "m"},
        "language-model-name",
        "cannot be used together with identify-language",
    ),
    "redaction with identify-language": (
        {**ONE, "content-redaction-type": "PII"},
        "content-redaction-type",
        "cannot be used together with identify-language",
    ),
    "ogg-opus with identify-language": (
        {**ONE, "media-encoding": "ogg-opus"},
        "media-encoding",
        "must be pcm or flac together with identify-language",
    ),
    "window of nothing": ({"session-resume-window": "0"}, "session-resume-window", "from 1 to 300"),
    "window too long": ({"session-resume-window": "301"}, "session-resume-window", "from 1 to 300"),
    "window no number": ({"session-resume-window": "1h"}, "session-resume-window", "in plain digits"),
    "format unknown": ({"transcript-format": "WRITTEN"}, "transcript-format", "did you mean written?"),
}
_OF_MEDICAL: dict[str, tuple[Asked, str, str]] = {
    "sample-rate of a telephone": ({"sample-rate": "8000"}, "sample-rate", "from 16000"),
    "sample-rate a little too low": ({"sample-rate": "15999"}, "sample-rate", "from 16000"),
    "another English": ({"language-code": "en-GB"}, "language-code", "must be en-US"),
    "no specialty": ({"specialty": None}, "specialty", "is required: one of PRIMARYCARE"),
    "specialty unknown": ({"specialty": "DENTISTRY"}, "specialty", "must be one of PRIMARYCARE"),
    "specialty in small letters": ({"specialty": "urology"}, "specialty", "did you mean UROLOGY?"),
    "no type": ({"type": None}, "type", "is required: one of CONVERSATION, DICTATION"),
    "type unknown": ({"type": "MONOLOGUE"}, "type", "must be one of CONVERSATION, DICTATION"),
    "personal data": (
        {"content-identification-type": "PII"},
        "content-identification-type",
        "must be PHI",
    ),
}
_OF_CALLS: dict[str, tuple[Asked, str, str]] = {
    "sample-rate too low": ({"sample-rate": "7999"}, "sample-rate", "from 8000"),
    "a language without calls": ({"language-code": "ja-JP"}, "language-code", "call-analytics"),
    "an option without calls": (
        {**ONE, "language-options": "en-US,ja-JP"},
        "language-options",
        "call-analyt",
    ),
    "a newer type": ({**PII, "pii-entity-types": "AGE"}, "pii-entity-types", "out of ADDRESS"),
}

REFUSED: dict[str, Case] = {
    **_of_all(STANDARD),
    **_of_spoken_language(STANDARD),
    **_channels(STANDARD),
    **{f"standard: {name}": (STANDARD, *case) for name, case in _OF_STANDARD.items()},
    **_of_all(MEDICAL),
    **_channels(MEDICAL),
    **{f"medical: {name}": (MEDICAL, *case) for name, case in _OF_MEDICAL.items()},
    **_of_all(CALLS),
    **_of_spoken_language(CALLS),
    **{f"call-analytics: {name}": (CALLS, *case) for name, case in _OF_CALLS.items()},
}


def query(operation: Operation, asked: Asked) -> dict[str, str]:
    values = {**BASE[operation], **asked}
    return {name: value for name, value in values.items() if value is not None}


def url(local: LocalAws, operation: Operation, asked: Asked) -> str:
    """A signed URL with exactly these parameters."""
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query(operation, asked).items())
    return signed(f"{local.endpoint}{operation.path}?{text}")


@pytest.mark.parametrize(("operation", "asked", "field", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(local: LocalAws, operation: Operation, asked: Asked, field: str, text: str) -> None:
    """After the 101: one exception frame, which says BadRequestException, the field, and what is wrong."""
    heard = await stream(url(local, operation, asked), [], operation=operation)
    assert len(heard.messages) == 1
    assert heard.failure is not None
    assert heard.failure.kind == "BadRequestException"
    count, _, faults = heard.failure.message.partition(" detected: ")
    assert count.endswith(("1 validation error", "validation errors"))
    told = dict(fault.split(": ", 1) for fault in faults.split("; ") if ": " in fault)
    assert field in told, heard.failure.message
    assert text in heard.failure.message
    assert heard.close_code == 1000


async def test_refused_when_repeated(local: LocalAws) -> None:
    """What is given twice has no meaning, even where it says the same; the signature's check finds it."""
    repeated = f"{unsigned_url(local)}&sample-rate=16000"
    signed_by_aws = awscrt_presign(repeated, credentials=STATIC, region=REGION, now=utcnow(), expires=60)
    heard = await stream(signed_by_aws, [])
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.message) == (
        "IncompleteSignature",
        "a parameter is repeated",
    )


async def test_every_fault_is_told(local: LocalAws) -> None:
    """The text counts them."""
    asked = {"sample-rate": "7", "language-code": "xx-XX", "show-speaker-label": "maybe"}
    heard = await stream(url(local, STANDARD, asked), [])
    assert heard.failure is not None
    assert heard.failure.message.startswith("3 validation errors detected: ")
    assert all(f"{field}: " in heard.failure.message for field in asked)


SAMPLE = [name for number, name in enumerate(REFUSED) if number % 16 == 0]


@pytest.mark.parametrize("name", SAMPLE)
async def test_refused_at_the_handshake(strict: LocalAws, name: str) -> None:
    """On request the same is said by HTTP 400."""
    operation, asked, field, text = REFUSED[name]
    with pytest.raises(InvalidStatus) as caught:
        await stream(url(strict, operation, asked), [])
    response = caught.value.response
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (400, "BadRequestException")
    message = json.loads(response.body)["Message"]
    assert f"{field}: " in message
    assert text in message


TAKEN: dict[str, tuple[Operation, dict[str, str | None]]] = {
    "booleans as Python writes them": (STANDARD, {"show-speaker-label": "True"}),
    "booleans as the guide writes them": (STANDARD, {"show-speaker-label": "TRUE"}),
    "a flag that is off beside a code": (STANDARD, {"identify-language": "false"}),
    "the lowest rate": (STANDARD, {"sample-rate": "8000"}),
    "the highest rate": (MEDICAL, {"sample-rate": "48000"}),
    "the longest window": (STANDARD, {"session-resume-window": "300"}),
    "the longest name": (STANDARD, {"vocabulary-name": "v" * 200}),
    "every type": (
        STANDARD,
        {**PII, "pii-entity-types": ", ".join(["ADDRESS", "AGE", "NAME", "VEHICLE_IDENTIFICATION_NUMBER"])},
    ),
    "a model": (CALLS, {"language-model-name": "any"}),
    "parameters of another operation, as in the guide's samples": (
        STANDARD,
        {"specialty": "CARDIOLOGY", "type": "DICTATION"},
    ),
    "a name from the guide that no model has": (STANDARD, {"channel-identification": "TRUE"}),
}


@pytest.mark.parametrize(("operation", "asked"), TAKEN.values(), ids=TAKEN)
async def test_taken(local: LocalAws, operation: Operation, asked: Asked) -> None:
    """What is just within the limits, and what AWS is known to pass over."""
    heard = await stream(url(local, operation, asked), [END], operation=operation)
    assert (heard.failure, heard.close_code) == (None, 1000)


@pytest.mark.parametrize("operation", Operation, ids=lambda each: each.value)
async def test_every_parameter_has_a_case(operation: Operation) -> None:
    """The table above is complete: a new parameter cannot be forgotten."""
    named = {field for of, _, field, _ in REFUSED.values() if of is operation}
    assert named == set(PARAMETERS[operation])


RULED: dict[str, tuple[Operation, Any]] = {
    f"{operation.value}: {rule}": (operation, rule) for operation, rules in RULES.items() for rule in rules
}


@pytest.mark.parametrize(("operation", "rule"), RULED.values(), ids=RULED)
async def test_every_rule_has_a_case(operation: Operation, rule: Any) -> None:
    """A case breaks it, and is told of the field that the rule tells of."""
    told = {
        (field, problem.field)
        for of, asked, field, text in REFUSED.values()
        if of is operation
        for problem in rule.broken(Given(texts=_set(query(operation, asked))))
        if text in problem.message
    }
    assert any(field == found for field, found in told)


def _set(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value not in {"", "false"}}
