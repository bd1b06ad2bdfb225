"""JSON bodies from dataclasses and back: tolerant of what AWS may add, strict in what is there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.transcribe.bodies import always, dump, load, named, read, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    whole_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    text: str
    number: float | None = None
    flag: bool | None = None
    key_id: str | None = named("KeyID")
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    always_there: tuple[str, ...] = always()
    by_name: Mapping[str, Leaf] = always(dict)


FULL = Tree(
    text="héllo",
    number=0.5,
    flag=False,
    key_id="k",
    leaf=Leaf(whole_number=1),
    leaves=(Leaf(whole_number=2), Leaf(whole_number=3)),
    always_there=("a",),
    by_name={"x": Leaf(whole_number=4)},
)
FULL_BODY = {
    "Text": "héllo",
    "Number": 0.5,
    "Flag": False,
    "KeyID": "k",
    "Leaf": {"WholeNumber": 1},
    "Leaves": [{"WholeNumber": 2}, {"WholeNumber": 3}],
    "AlwaysThere": ["a"],
    "ByName": {"x": {"WholeNumber": 4}},
}


def test_a_full_record_both_ways():
    """Members are the fields' names in PascalCase, but where a field names its own."""
    assert write(FULL) == FULL_BODY
    assert read(Tree, FULL_BODY) == FULL


def test_absent_members():
    """None and an empty tuple are left out, but where AWS always writes a list; read, they are defaults."""
    assert write(Tree(text="")) == {"Text": "", "AlwaysThere": [], "ByName": {}}
    assert read(Tree, {"Text": "", "Number": None, "Leaves": None, "ByName": None, "New": {}}) == Tree(
        text=""
    )


def test_a_whole_number_is_a_number():
    """AWS writes 1 for 1.0; the field is a float either way."""
    number = read(Tree, {"Text": "", "Number": 1}).number
    assert (number, type(number)) == (1.0, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Text": None}, "Text is missing"),
        ({"Text": 1}, "Text is not text"),
        ({"Text": "\ud800"}, "Text has half of a surrogate pair"),
        ({"Number": "1"}, "Number is not a finite number"),
        ({"Number": True}, "Number is not a finite number"),
        ({"Number": float("inf")}, "Number is not a finite number"),
        ({"Number": 10**400}, "Number is not a finite number"),
        ({"Flag": 1}, "Flag is not true or false"),
        ({"Leaf": []}, "Leaf is not an object"),
        ({"Leaf": {}}, "WholeNumber is missing"),
        ({"Leaf": {"WholeNumber": True}}, "WholeNumber is not a whole number"),
        ({"Leaf": {"WholeNumber": 1.5}}, "WholeNumber is not a whole number"),
        ({"Leaves": {}}, "Leaves is not a list"),
        ({"Leaves": [None]}, "Leaves is not an object"),
        ({"ByName": []}, "ByName is not an object"),
        ({"ByName": {"x": 1}}, "ByName is not an object"),
        ({"ByName": {"\ud800": {"WholeNumber": 4}}}, "ByName has half of a surrogate pair"),
        ({"AlwaysThere": [1]}, "AlwaysThere is not text"),
    ],
)
def test_a_member_of_the_wrong_type_is_the_peers_fault(change, message):
    """The error names the member, and never the value."""
    with pytest.raises(RemoteProtocolError, match=f"^{message}$") as refused:
        read(Tree, FULL_BODY | change)
    assert refused.value.kind is Violation.PAYLOAD


@pytest.mark.parametrize(
    "payload",
    [
        *(
            b"",
            b"{",
            b"[]",
            b"1",
            b"null",
            b'"x"',
            b"\xff",
            b"{}x",
            b"\xef\xbb\xbf{}",
            '{"a":1}'.encode("utf-16"),
        ),
        *(b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":' + b"9" * 5000 + b"}"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_what_is_no_json_object_is_the_peers_fault(payload):
    """Neither depth nor length nor other encodings escape as another exception."""
    with pytest.raises(RemoteProtocolError) as refused:
        load(payload)
    assert refused.value.kind is Violation.PAYLOAD


def test_json_is_written_without_blanks_in_utf8():
    """As AWS writes it."""
    assert dump({"a": [1.5, "é"], "b": {}}) == '{"a":[1.5,"é"],"b":{}}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udfff"])
def test_what_json_cannot_hold_is_our_fault(value):
    """Nothing is sent that the peer could not read."""
    with pytest.raises(LocalProtocolError):
        dump({"a": value})


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(sorted(FULL_BODY)), inner)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(FULL_BODY)), JSON))
def test_any_json_is_read_or_refused(change):
    """And what is read can be written again, to the same record."""
    payload = json.dumps(FULL_BODY | change).encode()
    try:
        tree = read(Tree, load(payload))
    except RemoteProtocolError as refused:
        kind = refused.kind
    else:
        kind = Violation.PAYLOAD
        assert read(Tree, load(dump(write(tree)))) == tree
    assert kind is Violation.PAYLOAD
