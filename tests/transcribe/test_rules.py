"""The rules between parameters, one by one: what breaks each, and what does not."""

import pytest

from scribepass.errors import InvalidParameters
from scribepass.transcribe.catalogue import Operation
from scribepass.transcribe.params import parse
from scribepass.transcribe.rules import RULES, Given, broken
from support.requests import BASE

STANDARD, MEDICAL, CALLS = Operation.STANDARD, Operation.MEDICAL, Operation.CALL_ANALYTICS
IDENTIFYING = {
    "media-encoding": "pcm",
    "sample-rate": 16000,
    "identify-language": True,
    "language-options": "en-US,fr-FR",
}
MULTIPLE = {
    "media-encoding": "pcm",
    "sample-rate": 16000,
    "identify-multiple-languages": True,
    "language-options": "en-US,fr-FR",
}


def without(request, name):
    return {each: value for each, value in request.items() if each != name}


BROKEN = [
    # exactly one way to choose the language
    (STANDARD, without(BASE[STANDARD], "language-code"), {("language-code", "required")}),
    (STANDARD, IDENTIFYING | {"identify-language": False}, {
        ("language-code", "required"), ("language-options", "requires"),
    }),
    (STANDARD, IDENTIFYING | {"language-code": "en-US"}, {("identify-language", "conflict")}),
    (STANDARD, MULTIPLE | {"language-code": "en-US"}, {("identify-multiple-languages", "conflict")}),
    (STANDARD, IDENTIFYING | MULTIPLE, {("identify-multiple-languages", "conflict")}),
    (STANDARD, IDENTIFYING | MULTIPLE | {"language-code": "en-US"}, {
        ("identify-language", "conflict"), ("identify-multiple-languages", "conflict"),
    }),
    # identification and its options
    (STANDARD, without(IDENTIFYING, "language-options"), {("identify-language", "requires")}),
    (STANDARD, without(MULTIPLE, "language-options"), {("identify-multiple-languages", "requires")}),
    (STANDARD, BASE[STANDARD] | {"language-options": "en-US,fr-FR"}, {("language-options", "requires")}),
    (STANDARD, IDENTIFYING | {"language-options": "en-US"}, {("language-options", "value")}),
    (STANDARD, IDENTIFYING | {"language-options": "en-US,en-GB"}, {("language-options", "conflict")}),
    (STANDARD, IDENTIFYING | {"language-options": "en-US,en-US"}, {("language-options", "conflict")}),
    (STANDARD, IDENTIFYING | {"preferred-language": "de-DE"}, {("preferred-language", "conflict")}),
    (STANDARD, MULTIPLE | {"preferred-language": "fr-FR"}, {("preferred-language", "requires")}),
    (STANDARD, BASE[STANDARD] | {"preferred-language": "en-US"}, {("preferred-language", "requires")}),
    (STANDARD, IDENTIFYING | {"media-encoding": "ogg-opus"}, {("media-encoding", "conflict")}),
    # names for one language and names for several
    (STANDARD, IDENTIFYING | {"vocabulary-name": "v"}, {("vocabulary-name", "conflict")}),
    (STANDARD, IDENTIFYING | {"vocabulary-filter-name": "v"}, {("vocabulary-filter-name", "conflict")}),
    (STANDARD, IDENTIFYING | {"language-model-name": "m"}, {("language-model-name", "conflict")}),
    (STANDARD, BASE[STANDARD] | {"vocabulary-names": "v"}, {("vocabulary-names", "requires")}),
    (STANDARD, BASE[STANDARD] | {"vocabulary-filter-names": "v"}, {("vocabulary-filter-names", "requires")}),
    # personal data
    (STANDARD, IDENTIFYING | {"content-redaction-type": "PII"}, {("content-redaction-type", "conflict")}),
    (STANDARD, BASE[STANDARD] | {"content-redaction-type": "PII", "content-identification-type": "PII"}, {
        ("content-redaction-type", "conflict"),
    }),
    (STANDARD, BASE[STANDARD] | {"pii-entity-types": "NAME"}, {("pii-entity-types", "requires")}),
    # speakers and channels
    *((each, BASE[each] | more, {expected}) for each in (STANDARD, MEDICAL) for more, expected in [
        ({"enable-channel-identification": True}, ("enable-channel-identification", "requires")),
        ({"number-of-channels": 2}, ("number-of-channels", "requires")),
        (
            {"number-of-channels": 2, "enable-channel-identification": False},
            ("number-of-channels", "requires"),
        ),
        (
            {"number-of-channels": 2, "enable-channel-identification": True, "show-speaker-label": True},
            ("show-speaker-label", "conflict"),
        ),
    ]),
    # Call Analytics
    (CALLS, without(BASE[CALLS], "language-code"), {("language-code", "required")}),
    (CALLS, IDENTIFYING | {"language-code": "en-US"}, {("identify-language", "conflict")}),
    (CALLS, IDENTIFYING | {"language-options": "de-DE,ja-JP"}, {("language-options", "value")}),
    (CALLS, IDENTIFYING | {"vocabulary-name": "v"}, {("vocabulary-name", "conflict")}),
    (CALLS, BASE[CALLS] | {"vocabulary-names": "v"}, {("vocabulary-names", "requires")}),
    (CALLS, BASE[CALLS] | {"pii-entity-types": "NAME"}, {("pii-entity-types", "requires")}),
    (CALLS, BASE[CALLS] | {"content-redaction-type": "PII", "content-identification-type": "PII"}, {
        ("content-redaction-type", "conflict"),
    }),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    BROKEN,
    ids=[
        f"{op.value}-{'+'.join(f'{field}:{code}' for field, code in sorted(each))}" for op, _, each in BROKEN
    ],
)
def test_a_broken_rule_is_a_problem_of_the_parameter_to_change(operation, request_, expected):
    """Only the broken rule is told, with a message that names the other parameter."""
    with pytest.raises(InvalidParameters) as refused:
        parse(operation, request_)
    assert {(problem.field, problem.code) for problem in refused.value.problems} == expected


KEPT = [
    (STANDARD, MULTIPLE | {"media-encoding": "ogg-opus"}),
    (STANDARD, MULTIPLE | {"vocabulary-name": "v"}),
    (STANDARD, MULTIPLE | {"identify-language": False, "language-model-name": "m"}),
    (STANDARD, BASE[STANDARD] | {"vocabulary-filter-method": "mask"}),
    (STANDARD, BASE[STANDARD] | {"partial-results-stability": "low"}),
    (CALLS, IDENTIFYING | {"language-model-name": "m"}),
    (CALLS, IDENTIFYING | {"content-redaction-type": "PII"}),
    (CALLS, IDENTIFYING | {"media-encoding": "ogg-opus"}),
    (STANDARD, IDENTIFYING | {"language-options": "en-US,fr-FR,de-DE,es-US,it-IT,pt-BR,ja-JP"}),
]


@pytest.mark.parametrize(("operation", "request_"), KEPT)
def test_what_aws_does_not_forbid_is_allowed(operation, request_):
    """A rule reaches as far as its sentence, and no further."""
    parse(operation, request_)


@pytest.mark.parametrize(
    ("texts", "undecided", "expected"),
    [
        ({"language-code": ""}, (), []),
        ({}, ("identify-language",), []),
        ({"language-code": "en-US"}, ("identify-language",), []),
        ({"language-code": "en-US", "number-of-channels": "2"}, ("enable-channel-identification",), []),
        ({"language-code": "en-US", "show-speaker-label": "true"}, ("enable-channel-identification",), []),
        ({"identify-language": "true", "language-options": "", "preferred-language": "de-DE"}, (), []),
        ({"identify-language": "true", "language-options": "", "media-encoding": ""}, (), []),
        (
            {"language-code": "en-US", "content-redaction-type": "", "content-identification-type": "PII"},
            (),
            ["content-redaction-type"],
        ),
    ],
)
def test_a_faulty_value_is_not_blamed_twice(texts, undecided, expected):
    """A boolean that cannot be read breaks no rule; another faulty value counts as given, and as no more."""
    problems = broken(STANDARD, Given(texts=texts, undecided=frozenset(undecided)))
    assert [problem.field for problem in problems] == expected


def test_every_operation_has_rules():
    """An operation that is added without rules does not pass."""
    assert set(RULES) == set(Operation)
    assert all(RULES.values())
