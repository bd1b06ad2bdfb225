"""Why a token is refused. For operators: a caller hears the same of every reason."""

from __future__ import annotations

import enum

__all__ = ["Reason", "Refused"]


class Reason(enum.StrEnum):
    """What is wrong with a token. A stable slug, which is logged; nothing of the token is."""

    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown_issuer"
    HEADER = "header"
    """It has a header parameter that changes what is signed: crit, b64, zip, enc or cty."""
    ALGORITHM = "algorithm"
    TYP = "typ"
    KID = "kid"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    """A required claim is absent, or one is not of the type that it must be."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    TOO_OLD = "too_old"
    AUDIENCE = "audience"
    CLIENT = "client"
    TOKEN_USE = "token_use"  # noqa: S105 (a slug)
    ID_TOKEN = "id_token"  # noqa: S105
    SCOPE = "scope"
    SUBJECT = "subject"
    FAULT = "fault"
    """The verification itself failed, which is a bug of ours or of a library."""


class Refused(Exception):
    """A token does not hold. ``reason`` says why; never leaves this part."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
