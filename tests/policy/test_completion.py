"""Defaults: what a caller is given that says nothing."""

import pytest

from scribepass.policy import Rules
from scribepass.transcribe import Operation, parse
from support.requests import BASE

STANDARD = Operation.STANDARD
AUDIO: dict[str, object] = {"media-encoding": "pcm", "sample-rate": 16000}


def completed(defaults: dict[str, object], asked: dict[str, object], **locked: object) -> dict[str, object]:
    values = {STANDARD: {name.replace("_", "-"): value for name, value in locked.items()}}
    rules = Rules(defaults={STANDARD: defaults}, locked=values if locked else {})  # type: ignore[dict-item]
    return dict(rules.complete(STANDARD, list(asked.items())))


def test_a_default_is_added_where_nothing_is_said() -> None:
    """And is the caller's to change, to anything at all."""
    assert completed({"language-code": "en-US"}, AUDIO) == {**AUDIO, "language-code": "en-US"}
    assert (
        completed({"language-code": "en-US"}, {**AUDIO, "language-code": "de-DE"})["language-code"] == "de-DE"
    )
    assert (
        completed({"show-speaker-label": True}, {"show-speaker-label": False})["show-speaker-label"] is False
    )
    assert completed({"sample-rate": 8000}, {"sample-rate": []})["sample-rate"] == []


def test_nothing_to_add_leaves_the_pairs_alone() -> None:
    """Names that are no stream parameters, and repeated ones, stay for the parser to judge."""
    pairs = [("region", "us-east-1"), ("x", []), ("language-code", "a"), ("language-code", "b")]
    assert Rules().complete(STANDARD, pairs) == pairs
    locked = Rules(locked={STANDARD: {"transcript-format": "spoken"}})
    assert locked.complete(STANDARD, pairs) == [*pairs, ("transcript-format", "spoken")]


IDENTIFYING: dict[str, object] = {**AUDIO, "identify-language": True, "language-options": "en-US,fr-FR"}


@pytest.mark.parametrize(
    ("defaults", "asked", "added"),
    [
        pytest.param({"language-code": "en-US"}, IDENTIFYING, {}, id="yields to a contrary wish"),
        pytest.param({"language-code": "en-US"}, {**AUDIO, "identify-language": "TRUE",
                     "language-options": "en-US,fr-FR"}, {}, id="to one that is text"),
        pytest.param({"language-code": "en-US"}, {**AUDIO, "identify-language": False},
                     {"language-code": "en-US"}, id="not to a false one"),
        pytest.param({"content-redaction-type": "PII", "pii-entity-types": "NAME"}, IDENTIFYING, {},
                     id="both or none"),
        pytest.param({"content-redaction-type": "PII", "pii-entity-types": "NAME"},
                     {**AUDIO, "language-code": "en-US"},
                     {"content-redaction-type": "PII", "pii-entity-types": "NAME"}, id="both"),
        pytest.param({"pii-entity-types": "NAME"}, {**AUDIO, "language-code": "en-US"}, {},
                     id="needs what is not there"),
        pytest.param({"pii-entity-types": "NAME"},
                     {**AUDIO, "language-code": "en-US", "content-identification-type": "PII"},
                     {"pii-entity-types": "NAME"}, id="needs what is there"),
        pytest.param({"language-options": "en-US,fr-FR", "preferred-language": "fr-FR"},
                     {**AUDIO, "language-code": "en-US"}, {}, id="a chain of needs"),
        pytest.param({"language-options": "en-US,fr-FR", "preferred-language": "fr-FR"},
                     {**AUDIO, "identify-language": True},
                     {"language-options": "en-US,fr-FR", "preferred-language": "fr-FR"},
                     id="a chain that holds"),
        pytest.param({"preferred-language": "fr-FR"},
                     {**IDENTIFYING, "language-options": "en-US,de-DE"}, {}, id="not among the caller's"),
        pytest.param({"enable-channel-identification": True, "number-of-channels": 2},
                     {**AUDIO, "language-code": "en-US"},
                     {"enable-channel-identification": True, "number-of-channels": 2},
                     id="each needs the other"),
        pytest.param({"enable-channel-identification": True, "number-of-channels": 2},
                     {**AUDIO, "language-code": "en-US", "show-speaker-label": True}, {},
                     id="one yields, so does the other"),
    ],
)  # fmt: skip
def test_a_default_breaks_no_rule(
    defaults: dict[str, object], asked: dict[str, object], added: dict[str, object]
) -> None:
    """A request that is valid without the defaults is valid with them."""
    got = completed(defaults, asked)
    assert got == {**asked, **added}
    if "language-code" in got or "identify-language" in asked:
        parse(STANDARD, {"language-options": "en-US,fr-FR"} | got if asked.get("identify-language") else got)


def test_a_fault_of_the_caller_is_still_its_own() -> None:
    """What was wrong before does not keep defaults away, and is there for the parser to find."""
    wrong = {**AUDIO, "language-code": "en-US", "content-redaction-type": "PII",
             "content-identification-type": "PII", "sample-rate": "fast"}  # fmt: skip
    assert completed({"transcript-format": "spoken"}, wrong)["transcript-format"] == "spoken"


def test_a_default_yields_to_a_lock() -> None:
    """A locked value is there already."""
    got = completed({"transcript-format": "written"}, AUDIO, transcript_format="spoken")
    assert got["transcript-format"] == "spoken"


def test_each_operation_has_its_own() -> None:
    """None of them has another's."""
    rules = Rules(defaults={Operation.MEDICAL: {"specialty": "UROLOGY", "type": "DICTATION"}})
    pairs: list[tuple[str, object]] = list(BASE[STANDARD].items())
    assert rules.complete(STANDARD, pairs) == pairs
    assert dict(rules.complete(Operation.MEDICAL, pairs))["specialty"] == "UROLOGY"
