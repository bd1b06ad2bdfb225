"""The input of STS, held against botocore's copy of the service model, by member and through the wire."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from scribepass.local.server import LocalAws
from scribepass.local.sts.input import read
from scribepass.local.sts.patterns import matches
from scribepass.local.sts.shapes import INPUTS, Many, Number, Structure, Text
from support.local_sts import call, client, fault
from support.streaming import local_aws

MODEL = ServiceModel(Loader().load_service_model("sts", "service-2", "2011-06-15"), "sts")
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/vend", "RoleSessionName": "me"}
GOOD: dict[str, dict[str, Any]] = {
    "AssumeRole": ROLE,
    "AssumeRoleWithWebIdentity": {**ROLE, "WebIdentityToken": "a.b.c"},
    "GetSessionToken": {},
    "GetCallerIdentity": {},
}
METHODS = {
    "AssumeRole": "assume_role",
    "AssumeRoleWithWebIdentity": "assume_role_with_web_identity",
    "GetSessionToken": "get_session_token",
}
UNFIT = {
    r"[\w+=,.@-]*": " ",
    r"[\w+=/:,.@-]*": "%",
    r"[\w+=,.@:\/-]*": "é",
    r"[\d]*": "a",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+": "&",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": "\n",
    r"[\u0009\u000A\u000D\u0020-\u00FF]+": "ā",
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+": "\x01",
}
"""A character that each pattern of the model does not have."""


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


def of_botocore(shape: Shape) -> object:
    """A shape of the model in our terms."""
    said = shape.metadata
    bounds = {"least": said.get("min"), "most": said.get("max")}
    if isinstance(shape, StructureShape):
        members = {name: of_botocore(member) for name, member in shape.members.items()}
        return Structure(members=members, required=tuple(shape.required_members))
    if isinstance(shape, ListShape):
        return Many(member=of_botocore(shape.member), **bounds)
    if shape.type_name == "integer":
        return Number(**bounds)
    assert shape.type_name == "string"
    return Text(**bounds, pattern=said.get("pattern"), sensitive=bool(said.get("sensitive")))


@pytest.mark.parametrize("action", INPUTS)
def test_the_shapes_are_the_models(action: str) -> None:
    """Each member that the model has, with each of its constraints, and nothing else."""
    shape = MODEL.operation_model(action).input_shape
    assert shape is not None
    assert INPUTS[action] == of_botocore(shape)


def test_every_word_of_the_model_is_looked_at() -> None:
    """No constraint of another kind hides in the members."""
    words = {word for action in INPUTS for _, shape in leaves(action) for word in shape.metadata}
    assert words <= {"min", "max", "pattern", "sensitive", "required", "enum", "document"}
    assert not any(shape.metadata.get("enum") for action in INPUTS for _, shape in leaves(action))


Path = tuple[str, ...]


def leaves(action: str) -> Iterator[tuple[Path, Shape]]:
    """Every member, and every member of a member; a list's are below ``*``."""

    def below(path: Path, shape: Shape) -> Iterator[tuple[Path, Shape]]:
        if path:
            yield path, shape
        if isinstance(shape, StructureShape):
            for name, member in shape.members.items():
                yield from below((*path, name), member)
        elif isinstance(shape, ListShape):
            yield from below((*path, "*"), shape.member)

    shape = MODEL.operation_model(action).input_shape
    assert shape is not None
    yield from below((), shape)


def put(action: str, path: Path, value: object) -> dict[str, Any]:
    """Good parameters but for ``value`` at ``path``."""
    beside = {"Tags": {"Key": "k", "Value": "v"}, "ProvidedContexts": {}, "PolicyArns": {}}
    for name in reversed(path[1:]):
        value = [value] if name == "*" else {**beside.get(path[0], {}), name: value}
    return {**GOOD[action], path[0]: value}


def where(path: Path) -> str:
    """What AWS calls a place."""
    steps = ["1.member" if name == "*" else name[0].lower() + name[1:] for name in path]
    return ".".join(steps)


def sized(shape: Shape, size: int) -> object:
    if isinstance(shape, ListShape):
        return [filled(shape.member, number) for number in range(size)]
    return size if shape.type_name == "integer" else ("1" if shape.name == "tokenCodeType" else "a") * size


def filled(shape: Shape, number: int) -> object:
    """A member of a list that is good in itself, each another."""
    if isinstance(shape, StructureShape):
        return {name: filled(member, number) for name, member in shape.members.items()}
    return f"{number:a>{max(shape.metadata.get('min', 1), 4)}}"


def breaches() -> Iterator[tuple[str, str, Path, object, str]]:
    """Each constraint of the model broken once: by one too few or too many, or by one wrong character."""
    for action in METHODS:
        for path, shape in leaves(action):
            what = "value" if shape.type_name == "integer" else "length"
            least, most, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
            if least is not None and (least > 0 or what == "value"):
                text = f"Member must have {what} greater than or equal to {least}"
                yield action, "min", path, sized(shape, least - 1), text
            if most is not None:
                text = f"Member must have {what} less than or equal to {most}"
                yield action, "max", path, sized(shape, most + 1), text
            if pattern is not None:
                text = f"Member must satisfy regular expression pattern: {pattern}"
                filler = "1" if shape.name == "tokenCodeType" else "a"
                yield action, "pattern", path, filler * max(least - 1, 0) + UNFIT[pattern], text


BREACHES = {
    f"{action} {'.'.join(path)} {kind}": row for row in breaches() for action, kind, path, *_ in [row]
}


@pytest.mark.parametrize(("action", "_kind", "path", "value", "text"), BREACHES.values(), ids=BREACHES)
async def test_each_constraint_is_kept(
    local: LocalAws, action: str, _kind: str, path: Path, value: object, text: str
) -> None:
    """It is said in AWS's words what is broken, and of nothing else; botocore itself lets it through."""
    code, message, status = await fault(client(local), METHODS[action], **put(action, path, value))
    assert (code, status) == ("ValidationError", 400)
    faults = message.partition(" detected: ")[2].split("; ")
    start = f" at '{where(path)}' failed to satisfy constraint: "
    assert all(start in each for each in faults)
    assert text in [each.partition(start)[2] for each in faults]
    assert len(faults) == (2 if value == "" else 1)  # nothing fits no pattern that ends in a plus


def test_there_is_a_breach_for_each_constraint() -> None:
    """The table above is not empty by mistake."""
    assert len(BREACHES) > 60
    assert {row[1] for row in BREACHES.values()} == {"min", "max", "pattern"}


BOUNDS = {
    f"{action} {'.'.join(path)} {word}": (action, path, shape, shape.metadata[word])
    for action in METHODS
    for path, shape in leaves(action)
    for word in ("min", "max")
    if word in shape.metadata
}


@pytest.mark.parametrize(("action", "path", "shape", "size"), BOUNDS.values(), ids=BOUNDS)
def test_each_bound_belongs_to_what_is_allowed(action: str, path: Path, shape: Shape, size: int) -> None:
    """Exactly as much as the model says is taken."""
    given = put(action, path, sized(shape, size))
    assert read(dict(flat(given)), INPUTS[action]) == given


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """As the Query protocol writes it."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from flat(member, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from flat(member, f"{name}.member.{number}")
    else:
        yield name, str(value)


REQUIRED = {
    "a role": ("AssumeRole", {"RoleSessionName": "me"}, "roleArn"),
    "a session name": ("AssumeRole", {"RoleArn": ROLE["RoleArn"]}, "roleSessionName"),
    "a tag's key": ("AssumeRole", {**ROLE, "Tags": [{"Value": "v"}]}, "tags.1.member.key"),
    "a tag's value": ("AssumeRole", {**ROLE, "Tags": [{"Key": "k"}]}, "tags.1.member.value"),
    "a role for a web identity": (
        "AssumeRoleWithWebIdentity",
        {"RoleSessionName": "me", "WebIdentityToken": "a.b.c"},
        "roleArn",
    ),
    "a token": ("AssumeRoleWithWebIdentity", ROLE, "webIdentityToken"),
}


@pytest.mark.parametrize(("action", "parameters", "at"), REQUIRED.values(), ids=REQUIRED)
async def test_what_is_required(local: LocalAws, action: str, parameters: dict[str, object], at: str) -> None:
    """Without it there is one fault that says so."""
    message = f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
    refused = await fault(client(local), METHODS[action], **parameters)
    assert refused == ("ValidationError", f"1 validation error detected: {message}", 400)


async def test_a_token_is_in_no_message(local: LocalAws) -> None:
    """Of what the model calls sensitive only the place is said."""
    token = "secret" * 4000
    _, message, _ = await fault(
        client(local), "assume_role_with_web_identity", **ROLE, WebIdentityToken=token
    )
    assert "secret" not in message


async def test_tags_of_all_alphabets(local: LocalAws) -> None:
    """Letters, digits and spaces of Unicode are among what tags are made of."""
    tags = [{"Key": "équipe 组", "Value": "٣ Ω\u00a0𝐱"}]
    assert await call(client(local), "assume_role", **ROLE, Tags=tags)


FITS = {
    "a letter beyond the BMP": (r"[\p{L}]+", "𐍈", True),
    "a symbol": (r"[\p{L}\p{Z}\p{N}]+", "€", False),
    "a combining mark": (r"[\p{L}\p{Z}\p{N}]+", "e\u0301", False),
    "a control character": (r"[\p{Z}]+", "\t", False),
    "NUL": (r"[\p{L}]+", "\0", False),
    "digits of another alphabet are no \\d": (r"[\d]*", "٣", False),
    "a newline at the end": (r"[\w]*", "a\n", False),
    "the last code point": (r"[\u10000-\u10FFFF]+", "\U0010ffff", True),
    "the first beyond the BMP": (r"[\u10000-\u10FFFF]+", "\U00010000", True),
    "the last of the BMP": (r"[\u10000-\u10FFFF]+", "\uffff", False),
    "a surrogate": (r"[\uE000-\uFFFD]+", "\ud800", False),
}


@pytest.mark.parametrize(("pattern", "text", "fits"), FITS.values(), ids=FITS)
def test_patterns(pattern: str, text: str, *, fits: bool) -> None:
    """What Java's classes and code points are in the patterns of AWS."""
    assert matches(pattern, text) is fits
