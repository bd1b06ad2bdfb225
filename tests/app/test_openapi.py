"""The OpenAPI document: valid, complete, and true of the service that serves it."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource

from scribepass.app.guard import OPEN_ENDPOINTS
from scribepass.app.kinds import every_kind
from scribepass.app.openapi import document
from scribepass.errors import InvalidParameters
from scribepass.transcribe import Operation, parse
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.vending import Deployment
from support.service import ASKED, BEARER, Service, service

Json = dict[str, Any]

EVERYTHING = Deployment(
    operations=tuple(Operation),
    regions=("eu-west-1", "us-east-1"),
    default_region="eu-west-1",
    max_expires_in=120,
)
DOCUMENT = document(EVERYTHING)
REQUESTS = {
    Operation.STANDARD: "StandardRequest",
    Operation.MEDICAL: "MedicalRequest",
    Operation.CALL_ANALYTICS: "CallAnalyticsRequest",
}
TICKET_ID = f"tk_{'A' * 56}"
SESSION_ID = "4b1f2d3c-0000-4000-8000-000000000000"
UNROUTED = {"not_found", "method_not_allowed"}
"""What is answered where no operation is."""


def validator(pointer: str, *, of: Json = DOCUMENT) -> Draft202012Validator:
    """For what stands there in a document."""
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(of, default_specification=_JSON_SCHEMA)
    )
    return Draft202012Validator(
        {"$ref": f"urn:document#/{pointer}"}, registry=registry, format_checker=FormatChecker()
    )


_JSON_SCHEMA = Resource.from_contents({"$schema": Draft202012Validator.META_SCHEMA["$id"]})._specification


def operations(of: Json = DOCUMENT) -> Iterator[tuple[str, str, Json]]:
    for path, methods in of["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_is_openapi_3_1(count: int) -> None:
    """Valid by its specification, whatever is vended, and JSON through and through."""
    made = document(
        Deployment(operations=tuple(Operation)[:count], regions=("us-east-1",), default_region="us-east-1")
    )
    assert made == json.loads(json.dumps(made))
    assert made["openapi"].startswith("3.1.")
    validate(made)
    assert list(made["components"]["schemas"])[:count] == list(REQUESTS.values())[:count]


def test_everybody_can_read_it(it: Service) -> None:
    """Without a key, and with the headers of every other answer."""
    answer = it.client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == document(it.vendor.deployment)
    assert answer.headers["Cache-Control"] == "no-store"
    assert it.client.post("/openapi.json").status_code == 405


def test_it_has_every_path_and_method(it: Service) -> None:
    """Of the service, and says of each whether it needs a credential. The pages for people are no API."""
    pages = {"page", "docs", "docs_css"}
    rules = [rule for rule in it.app.url_map.iter_rules() if rule.endpoint not in pages]
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method): rule.endpoint in OPEN_ENDPOINTS
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        (path, method): operation.get("security") == [] for path, method, operation in operations()
    }


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.code)
def test_every_error_has_an_example(kind: Any) -> None:
    """As it is answered, with the status under which it stands, at an operation that can have it."""
    example = DOCUMENT["components"]["examples"][kind.code]["value"]
    assert (example["code"], example["status"]) == (kind.code, kind.status)
    validator("components/schemas/Problem").validate(example)
    reference = {"$ref": f"#/components/examples/{kind.code}"}
    statuses = {
        status
        for _, _, operation in operations()
        for status, response in operation["responses"].items()
        for media in response.get("content", {}).values()
        if media.get("examples", {}).get(kind.code) == reference
    }
    assert statuses == (set() if kind.code in UNROUTED else {str(kind.status.value)})


def test_errors_that_list_faults_show_some() -> None:
    """Every fault at once is the promise; the examples keep it."""
    faults = {
        code: {(each["field"], each["code"]) for each in example["value"].get("problems", ())}
        for code, example in DOCUMENT["components"]["examples"].items()
    }
    assert {code: found for code, found in faults.items() if found} == {
        "invalid_parameters": {
            ("langage-code", "unknown"),
            ("media-encoding", "value"),
            ("language-code", "required"),
        },
        "forbidden": {("show-speaker-label", "locked")},
    }


def test_every_other_example_is_as_its_schema_says() -> None:
    """Of requests and of answers."""
    for path, method, operation in operations():
        at = f"paths/{path.replace('/', '~1')}/{method.lower()}"
        if "requestBody" in operation:
            media = operation["requestBody"]["content"]["application/json"]
            validator(f"{at}/requestBody/content/application~1json/schema").validate(media["example"])
        for status, response in operation["responses"].items():
            media = response.get("content", {}).get("application/json", {})
            if "example" in media:
                pointer = f"{at}/responses/{status}/content/application~1json/schema"
                validator(pointer).validate(media["example"])


@pytest.mark.parametrize("operation", list(Operation), ids=lambda each: each.value)
def test_what_it_shows_is_served(operation: Operation) -> None:
    """Each example of a request gets a ticket; the ticket is one by the document."""
    it = service(operations=tuple(Operation))
    made = document(it.vendor.deployment)
    for example in made["components"]["schemas"][REQUESTS[operation]]["examples"]:
        answer = it.post(example)
        assert answer.status_code == 201, answer.text
        validator("components/schemas/Ticket", of=made).validate(answer.json)


def test_a_ticket_of_ours_goes_on(it: Service) -> None:
    """Its id is one by the document, and so is the request that names it."""
    earlier = it.post().json
    assert earlier is not None
    asked = {**ASKED, "ticket-id": earlier["ticket_id"], "session-id": earlier["session_id"]}
    made = document(it.vendor.deployment)
    validator("components/schemas/StandardRequest", of=made).validate(asked)
    answer = it.post(asked)
    assert answer.json is not None
    assert answer.json["session_id"] == earlier["session_id"]


def test_the_catalogue_is_as_it_says(it: Service) -> None:
    """Every member of it, and no other."""
    answer = it.client.get("/catalogue", headers=BEARER)
    validator("components/schemas/Catalogue", of=document(it.vendor.deployment)).validate(answer.json)


def test_it_follows_the_deployment() -> None:
    """Regions, life of a URL and defaults are those that are vended."""
    found = DOCUMENT["components"]["schemas"]["StandardRequest"]["properties"]
    assert found["region"]["enum"] == ["eu-west-1", "us-east-1"]
    assert found["region"]["default"] == "eu-west-1"
    assert (found["expires-in"]["minimum"], found["expires-in"]["maximum"]) == (15, 120)


@pytest.mark.parametrize("operation", list(Operation), ids=lambda each: each.value)
def test_it_names_every_parameter(operation: Operation) -> None:
    """Of AWS's, each with what it means; and ours."""
    found = DOCUMENT["components"]["schemas"][REQUESTS[operation]]["properties"]
    ours = {"operation", "region", "expires-in", "client-reference-id", "ticket-id"}
    assert found.keys() == PARAMETERS[operation].keys() | ours
    assert all(each["description"] for each in found.values())


@pytest.mark.parametrize(
    ("names", "sound"),
    [
        pytest.param({}, True, id="neither"),
        pytest.param({"ticket-id": TICKET_ID}, True, id="the ticket"),
        pytest.param({"ticket-id": TICKET_ID, "session-id": SESSION_ID}, True, id="both"),
        pytest.param({"session-id": SESSION_ID}, False, id="a session of nobody"),
        pytest.param({"X-Amz-Expires": "60"}, False, id="a name of the signature"),
        pytest.param({"expires-in": 121}, False, id="too long a life"),
    ],
)
def test_our_own_names(names: Json, sound: bool) -> None:
    """A session is named with its ticket only, and no other names are known."""
    assert validator("components/schemas/StandardRequest").is_valid({**ASKED, **names}) is sound


CHOSEN: Json = {
    "language-code": "en-US",
    "identify-language": True,
    "language-options": "en-US,de-DE",
    "preferred-language": "en-US",
    "vocabulary-name": "v",
    "vocabulary-names": "v,w",
    "vocabulary-filter-name": "f",
    "vocabulary-filter-names": "f,g",
    "vocabulary-filter-method": "mask",
    "enable-partial-results-stabilization": True,
    "partial-results-stability": "high",
    "content-identification-type": "PII",
    "content-redaction-type": "PII",
    "pii-entity-types": "NAME, PHONE",
    "language-model-name": "m",
    "identify-multiple-languages": True,
    "show-speaker-label": True,
    "enable-channel-identification": True,
    "number-of-channels": 2,
    "transcript-format": "spoken",
    "specialty": "UROLOGY",
    "type": "DICTATION",
}
REQUIRED: Json = {"media-encoding": "flac", "sample-rate": 48000}


def asked_of(operation: Operation) -> Iterator[Json]:
    """Every choice of up to three parameters, and some larger ones; booleans true and false."""
    base = REQUIRED | (
        {"specialty": "UROLOGY", "type": "DICTATION"} if operation is Operation.MEDICAL else {}
    )
    own = {name: value for name, value in CHOSEN.items() if name in PARAMETERS[operation]}
    if operation is Operation.MEDICAL:
        own["content-identification-type"] = "PHI"
    pairs = [*own.items(), *((name, False) for name, value in own.items() if value is True)]
    for size in range(4):
        for chosen in itertools.combinations(pairs, size):
            yield base | dict(chosen)
    dice = random.Random(5)
    for _ in range(1500):
        asked = base | dict(dice.sample(pairs, dice.randint(4, len(pairs))))
        asked["media-encoding"] = dice.choice(["pcm", "ogg-opus"])
        yield asked


def served(operation: Operation, asked: Json) -> bool:
    try:
        parse(operation, asked)
    except InvalidParameters:
        return False
    return True


@pytest.mark.parametrize("operation", list(Operation), ids=lambda each: each.value)
def test_the_schema_has_the_rules_between_parameters(operation: Operation) -> None:
    """A combination is valid by the document exactly if it is served."""
    valid = validator(f"components/schemas/{REQUESTS[operation]}").is_valid
    named = {} if operation is Operation.STANDARD else {"operation": operation.value}
    found = {True: 0, False: 0}
    for asked in asked_of(operation):
        outcome = served(operation, asked)
        assert valid(asked | named) is outcome, asked
        found[outcome] += 1
    assert min(found.values()) > 50, found


@pytest.mark.parametrize(
    ("name", "value", "sound"),
    [
        ("pii-entity-types", "NAME", True),
        ("pii-entity-types", " NAME , PIN", True),
        ("pii-entity-types", "NAMES", False),
        ("pii-entity-types", "NAME,", False),
        ("language-options", "en-US,de-DE", True),
        ("language-options", "en-US, de-DE", False),
        ("language-options", "en-US", False),
        ("language-options", "en-US,xx-XX", False),
    ],
)
def test_lists_name_what_is_known(name: str, value: str, sound: bool) -> None:
    """The pattern of a list is as narrow as the reader of it."""
    assert validator(f"components/schemas/StandardRequest/properties/{name}").is_valid(value) is sound
