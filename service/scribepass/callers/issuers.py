"""The issuers of tokens that are trusted: a TOML file, read once.

::

    [issuers.corp]
    issuer = "https://login.example.com/"
    jwks_uri = "https://login.example.com/jwks"
    audience = ["https://scribepass.example.com"]
    required_scopes = ["transcribe"]

    [issuers.cognito]
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
    jwks_uri = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE/.well-known/jwks.json"
    client_ids = ["1example23456789"]
    token_use = "access"
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from scribepass.errors import SettingsError

from .issuer_tables import fault, read_tables

__all__ = ["ALGORITHMS", "Algorithm", "Issuer", "read_issuers"]

_ACCESS_TOKEN = "at+jwt"  # noqa: S105 (the typ of RFC 9068)
_ABSENT = "absent"  # no typ at all

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures with a public key to verify them. With any other kind, whoever can verify can also sign."""

ALGORITHMS: tuple[str, ...] = get_args(Algorithm)

_SENTENCES = {
    "frozenset_type": "must be a list of texts",
    "int_type": "must be a whole number",
    "missing": "is needed",
    "string_type": "must be a text",
}


def _jwks_uri(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or "@" in parts.netloc or parts.fragment or parts.scheme not in {"http", "https"}:
        raise ValueError("must be https://HOST[:PORT]/PATH")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must be https")
    return uri


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _typ(typ: str) -> str:
    return typ.lower().removeprefix("application/")


def _plain(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", text):
        raise ValueError("must be 1 to 255 characters of ASCII, no spaces")
    return text


_Text = Annotated[str, AfterValidator(_plain)]
_Texts = frozenset[_Text]
_Seconds = Annotated[int, Field(strict=True)]


class Issuer(BaseModel):
    """One issuer, and what its access tokens must be like to be accepted."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    name: _Text
    """What the operator calls it: the source of its callers."""
    issuer: _Text
    """The ``iss`` of its tokens, character for character."""
    jwks_uri: Annotated[_Text, AfterValidator(_jwks_uri)]
    """Where its keys are. Only ever from here, never from a token."""
    audience: _Texts = frozenset()
    """Names of this service, one of which must be in ``aud``."""
    client_ids: _Texts = frozenset()
    """Clients, one of which must be ``client_id`` (else ``azp``)."""
    token_use: Literal["access"] | None = None
    """The claim of that name, by which Cognito tells access tokens from ID tokens."""
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)] = frozenset({"RS256"})
    required_scopes: _Texts = frozenset()
    """All of which must be in ``scope`` or ``scp``."""
    typ: Annotated[frozenset[Annotated[_Text, AfterValidator(_typ)]], Field(min_length=1)] | None = None
    """The header's ``typ``, one of these; unset, at+jwt (RFC 9068), with ``token_use`` ``absent``."""
    leeway: Annotated[_Seconds, Field(ge=0, le=60)] = 30
    """Seconds by which clocks may differ."""
    max_age: Annotated[_Seconds, Field(ge=1)] | None = None
    """Seconds after ``iat`` for which a token is accepted; unset, as long as its ``exp`` says."""

    @model_validator(mode="after")
    def _tells_access_tokens_for_us(self) -> Self:
        if not self.audience and not (self.client_ids and self.token_use):
            raise ValueError("needs audience, or client_ids and token_use: who its tokens are for")
        if (
            self.typ not in {None, frozenset({_ACCESS_TOKEN})}
            and not self.token_use
            and not self.required_scopes
        ):
            raise ValueError(
                "with a typ other than at+jwt it needs required_scopes or token_use: "
                "nothing else tells an access token from an ID token"
            )
        return self

    def accepts_typ(self, typ: str | None) -> bool:
        """Whether a header may have this ``typ``; None is a header without one."""
        usual = {_ABSENT} if self.token_use else {_ACCESS_TOKEN}
        return (typ or _ABSENT) in (self.typ or usual)


def read_issuers(path: Path, *, local: bool) -> tuple[Issuer, ...]:
    """Every issuer of the file, in its order. With ``local``, keys may come by http from this machine.

    Raises:
        SettingsError: the file cannot be read, is writable by everybody, or is faulty; with every fault.
    """
    found: list[Issuer] = []
    faults: list[str] = []
    for name, table in read_tables(path).items():
        try:
            issuer = Issuer.model_validate({**table, "name": name})
        except ValidationError as error:
            faults += _faults(name, error)
            continue
        found.append(issuer)
        if urlsplit(issuer.jwks_uri).scheme == "http" and not local:
            faults.append(f"issuers.{name}.jwks_uri must be https; http is for SCRIBEPASS_ENV=local only")
    faults += _repeated(found)
    if faults:
        raise SettingsError([fault("value", each) for each in faults])
    return tuple(found)


def _faults(name: str, error: ValidationError) -> Iterator[str]:
    """One sentence for each fault, in which no value appears."""
    for each in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in ("issuers", name, *each["loc"][:1]))
        text = _SENTENCES.get(each["type"], each["msg"])
        text = text.removeprefix("Value error, ").replace("Input should", "should")
        if each["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(each["loc"][0]), Issuer.model_fields.keys() - {"name"}, n=1)
            text = "is not a setting of an issuer" + (f"; was {near[0]} meant?" if near else "")
        yield f"{where} {text}"


def _repeated(found: list[Issuer]) -> Iterator[str]:
    """By ``iss`` the keys are chosen, so one can only be one's."""
    for iss, times in Counter(each.issuer for each in found).items():
        if times > 1:
            names = ", ".join(each.name for each in found if each.issuer == iss)
            yield f"issuers {names} have the same issuer"
