"""What the claims of an access token must say. Pure: the time is an argument.

RFC 7519 section 4.1, RFC 9068 section 4, RFC 8725 section 3. Called on what a good signature covers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .issuers import Issuer
from .refusals import Reason, Refused

__all__ = ["subject_of"]

_END_OF_TIME = 253_402_300_800  # POSIX time of the year 10000, the first that a datetime cannot hold
_OF_ID_TOKENS = frozenset({"at_hash", "c_hash", "s_hash"})
_MAX_SUBJECT = 255  # OpenID Connect Core, section 2

Claims = Mapping[str, Any]


def subject_of(claims: Claims, *, issuer: Issuer, now: datetime) -> str:
    """The ``sub`` of an access token of ``issuer`` that is for this service and holds ``now``.

    Raises:
        Refused: it is not one.
    """
    if claims.get("iss") != issuer.issuer:
        raise Refused(Reason.UNKNOWN_ISSUER)
    _check_times(claims, issuer=issuer, now=now.timestamp())
    _check_audience(claims, issuer=issuer)
    _check_use(claims, issuer=issuer)
    if not issuer.required_scopes <= _scopes(claims):
        raise Refused(Reason.SCOPE)
    return _subject(claims)


def _check_times(claims: Claims, *, issuer: Issuer, now: float) -> None:
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    begins = _time(claims, "nbf") if "nbf" in claims else issued
    if expires <= now - issuer.leeway:
        raise Refused(Reason.EXPIRED)
    if max(issued, begins) > now + issuer.leeway:
        raise Refused(Reason.NOT_YET_VALID)
    if issuer.max_age is not None and now - issued > issuer.max_age + issuer.leeway:
        raise Refused(Reason.TOO_OLD)


def _time(claims: Claims, name: str) -> float:
    """A NumericDate: whole or not, but a number, and of our era."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Reason.CLAIMS)
    if not 0 < value < _END_OF_TIME:
        raise Refused(Reason.CLAIMS)
    return float(value)


def _check_audience(claims: Claims, *, issuer: Issuer) -> None:
    """An ``aud`` that is there must name this service, also where clients are what is checked."""
    if issuer.audience or "aud" in claims:
        audience = _texts(claims.get("aud"), reason=Reason.AUDIENCE)
        if issuer.audience.isdisjoint(audience):
            raise Refused(Reason.AUDIENCE)
    if issuer.client_ids:
        client = claims.get("client_id", claims.get("azp"))
        if not isinstance(client, str) or client not in issuer.client_ids:
            raise Refused(Reason.CLIENT)


def _check_use(claims: Claims, *, issuer: Issuer) -> None:
    if claims.keys() & _OF_ID_TOKENS:
        raise Refused(Reason.ID_TOKEN)
    if issuer.token_use is not None and claims.get("token_use") != issuer.token_use:
        raise Refused(Reason.TOKEN_USE)


def _scopes(claims: Claims) -> frozenset[str]:
    """Of ``scope`` (RFC 9068), else of ``scp``: one text with spaces between, or a list."""
    value = claims.get("scope", claims.get("scp", []))
    return frozenset(value.split(" ") if isinstance(value, str) else _texts(value, reason=Reason.SCOPE))


def _texts(value: object, *, reason: Reason) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise Refused(reason)
    return listed


def _subject(claims: Claims) -> str:
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub.isascii() or not sub.isprintable():
        raise Refused(Reason.SUBJECT)
    if not 1 <= len(sub) <= _MAX_SUBJECT:
        raise Refused(Reason.SUBJECT)
    return sub
