"""JSON Web Tokens in compact form (RFC 7519, RFC 7515 section 7.1), read strictly and not yet verified."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .refusals import Reason, Refused

__all__ = ["KID", "MAX_TOKEN", "Token", "json_object"]

MAX_TOKEN = 8192
"""Characters; what is longer is not read at all."""

KID = re.compile(r"[\x20-\x7e]{1,128}")
"""What may name a key: printable ASCII. It is looked up in a dict and used for nothing else."""

_COMPACT = re.compile(r"(?P<header>[\w-]+)\.(?P<payload>[\w-]+)\.[\w-]+", re.ASCII)
_CHANGES_WHAT_IS_SIGNED = frozenset({"b64", "crit", "cty", "enc", "zip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token's text, its header, and the ``iss`` that it claims, which only chooses the keys to verify with.

    Headers that bring or locate a key (jwk, jku, x5c, x5u) are read by nobody.
    """

    text: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    iss: str

    @classmethod
    def read(cls, text: str) -> Token:
        """The token that ``text`` is, of three parts that are not empty, in base64url without padding.

        Raises:
            Refused: it is too long, or no such token, or its header changes what is signed.
        """
        if len(text) > MAX_TOKEN:
            raise Refused(Reason.TOO_LONG)
        match = _COMPACT.fullmatch(text)
        if match is None:
            raise Refused(Reason.MALFORMED)
        header, claims = _segment(match["header"]), _segment(match["payload"])
        if header.keys() & _CHANGES_WHAT_IS_SIGNED:
            raise Refused(Reason.HEADER)
        iss = claims.get("iss")
        if not isinstance(iss, str):
            raise Refused(Reason.CLAIMS)
        return cls(text=text, header=header, iss=iss)

    def algorithm(self, allowed: frozenset[str]) -> str:
        """The algorithm that it names. Refused unless it is one of ``allowed``."""
        algorithm = self.header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in allowed:
            raise Refused(Reason.ALGORITHM)
        return algorithm

    def kid(self) -> str:
        """The name of its key. Refused if it has none, or not one that `KID` matches."""
        kid = self.header.get("kid")
        if not isinstance(kid, str) or not KID.fullmatch(kid):
            raise Refused(Reason.KID)
        return kid

    def typ(self) -> str | None:
        """Its type in lower case, without ``application/`` (RFC 7515, 4.1.9); None if it names none."""
        typ = self.header.get("typ")
        if typ is not None and not isinstance(typ, str):
            raise Refused(Reason.TYP)
        return None if typ is None else typ.lower().removeprefix("application/")


def json_object(text: bytes) -> dict[str, Any]:
    """The JSON object that ``text`` is: UTF-8, no name twice, neither NaN nor Infinity.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(text.decode(), object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 (all of its faults are one to the caller)
    return found


def _segment(encoded: str) -> dict[str, Any]:
    try:
        return json_object(base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_"))
    except ValueError as error:
        raise Refused(Reason.MALFORMED) from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _refuse_constant(_text: str) -> NoReturn:
    raise ValueError("no number of JSON")
