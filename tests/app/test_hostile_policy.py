"""Policies over HTTP: what is locked stays as it is, nobody reaches into another tenant, offers are kept."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scribepass.app import build_parts
from scribepass.callers import FirstOf
from scribepass.callers.api_keys import ApiKeys, new_key
from scribepass.errors import SettingsError
from scribepass.policy import Policy, Rules, parse
from scribepass.policy.locks import SUBORDINATE
from scribepass.settings import Settings
from scribepass.transcribe import Operation, languages_of
from scribepass.transcribe.parameters import PARAMETERS
from support.hostile import STRINGS, ask, checked, signed
from support.requests import BASE, VALID
from support.service import BEARER, Service, service

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


REGIONS = ("af-south-1", "eu-west-1")
"""The first has not every language."""

LANGUAGES = ("af-ZA", "am-ET", "de-DE", "en-US")
"""Of which two are never redacted, one is not in every region, one is not of every operation."""

OFFERS = {
    "everything": "",
    "lists": """
        operations = ["standard", "call-analytics"]
        regions = ["eu-west-1"]
        languages = ["am-ET", "de-DE"]
        encodings = ["flac", "g729"]
    """,
    "no operation": "operations = []",
    "no region": "regions = []",
    "no language": "languages = []",
    "no encoding": "encodings = []",
    "one language": "locked = { language-code = 'en-US' }",
    "one language of one operation": "locked = { standard = { language-code = 'de-DE' } }",
    "a language that one region lacks": "operations = ['standard']\nlocked = { language-code = 'am-ET' }",
    "one encoding": "locked = { media-encoding = 'flac' }",
    "one encoding, one language, one rate": """
        locked = { media-encoding = "ogg-opus", language-code = "en-US", sample-rate = 48000 }
        defaults = { standard = { media-encoding = "pcm" }, call-analytics = { language-code = "de-DE" } }
    """,
    "redaction": """
        operations = ["standard", "call-analytics"]
        locked = { content-redaction-type = "PII", pii-entity-types = "ALL" }
        defaults = { language-code = "de-DE", identify-language = false }
    """,
    "a language that is found out": """
        operations = ["standard", "call-analytics"]
        locked = { identify-language = true, language-options = "en-US,de-DE" }
    """,
    "that, by default": """
        operations = ["standard"]
        [default.defaults]
        identify-language = true
        language-options = "en-US,de-DE"
        preferred-language = "de-DE"
        vocabulary-names = "one,two"
    """,
    "half of two": "operations = ['standard']\nlocked = { number-of-channels = 2 }",
    "half by default": """
        operations = ["standard", "medical"]
        locked = { number-of-channels = 2 }
        defaults = { enable-channel-identification = true, show-speaker-label = false }
    """,
    "types of what is not redacted": "locked = { standard = { pii-entity-types = 'PIN' } }",
    "medicine": "locked = { medical = { specialty = 'UROLOGY', type = 'DICTATION' } }",
    "defaults of everything": """
        max_expires_in = 15
        [default.defaults]
        sample-rate = 16000
        media-encoding = "flac"
        vocabulary-name = "one"
        vocabulary-filter-name = "two"
        vocabulary-filter-method = "mask"
        language-model-name = "three"
        partial-results-stability = "high"
        enable-partial-results-stabilization = true
        show-speaker-label = true
        content-redaction-type = "PII"
        transcript-format = "spoken"
        specialty = "ONCOLOGY"
    """,
}


def least(operation: Operation, locked: dict[str, Any], **asked: str) -> dict[str, object]:
    """The shortest request for this, without what the service sets."""
    set_there = locked.get(operation.value, {}).keys()
    rest = {name: value for name, value in BASE[operation].items() if name not in set_there}
    named = {name.replace("_", "-"): value for name, value in asked.items()}
    return {**rest, "operation": operation.value, **named}


@pytest.mark.parametrize("text", OFFERS.values(), ids=OFFERS.keys())
def test_what_the_catalogue_offers_is_what_gets_a_ticket(text: str) -> None:
    """Each operation, region, language and encoding that go together there, and none that do not."""
    it = service(
        settings={"region": REGIONS[0], "regions": ",".join(REGIONS)},
        operations=tuple(Operation),
        policy=parse(f"[default]\n{text}", regions=REGIONS),
    )
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    schemas = it.client.get("/openapi.json").json["components"]["schemas"]
    Draft202012Validator(schemas["Catalogue"]).validate(found)
    assert found["default_region"] in (found["regions"] or [None])
    offered = {
        (operation, region, language["code"], encoding)
        for language in found["languages"]
        for operation, region, encoding in product(
            language["operations"], language["regions"], found["encodings"]
        )
    }
    assert {operation for operation, *_ in offered} <= {*found["operations"]}
    assert {region for _, region, *_ in offered} <= {*found["regions"]}
    for operation, region, encoding in product(Operation, REGIONS, ("pcm", "ogg-opus", "flac")):
        for language in {*LANGUAGES} & {each.code for each in languages_of(operation)}:
            asked = least(
                operation, found["locked"], region=region, language_code=language, media_encoding=encoding
            )
            expected = (operation.value, region, language, encoding) in offered
            assert (it.post(asked).status_code == 201) == expected, asked


@pytest.mark.parametrize("member", ["operations = ['medical']", "regions = ['us-west-2']"])
def test_a_policy_that_shuts_everybody_out_by_mistake_starts_nothing(tmp_path: Path, member: str) -> None:
    """What is vended is a matter of the settings, which the file is held against."""
    path = tmp_path / "policy.toml"
    path.write_text(f"[default]\n{member}\n")
    settings = {"env": "local", "anonymous": True, "credential_mode": "ambient", "policy_file": path}
    with pytest.raises(SettingsError, match="has nothing of what is vended here"):
        build_parts(Settings.model_validate({**settings, "region": "eu-west-1"}))
    build_parts(Settings.model_validate({**settings, "region": "us-west-2", "operations": "medical"}))
