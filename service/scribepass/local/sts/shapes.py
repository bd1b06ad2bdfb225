"""What the actions take: lengths, ranges and patterns of the service model ``sts/2011-06-15``.

SDKs do not enforce them. A test holds every member against botocore's copy of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["INPUTS", "Many", "Number", "Shape", "Structure", "Text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of so many characters. ``sensitive``: it is in no message."""

    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An integer in a range."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A list of so many members."""

    member: Shape
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Named members."""

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()


Shape = Text | Number | Many | Structure

_NAME = r"[\w+=,.@-]*"
_TAG_CHARACTERS = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]"
_DOCUMENT = r"[\u0009\u000A\u000D\u0020-\u00FF]+"

_ARN = Text(
    least=20,
    most=2048,
    pattern=r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
)
_SESSION_NAME = Text(least=2, most=64, pattern=_NAME)
_ROLE_SECONDS = Number(least=900, most=43_200)
_TOKEN_SIZE = Number(least=0, most=4096)
_POLICY_ARNS = Many(member=Structure(members={"arn": _ARN}))
_TAG_KEY = Text(least=1, most=128, pattern=f"{_TAG_CHARACTERS}+")
_TAG = Structure(
    members={"Key": _TAG_KEY, "Value": Text(least=0, most=256, pattern=f"{_TAG_CHARACTERS}*")},
    required=("Key", "Value"),
)
_CONTEXT = Structure(members={"ProviderArn": _ARN, "ContextAssertion": Text(least=4, most=2048)})
_DEVICE: Mapping[str, Shape] = {
    "SerialNumber": Text(least=9, most=256, pattern=r"[\w+=/:,.@-]*"),
    "TokenCode": Text(least=6, most=6, pattern=r"[\d]*"),
}
_ROLE: Mapping[str, Shape] = {
    "RoleArn": _ARN,
    "RoleSessionName": _SESSION_NAME,
    "PolicyArns": _POLICY_ARNS,
    "DurationSeconds": _ROLE_SECONDS,
    "MinimumSessionTokenSize": _TOKEN_SIZE,
}

INPUTS: Mapping[str, Structure] = {
    "AssumeRole": Structure(
        members={
            **_ROLE,
            **_DEVICE,
            "Policy": Text(least=1, pattern=_DOCUMENT),
            "Tags": Many(member=_TAG, most=50),
            "TransitiveTagKeys": Many(member=_TAG_KEY, most=50),
            "ExternalId": Text(least=2, most=1224, pattern=r"[\w+=,.@:\/-]*"),
            "SourceIdentity": _SESSION_NAME,
            "ProvidedContexts": Many(member=_CONTEXT, least=1, most=5),
        },
        required=("RoleArn", "RoleSessionName"),
    ),
    "AssumeRoleWithWebIdentity": Structure(
        members={
            **_ROLE,
            "WebIdentityToken": Text(least=4, most=20_000, sensitive=True),
            "ProviderId": Text(least=4, most=2048),
            "Policy": Text(least=1, most=2048, pattern=_DOCUMENT),
        },
        required=("RoleArn", "RoleSessionName", "WebIdentityToken"),
    ),
    "GetSessionToken": Structure(
        members={
            **_DEVICE,
            "DurationSeconds": Number(least=900, most=129_600),
            "MinimumSessionTokenSize": _TOKEN_SIZE,
        }
    ),
    "GetCallerIdentity": Structure(members={}),
}
"""The input of each action, by the action's name."""
