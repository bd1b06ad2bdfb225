"""Locked parameters: the service's value, whatever the caller says."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import Forbidden, InvalidParameters
from scribepass.policy import Rules
from scribepass.policy.locks import SUBORDINATE
from scribepass.transcribe import Operation, parse
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.values import Unfit
from support.requests import BASE, VALID

Case = tuple[Operation, str, object, dict[str, object]]

HOSTILE: list[object] = [
    "", " ", "none", "0", 0, -1, 1, True, False, None, 1.5, [], ["PII"], {}, {"a": 1}, "PII ", "pii", "PII\n",
    "\x00", "true", "TRUE", "false", "2", "16000", 16000, "en-US", "EN-us", "ALL", "PHI", "PII", "x" * 4000,
]  # fmt: skip
"""Supplied for every parameter, whatever it is: some are right for one and hostile for another."""


def other(operation: Operation, name: str, value: object) -> object:
    """Another valid value of the same parameter, where there is one."""
    values = [request[name] for each, request in VALID if each is operation and name in request]
    schema = PARAMETERS[operation][name].kind.schema
    values += list(schema.get("enum", []))  # type: ignore[call-overload]
    return next((each for each in values if each != value), None)


def every_parameter() -> Iterator[Case]:
    """Each parameter of each operation with a valid value, in a request in which it is valid."""
    for operation, parameters in PARAMETERS.items():
        for name in parameters:
            request = next(each for at, each in VALID if at is operation and name in each)
            lesser = SUBORDINATE.get(name)
            yield operation, name, request[name], {each: request[each] for each in request if each != lesser}


CASES = list(every_parameter())
IDS = [f"{operation.value}-{name}" for operation, name, _, _ in CASES]
OPTIONAL = [case[:3] for case in CASES if case[1] not in BASE[case[0]]]


def locking(operation: Operation, **values: object) -> Rules:
    read = {
        name.replace("_", "-"): PARAMETERS[operation][name.replace("_", "-")].kind.read(value)
        for name, value in values.items()
    }
    return Rules(locked={operation: read})


def outcome(rules: Rules, operation: Operation, pairs: list[tuple[str, object]]) -> dict[str, str] | None:
    """The parameters that would be signed; None for a refusal of whichever kind."""
    try:
        params = parse(operation, rules.complete(operation, pairs))
        rules.check(operation=operation, region="us-east-1", expires_in=None, params=params)
    except (Forbidden, InvalidParameters):
        return None
    return dict(params.items())


@pytest.mark.parametrize(("operation", "name", "value", "request_"), CASES, ids=IDS)
def test_a_lock_is_never_changed(
    operation: Operation, name: str, value: object, request_: dict[str, object]
) -> None:
    """Every parameter of every operation, beside whatever a caller sends in its place, once and twice."""
    rules = locking(operation, **{name: value})
    text = str(value).lower() if isinstance(value, bool) else str(value)
    rest = [(each, given) for each, given in request_.items() if each != name]
    signed = outcome(rules, operation, rest)
    assert signed is not None
    assert signed[name] == text
    for same in (value, text):
        assert outcome(rules, operation, [*rest, (name, same)]) == signed
        assert outcome(rules, operation, [(name, same), *rest]) is not None
        assert outcome(rules, operation, [(name, same), *rest, (name, same)]) is None
    for wish in [*HOSTILE, other(operation, name, value)]:
        for pairs in ([*rest, (name, wish)], [(name, wish), *rest, (name, value)]):
            got = outcome(rules, operation, pairs)
            assert got is None or got[name] == text


@pytest.mark.parametrize(("operation", "name", "value", "request_"), CASES, ids=IDS)
def test_another_wish_is_forbidden(
    operation: Operation, name: str, value: object, request_: dict[str, object]
) -> None:
    """Valid otherwise or not: the answer names the parameter, and says what it is."""
    rules = locking(operation, **{name: value})
    for wish in (other(operation, name, value), "no such value", None):
        if wish == value:
            continue
        with pytest.raises(Forbidden) as refused:
            rules.complete(operation, [*request_.items(), (name, wish)])
        (problem,) = refused.value.problems
        assert (problem.field, problem.code) == (name, "locked")
        assert str(value).lower() in problem.message.lower()


@pytest.mark.parametrize(("operation", "name", "value"), OPTIONAL)
def test_parameters_that_were_never_completed_are_refused(
    operation: Operation, name: str, value: object
) -> None:
    """The last gate asks again: a lock does not hang on every way in to have filled it in."""
    rules = locking(operation, **{name: value})
    params = parse(operation, BASE[operation])
    with pytest.raises(Forbidden, match=name):
        rules.check(operation=operation, region="us-east-1", expires_in=None, params=params)


def test_every_contrary_wish_is_told() -> None:
    """Not the first alone."""
    rules = locking(Operation.STANDARD, content_redaction_type="PII", transcript_format="spoken")
    with pytest.raises(Forbidden) as refused:
        rules.complete(Operation.STANDARD, [("transcript-format", "written"), ("content-redaction-type", "")])
    assert [each.field for each in refused.value.problems] == ["content-redaction-type", "transcript-format"]


def test_a_lock_says_nothing_of_other_operations() -> None:
    """A policy that promises it for those too is refused when it is read."""
    rules = locking(Operation.STANDARD, content_redaction_type="PII")
    pairs: list[tuple[str, object]] = list(BASE[Operation.MEDICAL].items())
    assert rules.complete(Operation.MEDICAL, pairs) == pairs
    assert outcome(rules, Operation.MEDICAL, pairs) is not None


UNDERMINING = [
    ("content-redaction-type", "PII", "pii-entity-types", "PIN"),
    ("content-identification-type", "PII", "pii-entity-types", "PIN"),
    ("vocabulary-filter-name", "swearing", "vocabulary-filter-method", "tag"),
    ("vocabulary-filter-names", "swearing,insults", "vocabulary-filter-method", "tag"),
]


@pytest.mark.parametrize(("name", "value", "lesser", "wish"), UNDERMINING)
@pytest.mark.parametrize(
    "operation", [Operation.STANDARD, Operation.CALL_ANALYTICS], ids=lambda each: each.value
)
def test_a_lock_cannot_be_undermined(
    operation: Operation, name: str, value: str, lesser: str, wish: str
) -> None:
    """Redaction of PINs alone, or a filter that removes nothing, is not what was promised."""
    rules = locking(operation, **{name: value})
    with pytest.raises(Forbidden) as refused:
        rules.complete(operation, [*BASE[operation].items(), (lesser, wish)])
    assert [(each.field, each.code) for each in refused.value.problems] == [(lesser, "locked")]
    bypassed = parse(Operation.STANDARD, {**BASE[Operation.STANDARD], "content-redaction-type": "PII",
                                          "pii-entity-types": "PIN", "vocabulary-filter-name": "swearing",
                                          "vocabulary-filter-method": "tag"})  # fmt: skip
    with pytest.raises(Forbidden, match=lesser):
        rules.check(operation=operation, region="us-east-1", expires_in=None, params=bypassed)


@pytest.mark.parametrize(("name", "value", "lesser", "wish"), UNDERMINING)
def test_only_a_lock_sets_the_lesser(name: str, value: str, lesser: str, wish: str) -> None:
    """A default would be the caller's to change, and with it what the lock promises.

    A file that says so is refused; rules that say so nevertheless give no ticket.
    """
    operation = Operation.STANDARD
    usual = {"pii-entity-types": "ALL", "vocabulary-filter-method": "remove"}[lesser]
    request = next(each for at, each in VALID if at is operation and name in each)
    pairs = [(each, given) for each, given in request.items() if each not in (name, lesser)]
    lenient = Rules(locked={operation: {name: value}}, defaults={operation: {lesser: usual}})
    for asked in (pairs, [*pairs, (lesser, wish)], [*pairs, (lesser, usual)]):
        assert outcome(lenient, operation, asked) is None
    with pytest.raises(Forbidden, match=lesser):
        lenient.complete(operation, [*pairs, (lesser, wish)])
    strict = Rules(locked={operation: {name: value, lesser: usual}}, defaults={operation: {lesser: wish}})
    signed = outcome(strict, operation, pairs)
    assert signed is not None
    assert (signed[name], signed[lesser]) == (value, usual)
    assert outcome(strict, operation, [*pairs, (lesser, wish)]) is None


def test_locked_redaction_keeps_to_languages_that_have_it() -> None:
    """Of French Transcribe redacts nothing, whatever the URL says."""
    operation = Operation.STANDARD
    rules = locking(operation, content_redaction_type="PII")
    unredacted: dict[str, object] = {**BASE[operation], "language-code": "af-ZA"}
    assert outcome(Rules(), operation, list(unredacted.items())) is not None
    assert outcome(rules, operation, list(unredacted.items())) is None
    several: dict[str, object] = {
        "media-encoding": "pcm",
        "sample-rate": 16000,
        "identify-multiple-languages": True,
        "language-options": "en-US,af-ZA",
    }
    assert outcome(Rules(), operation, list(several.items())) is not None
    assert outcome(rules, operation, list(several.items())) is None
    assert outcome(rules, operation, list({**several, "language-options": "en-US,de-DE"}.items())) is not None


def values_for(operation: Operation) -> st.SearchStrategy[tuple[str, object]]:
    """A pair of a name and a value: valid, nearly valid, or anything."""
    valid = [pair for at, request in VALID if at is operation for pair in request.items()]
    anything = st.sampled_from(HOSTILE) | st.text(max_size=6)
    return st.sampled_from(valid) | st.tuples(
        st.sampled_from(sorted(PARAMETERS[operation])) | st.just("region"), anything
    )


@settings(max_examples=400)
@given(data=st.data(), operation=st.sampled_from(Operation))
def test_no_rules_and_no_request_change_a_lock(data: st.DataObject, operation: Operation) -> None:
    """For any locks and defaults, and any pairs: what is signed has every lock as it was set."""
    pairs = st.lists(values_for(operation), max_size=6)
    settled: list[dict[str, object]] = []
    for _ in range(2):
        table = {}
        for name, value in data.draw(pairs):
            try:
                table[name] = PARAMETERS[operation][name].kind.read(value)
            except (Unfit, KeyError):
                continue
        settled.append(table)
    rules = Rules(locked={operation: settled[0]}, defaults={operation: settled[1]})  # type: ignore[dict-item]
    request = [*data.draw(st.sampled_from([list(BASE[operation].items()), []])), *data.draw(pairs)]
    signed = outcome(rules, operation, request)
    if signed is not None:
        for name, value in settled[0].items():
            assert signed[name] == (str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in request:
            if name in PARAMETERS[operation]:
                assert PARAMETERS[operation][name].kind.read(value) == PARAMETERS[operation][name].kind.read(
                    signed[name]
                )
