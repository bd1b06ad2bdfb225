"""What goes with the values that a policy sets."""

import pytest

from scribepass.policy import Rules, parse
from scribepass.policy.offers import offers_encoding, offers_language
from scribepass.transcribe import ENCODINGS, LANGUAGES, Operation, languages_of
from scribepass.transcribe.parameters import PARAMETERS

STANDARD, MEDICAL, ANALYTICS = Operation
REDACTED = [each.code for each in LANGUAGES.values() if each.redaction]


def rules(text: str) -> Rules:
    return parse(f"[default]\noperations = ['standard']\n{text}").default


def languages(of: Rules, operation: Operation = STANDARD) -> list[str]:
    known = [each.code for each in languages_of(operation)]
    return [each for each in known if offers_language(of, each, operation=operation)]


def encodings(of: Rules, operation: Operation = STANDARD) -> list[str]:
    return [each for each in ENCODINGS if offers_encoding(of, each, operation=operation)]


@pytest.mark.parametrize("operation", Operation)
def test_without_rules_everything_is_offered(operation: Operation) -> None:
    """That the operation takes."""
    assert languages(Rules(), operation) == [each.code for each in languages_of(operation)]
    assert encodings(Rules(), operation) == list(ENCODINGS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("languages = ['de-DE', 'en-US']", ["de-DE", "en-US"]),
        ("languages = []", []),
        ("[default.locked]\nlanguage-code = 'de-DE'", ["de-DE"]),
        ("[default.locked]\nidentify-language = true\nlanguage-options = 'en-US,fr-FR'", []),
        ("[default.locked]\nidentify-multiple-languages = true", []),
        ("[default.locked]\nidentify-language = false", list(LANGUAGES)),
        ("[default.locked]\nnumber-of-channels = 2", []),
        ("[default.locked]\npii-entity-types = 'ALL'", []),
        ("[default.locked]\nnumber-of-channels = 2\n[default.defaults]\nenable-channel-identification = true",
         list(LANGUAGES)),
        ("[default.locked]\ncontent-redaction-type = 'PII'", REDACTED),
        ("[default.defaults]\nlanguage-code = 'de-DE'", list(LANGUAGES)),
        ("[default.defaults]\nidentify-language = true\nlanguage-options = 'en-US,fr-FR'", list(LANGUAGES)),
        ("[default.locked.medical]\nlanguage-code = 'en-US'", list(LANGUAGES)),
    ],
)  # fmt: skip
def test_a_language_goes_with_what_is_set(text: str, expected: list[str]) -> None:
    """Locked is locked, and what excludes it or asks for more takes it away; a default yields."""
    assert languages(rules(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("encodings = ['flac']", ["flac"]),
        ("encodings = []", []),
        ("[default.locked]\nmedia-encoding = 'g729'", ["g729"]),
        ("[default.locked]\nidentify-language = true", ["pcm", "flac"]),
        ("[default.defaults]\nidentify-language = true", list(ENCODINGS)),
        ("[default.defaults]\nmedia-encoding = 'flac'", list(ENCODINGS)),
        ("[default.locked.medical]\nmedia-encoding = 'flac'", list(ENCODINGS)),
    ],
)
def test_an_encoding_goes_with_what_is_set(text: str, expected: list[str]) -> None:
    """In the same way."""
    assert encodings(rules(text)) == expected


def test_each_operation_is_asked_by_itself() -> None:
    """A lock says nothing of another."""
    read = PARAMETERS[ANALYTICS]["language-code"].kind.read
    some = Rules(locked={ANALYTICS: {"language-code": read("it-IT"), "media-encoding": "flac"}})
    assert (languages(some, ANALYTICS), encodings(some, ANALYTICS)) == (["it-IT"], ["flac"])
    assert languages(some, MEDICAL) == ["en-US"]
    assert encodings(some) == list(ENCODINGS)
