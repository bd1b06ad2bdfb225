"""What a class may ask for."""

import re
from itertools import product

import pytest

from scribepass.errors import Forbidden
from scribepass.policy import Rules
from scribepass.transcribe import ENCODINGS, LANGUAGES, REGIONS, Operation, StandardParams, parse
from support.requests import BASE, VALID

STANDARD = Operation.STANDARD
SPOKEN: dict[str, object] = dict(BASE[STANDARD])
SEVERAL: dict[str, object] = {
    "media-encoding": "pcm",
    "sample-rate": 16000,
    "identify-language": True,
    "language-options": "en-US,fr-FR",
}


def refusals(
    rules: Rules,
    asked: dict[str, object] = SPOKEN,
    *,
    operation: Operation = STANDARD,
    region: str = "us-east-1",
    expires_in: int | None = None,
) -> list[str]:
    """The refused fields, in the order of the answer."""
    try:
        rules.check(operation=operation, region=region, expires_in=expires_in, params=parse(operation, asked))
    except Forbidden as error:
        problems = error.problems
    else:
        return []
    assert {each.code for each in problems} <= {"forbidden", "locked"}
    return [each.field for each in problems]


@pytest.mark.parametrize(("operation", "request_"), VALID)
def test_without_rules_everything_passes(operation: Operation, request_: dict[str, object]) -> None:
    """An open policy takes nothing away from what AWS allows."""
    assert refusals(Rules(), request_, operation=operation, expires_in=300) == []


CASES = [
    pytest.param({"operations": {Operation.MEDICAL}}, {}, "operation", id="operation"),
    pytest.param({"operations": ()}, {}, "operation", id="no operation"),
    pytest.param({"regions": {"eu-west-1"}}, {}, "region", id="region"),
    pytest.param({"max_expires_in": 60}, {"expires_in": 61}, "expires-in", id="life"),
    pytest.param({"encodings": {"flac"}}, {}, "media-encoding", id="encoding"),
    pytest.param({"languages": {"de-DE"}}, {}, "language-code", id="language"),
    pytest.param({"languages": ()}, {}, "language-code", id="no language"),
    pytest.param({"languages": {"en-US"}}, {"asked": SEVERAL}, "language-options", id="one option"),
    pytest.param({"languages": {"fr-FR"}}, {"asked": SEVERAL}, "language-options", id="another option"),
    pytest.param(
        {"languages": {"en-US"}},
        {"asked": {**SEVERAL, "identify-language": False, "identify-multiple-languages": True}},
        "language-options",
        id="options of several languages",
    ),
]


@pytest.mark.parametrize(("members", "asked", "field"), CASES)
def test_what_is_not_listed_is_refused(
    members: dict[str, object], asked: dict[str, object], field: str
) -> None:
    """One rule at a time."""
    assert refusals(Rules(**members), **asked) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        ({"operations": {STANDARD}}, {}),
        ({"regions": {"us-east-1"}}, {}),
        ({"max_expires_in": 60}, {"expires_in": 60}),
        ({"max_expires_in": 15}, {}),
        ({"encodings": {"pcm"}}, {}),
        ({"languages": {"en-US"}}, {}),
        ({"languages": {"en-US", "fr-FR"}}, {"asked": {**SEVERAL, "preferred-language": "fr-FR"}}),
        ({"languages": {"en-US"}}, {"asked": {**SPOKEN, "identify-language": False}}),
    ],
)
def test_what_is_listed_passes(members: dict[str, object], asked: dict[str, object]) -> None:
    """To the second, in the case of a URL's life; and no wish is not too long a one."""
    assert refusals(Rules(**members), **asked) == []  # type: ignore[arg-type]


def test_every_refusal_is_told_at_once() -> None:
    """Beside the parameters and in them."""
    rules = Rules(
        operations=(), regions=(), languages=(), encodings=(), vocabularies=(), vocabulary_filters=(),
        language_models=(), max_expires_in=15, locked={STANDARD: {"transcript-format": "spoken"}},
    )  # fmt: skip
    asked = {**SPOKEN, "vocabulary-name": "a", "vocabulary-filter-name": "a", "language-model-name": "a"}
    assert set(refusals(rules, asked, expires_in=16)) == {
        *("operation", "region", "expires-in", "media-encoding", "language-code", "vocabulary-name"),
        *("vocabulary-filter-name", "language-model-name", "transcript-format"),
    }


@pytest.mark.parametrize("flag", ["identify-language", "identify-multiple-languages"])
def test_a_language_to_be_found_out_must_be_among_some(flag: str) -> None:
    """Without options it could be any, so that a list of languages would mean nothing.

    AWS's rules refuse this before; that does not make it a reason to let it pass here.
    """
    given = {"media_encoding": "pcm", "sample_rate": 16000, flag.replace("-", "_"): True}
    params = StandardParams.model_construct(_fields_set=set(given), **given)
    ask = {"operation": STANDARD, "region": "us-east-1", "expires_in": None, "params": params}
    Rules().check(**ask)  # type: ignore[arg-type]
    for rules in (Rules(languages={"en-US"}), Rules(locked={STANDARD: {"content-redaction-type": "PII"}})):
        with pytest.raises(Forbidden, match=flag):
            rules.check(**ask)  # type: ignore[arg-type]


TENANTS = {"acme": ("acme-", "shared-en."), "umbra": ("umbra_", "acme.umbra-")}
NAMES = {
    "acme": ["acme-", "acme-1", "acme-umbra_1", "shared-en.1"],
    "umbra": ["umbra_", "umbra_acme-1", "acme.umbra-x"],
    "": ["acme", "ACME-1", "shared-en1", "Umbra_1", "umbra-1", "xacme-1", "shared", ".acme-", "-", "no.such"],
}
FIELDS = [
    ("vocabularies", "vocabulary-name", SPOKEN),
    ("vocabularies", "vocabulary-names", SEVERAL),
    ("vocabulary_filters", "vocabulary-filter-name", SPOKEN),
    ("vocabulary_filters", "vocabulary-filter-names", SEVERAL),
    ("language_models", "language-model-name", SPOKEN),
]


@pytest.mark.parametrize(("member", "field", "asked"), FIELDS, ids=[field for _, field, _ in FIELDS])
def test_nobody_reaches_into_another_tenant(member: str, field: str, asked: dict[str, object]) -> None:
    """Two principals, every name: their own pass, and every refusal is the same to the letter."""
    said = set()
    listed = field.endswith("s")
    for tenant, (owner, names) in product(TENANTS, NAMES.items()):
        rules = Rules(**{member: TENANTS[tenant]})  # type: ignore[arg-type]
        for name in names:
            forms = [name, f"{NAMES[tenant][0]},{name}", f"{name},{NAMES[tenant][0]}"] if listed else [name]
            for form in forms:
                got = refusals(rules, {**asked, field: form})
                assert got == ([] if owner == tenant else [field]), (tenant, form)
                if got:
                    with pytest.raises(Forbidden) as refused:
                        rules.check(operation=STANDARD, region="us-east-1", expires_in=None,
                                    params=parse(STANDARD, {**asked, field: form}))  # fmt: skip
                    said.add((str(refused.value), refused.value.problems))
    assert len(said) == 1


@pytest.mark.parametrize("form", [",", "acme-,", ",acme-", "acme-,,acme-"])
@pytest.mark.parametrize("field", ["vocabulary-names", "vocabulary-filter-names"])
def test_an_empty_name_is_nobodys(field: str, form: str) -> None:
    """AWS's pattern lets a list have one; a prefix does not."""
    rules = Rules(vocabularies=("acme-",), vocabulary_filters=("acme-",))
    assert refusals(rules, {**SEVERAL, field: form}) == [field]


@pytest.mark.parametrize(("member", "field", "asked"), FIELDS, ids=[field for _, field, _ in FIELDS])
def test_no_prefix_is_no_name(member: str, field: str, asked: dict[str, object]) -> None:
    """An empty list refuses what no list allows."""
    assert refusals(Rules(), {**asked, field: "a"}) == []
    assert refusals(Rules(**{member: ()}), {**asked, field: "a"}) == [field]  # type: ignore[arg-type]


def test_the_catalogue_can_ask() -> None:
    """What a picker may show is what may be asked for."""
    everything = Rules()
    assert all(everything.allows_operation(each) for each in Operation)
    assert all(everything.allows_region(each) for each in REGIONS)
    assert all(everything.allows_language(each) for each in LANGUAGES)
    assert all(everything.allows_encoding(each) for each in ENCODINGS)
    some = Rules(
        operations={STANDARD},
        regions={"eu-west-1"},
        languages={"de-DE", "af-ZA"},
        encodings={"pcm"},
        locked={STANDARD: {"content-redaction-type": "PII"}},
    )
    assert [each for each in Operation if some.allows_operation(each)] == [STANDARD]
    assert [each for each in REGIONS if some.allows_region(each)] == ["eu-west-1"]
    assert [each for each in LANGUAGES if some.allows_language(each)] == ["af-ZA", "de-DE"]
    assert [each for each in LANGUAGES if some.allows_language(each, operation=STANDARD)] == ["de-DE"]
    assert not some.allows_language("xx-XX", operation=STANDARD)
    assert [each for each in ENCODINGS if some.allows_encoding(each)] == ["pcm"]


def test_a_refusal_repeats_nothing_of_the_request() -> None:
    """Nor what would have been allowed: no other tenant's prefix is told."""
    with pytest.raises(Forbidden) as refused:
        Rules(vocabularies=("acme-",)).check(
            operation=STANDARD, region="us-east-1", expires_in=None,
            params=parse(STANDARD, {**SPOKEN, "vocabulary-name": "umbra-secret"}),
        )  # fmt: skip
    assert not re.search("acme|umbra", str(refused.value) + repr(refused.value.problems))
