"""Why a signature does not hold."""

from __future__ import annotations

from datetime import datetime

from .root import ScribepassError

__all__ = [
    "ScopeMismatch",
    "SignatureExpired",
    "SignatureMalformed",
    "SignatureMismatch",
    "SignatureNotYetValid",
    "SignatureRejected",
    "TokenExpired",
    "UnknownKey",
]

_ISO = "%Y-%m-%dT%H:%M:%SZ"


class SignatureRejected(ScribepassError):
    """A signed request was refused."""

    code = "signature_rejected"


class SignatureMalformed(SignatureRejected):
    """Something that Signature Version 4 requires is missing, repeated or unreadable."""

    code = "signature_malformed"


class ScopeMismatch(SignatureRejected):
    """The credential scope names another date, region or service than this endpoint serves."""

    code = "scope_mismatch"


class UnknownKey(SignatureRejected):
    """No such access key id is known, or the session token does not belong to it."""

    code = "unknown_key"


class TokenExpired(SignatureRejected):
    """The temporary credentials that made this signature have ended."""

    code = "token_expired"

    def __init__(self, *, expired_at: datetime) -> None:
        super().__init__(f"the security token expired at {expired_at:{_ISO}}")
        self.expired_at = expired_at


class SignatureMismatch(SignatureRejected):
    """The signature differs from the one computed over ``canonical_request``.

    The canonical request holds the session token; it is kept out of the exception's text.
    """

    code = "signature_mismatch"

    def __init__(self, *, canonical_request: str) -> None:
        super().__init__("the signature does not match the request")
        self.canonical_request = canonical_request


class SignatureExpired(SignatureRejected):
    """The request arrived after its signature's life."""

    code = "signature_expired"

    def __init__(self, *, expired_at: datetime) -> None:
        super().__init__(f"the signature expired at {expired_at:{_ISO}}")
        self.expired_at = expired_at


class SignatureNotYetValid(SignatureRejected):
    """The signature is dated further in the future than clocks may differ."""

    code = "signature_not_yet_valid"

    def __init__(self, *, valid_from: datetime) -> None:
        super().__init__(f"the signature is dated {valid_from:{_ISO}}, in the future")
        self.valid_from = valid_from
