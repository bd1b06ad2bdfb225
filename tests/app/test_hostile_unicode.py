"""Properties over all of Unicode. More examples: see `support.hostile`."""

import random
import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scribepass.transcribe import LANGUAGES, REGIONS, Operation
from scribepass.transcribe.parameters import PARAMETERS
from support.hostile import FREE_TEXT, MANY, STRINGS, ask, checked, signed
from support.requests import BASE, VALID
from support.service import Service, service

REGIONS_VENDED = ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1")
IT = service(operations=tuple(Operation), settings={"regions": ",".join(REGIONS_VENDED)})
FUZZED = 10_000

_SPOKEN = BASE[Operation.STANDARD]
_IDENTIFYING = {"media-encoding": "pcm", "sample-rate": 16000, "identify-language": True,
                "language-options": "en-US,fr-FR"}  # fmt: skip
ANYTHING = st.text(alphabet=st.characters(codec=None, categories=None))
NEARLY = st.from_regex(r"[0-9A-Za-z._,-]{0,6}.[0-9A-Za-z._,-]{0,6}\n?", fullmatch=True)


@pytest.mark.parametrize("name", FREE_TEXT)
@pytest.mark.parametrize("where", ["query", "body"])
def test_a_word_of_the_callers_own_is_refused_or_signed_letter_by_letter(name: str, where: str) -> None:
    """Any text: a 400, or a URL that parses back to exactly what was meant, which is AWS's pattern alone."""

    @MANY
    @given(ANYTHING | NEARLY | st.from_regex(FREE_TEXT[name], fullmatch=True))
    @example("a\n")
    @example("a%26X-Amz-Expires=604800")
    @example("a" * 200)
    @example("a" * 201)
    @example("İ")
    @example("\ud800")
    def holds(text: str) -> None:
        base = _IDENTIFYING if name.endswith("names") else _SPOKEN
        answer = ask(IT, [*base.items(), (name, text)], where=where)
        valid = re.fullmatch(FREE_TEXT[name], text, re.ASCII) is not None
        if where == "query" and checked(answer) == 414:
            return
        assert (checked(answer) < 300) == valid, ascii(text)
        if not valid:
            assert answer.status_code == 400
            return
        said = signed(answer, operation=Operation.STANDARD, region="us-east-1")
        meant = {
            each: str(value).lower() if isinstance(value, bool) else str(value)
            for each, value in base.items()
        }
        assert said == (meant if name == "client-reference-id" else {**meant, name: text})

    holds()


@pytest.mark.parametrize("operation", Operation, ids=lambda each: each.value)
@pytest.mark.parametrize("where", ["query", "body"])
def test_any_text_anywhere_is_refused_or_signed(operation: Operation, where: str) -> None:
    """In every parameter of every operation, several at once."""
    names = st.sampled_from([*PARAMETERS[operation], "region", "expires-in", "ticket-id"]) | ANYTHING

    @MANY
    @given(st.dictionaries(names, ANYTHING | NEARLY | st.sampled_from(STRINGS), min_size=1, max_size=3))
    def holds(extra: dict[str, str]) -> None:
        asked = {**BASE[operation], "operation": operation.value, **extra}
        answer = ask(IT, asked.items(), where=where)
        assert checked(answer) in {200, 201, 400, 403, 414}
        if answer.status_code < 300:
            region = str(asked.pop("region", "us-east-1"))
            asked = {name: value for name, value in asked.items() if name not in {"operation", "expires-in"}}
            said = signed(answer, operation=operation, region=region)
            assert said.keys() == asked.keys()
            assert all(said[name].lower() == str(asked[name]).lower() for name in said)

    holds()


def _mutated(value: object, *, chance: random.Random) -> object:
    text = str(value)
    at = chance.randrange(len(text) + 1)
    strange = chance.choice("&=#%+;/@:?\\\n\r\0 \u2028é\ud800")
    return chance.choice(
        [text[:at] + strange + text[at:], text.upper(), text * 2, chance.choice(STRINGS), [value], None, -1]
    )


def _fuzzed(chance: random.Random) -> tuple[Operation, dict[str, object]]:
    operation, valid = chance.choice(VALID)
    asked: dict[str, object] = {"operation": operation.value, **valid}
    asked.pop("session-id", None)
    if chance.random() < 0.5:
        asked["region"] = chance.choice([*REGIONS_VENDED, *REGIONS_VENDED, *REGIONS, "evil.example"])
    if chance.random() < 0.5:
        asked["expires-in"] = chance.randrange(0, 400)
    if chance.random() < 0.3:
        asked["language-code"] = chance.choice(list(LANGUAGES))
    while chance.random() < 0.3:
        name = chance.choice([*asked, *PARAMETERS[operation], "X-Amz-Algorithm", "X-Amz-Credential", "Host"])
        asked[name] = _mutated(asked.get(name, "x"), chance=chance)
    return operation, asked


@pytest.mark.timeout(300)
def test_what_is_signed_goes_to_transcribe_and_to_nobody_else() -> None:
    """Ten thousand fuzzed requests: host from the table; path, scope and algorithm are the same each time."""
    chance = random.Random(20261122)
    statuses: Counter[int] = Counter()
    hosts = set()
    for number in range(FUZZED):
        operation, asked = _fuzzed(chance)
        answer = ask(IT, asked.items(), where=("query", "body")[number % 2])
        statuses[checked(answer)] += 1
        if answer.status_code < 300:
            region = str(asked.get("region", "us-east-1"))
            assert region in REGIONS_VENDED
            signed(answer, operation=operation, region=region)
            hosts.add(REGIONS[region].host)
    assert statuses.keys() <= {200, 201, 400, 403, 414}
    assert statuses[200] + statuses[201] > FUZZED // 10, statuses
    assert len(hosts) == len(REGIONS_VENDED)


def test_a_corpus_that_is_refused_is_no_proof(it: Service) -> None:
    """The requests around the hostile words are good ones: with a harmless word each is signed."""
    for name in FREE_TEXT:
        base = _IDENTIFYING if name.endswith("names") else _SPOKEN
        for where in ("query", "body"):
            assert checked(ask(it, [*base.items(), (name, "harmless")], where=where)) < 300
