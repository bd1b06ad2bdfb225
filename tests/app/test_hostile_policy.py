"""Policies over HTTP: what is locked stays as it is, and nobody reaches into another tenant."""

from itertools import product

import pytest

from scribepass.callers import FirstOf
from scribepass.callers.api_keys import ApiKeys, new_key
from scribepass.policy import Policy, Rules, parse
from scribepass.policy.locks import SUBORDINATE
from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from support.hostile import STRINGS, ask, checked, signed
from support.requests import BASE, VALID
from support.service import Service, service

VALUES: list[object] = [
    *STRINGS[::12],
    True,
    False,
    None,
    0,
    -1,
    16000,
    1.5,
    [],
    ["PII"],
    {"a": 1},
    "PII",
    "true",
]


def locked_values() -> list[tuple[Operation, str, object]]:
    """Each parameter of each operation that can be locked, with a valid value."""
    return [
        (operation, name, next(request[name] for at, request in VALID if at is operation and name in request))
        for operation in Operation
        for name in PARAMETERS[operation]
        if name != "session-id"
    ]


def requests_with(operation: Operation, name: str) -> list[tuple[str, object]]:
    """A request in which ``name`` may stand and is the only thing missing."""
    request = next(each for at, each in VALID if at is operation and name in each)
    apart = {name, "session-id", SUBORDINATE.get(name)}
    stream = [(each, value) for each, value in request.items() if each not in apart]
    return [("operation", operation.value), *stream]


@pytest.mark.parametrize(("operation", "name", "value"), locked_values())
def test_no_ticket_has_a_locked_value_changed(operation: Operation, name: str, value: object) -> None:
    """Locked times supplied: every parameter, left out, repeated and in every disguise, on both ways in."""
    rules = Rules(locked={operation: {name: PARAMETERS[operation][name].kind.read(value)}})
    it = service(operations=tuple(Operation), policy=Policy(default=rules))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    pairs = requests_with(operation, name)
    for where in ("query", "body"):
        answer = ask(it, pairs, where=where)
        assert checked(answer) < 300, answer.text
        assert signed(answer, operation=operation, region="us-east-1")[name] == text
        for wish in VALUES:
            for asked in ([*pairs, (name, wish)], [(name, value), *pairs, (name, wish)]):
                answer = ask(it, asked, where=where)
                if checked(answer) < 300:
                    assert asked[0] == pairs[0]
                    assert signed(answer, operation=operation, region="us-east-1")[name] == text


@pytest.fixture(scope="module")
def tenants() -> dict[str, Service]:
    """Two callers of one service, each with a prefix of its own."""
    policy = parse("""
        [default]
        vocabularies = []
        vocabulary_filters = []
        language_models = []
        [class.acme]
        vocabularies = ["acme-"]
        vocabulary_filters = ["acme-"]
        language_models = ["acme-"]
        [class.umbra]
        vocabularies = ["umbra-"]
        vocabulary_filters = ["umbra-"]
        language_models = ["umbra-"]
        [callers]
        acme-web = "acme"
        umbra-web = "umbra"
    """)
    keys = {name: new_key("test", caller=f"{name}-web") for name in ("acme", "umbra", "other")}
    known = FirstOf(ApiKeys([record for _, record in keys.values()]))
    found = {}
    for name, (key, _) in keys.items():
        found[name] = service(policy=policy, authenticator=known)
        found[name].client.environ_base["HTTP_X_API_KEY"] = key
    return found


SPOKEN = [*BASE[Operation.STANDARD].items()]
SEVERAL = [("media-encoding", "pcm"), ("sample-rate", 16000), ("identify-language", "true"),
           ("language-options", "en-US,fr-FR")]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "base"),
    [("vocabulary-name", SPOKEN), ("vocabulary-filter-name", SPOKEN), ("language-model-name", SPOKEN),
     ("vocabulary-names", SEVERAL), ("vocabulary-filter-names", SEVERAL)],
)  # fmt: skip
def test_two_tenants_and_every_name(
    tenants: dict[str, Service], field: str, base: list[tuple[str, object]]
) -> None:
    """A name of one's own is signed; another's, and one that nobody has, get the same 403 to the letter."""
    said = set()
    names = ["acme-1", "umbra-1", "acme1", "ACME-1", "nobodys", "umbra-acme-1"]
    for tenant, name in product(tenants, names):
        it = tenants[tenant]
        answer = it.client.post("/presign", json=dict([*base, (field, name)]))
        if name.startswith(f"{tenant}-"):
            assert checked(answer) == 201
        else:
            assert checked(answer) == 403, (tenant, name)
            said.add(answer.text.replace(answer.headers["X-Request-Id"], ""))
    assert len(said) == 1
    assert not any(name in text for name in names for text in said)
