"""What went wrong, and what AWS says of it."""

from datetime import UTC, datetime

import pytest

from scribepass.errors import (
    InvalidParameters,
    LocalProtocolError,
    Problem,
    RemoteProtocolError,
    ScopeMismatch,
    ScribepassError,
    SignatureExpired,
    SignatureMalformed,
    SignatureMismatch,
    SignatureNotYetValid,
    SignatureRejected,
    TokenExpired,
    UnknownKey,
    Violation,
)
from scribepass.local import refusals
from scribepass.local.refusals import AccessDenied
from scribepass.local.sts.answers import _SIGNATURES

NOW = datetime(2026, 1, 15, 12, 10, tzinfo=UTC)
EARLIER = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)
ARN = "arn:aws:sts::123456789012:assumed-role/vend/me"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
NOT_ALLOWED = (
    f"User: {ARN} is not authorized to perform: transcribe:X because no session policy allows "
    "the transcribe:X action"
)
OLD = "Signature expired: 20260115T115500Z is now earlier than 20260115T120500Z (20260115T121000Z - 5 min.)"
INVALID = InvalidParameters(
    [
        Problem(field="sample-rate", code="range", message="must be 8000 to 48000"),
        Problem(field="language-code", code="required", message="is required"),
    ]
)

HANDSHAKE: dict[str, tuple[ScribepassError, str, int, str]] = {
    "malformed": (
        SignatureMalformed("X-Amz-Date is missing"),
        "IncompleteSignature",
        400,
        "X-Amz-Date is missing",
    ),
    "scope": (
        ScopeMismatch("signed for region a, not b"),
        "InvalidSignatureException",
        403,
        "signed for region a, not b",
    ),
    "key": (
        UnknownKey("x"),
        "UnrecognizedClientException",
        403,
        "The security token included in the request is invalid.",
    ),
    "token": (
        TokenExpired(expired_at=EARLIER),
        "ExpiredTokenException",
        403,
        "The security token included in the request is expired",
    ),
    "mismatch": (SignatureMismatch(canonical_request="GET"), "InvalidSignatureException", 403, MISMATCH),
    "expired": (SignatureExpired(expired_at=EARLIER), "RequestExpired", 400, "Request has expired"),
    "early": (
        SignatureNotYetValid(valid_from=LATER),
        "InvalidSignatureException",
        403,
        (
            "Signature not yet current: 20260115T123000Z is still later than 20260115T121500Z "
            "(20260115T121000Z + 5 min.)"
        ),
    ),
    "not allowed": (
        AccessDenied(arn=ARN, action="transcribe:X", explicit=False),
        "AccessDeniedException",
        403,
        NOT_ALLOWED,
    ),
    "denied": (
        AccessDenied(arn=ARN, action="transcribe:X", explicit=True),
        "AccessDeniedException",
        403,
        f"User: {ARN} is not authorized to perform: transcribe:X with an explicit deny in a session policy",
    ),
    "parameters": (
        INVALID,
        "BadRequestException",
        400,
        "2 validation errors detected: sample-rate: must be 8000 to 48000; language-code: is required",
    ),
    "a bug": (LocalProtocolError("x"), "InternalFailureException", 500, refusals.INTERNAL_FAILURE.message),
}
STREAM: dict[str, tuple[ScribepassError, str, str]] = {
    "bytes": (
        RemoteProtocolError("x", kind=Violation.CHECKSUM),
        "BadRequestException",
        "Unexpected WebSocket frame received.",
    ),
    "event signature": (SignatureMismatch(canonical_request="x"), "BadRequestException", MISMATCH),
    "old event": (
        SignatureExpired(expired_at=EARLIER),
        "BadRequestException",
        OLD,
    ),
    "a bug": (LocalProtocolError("x"), "InternalFailureException", refusals.INTERNAL_FAILURE.message),
}


@pytest.mark.parametrize(("error", "kind", "status", "message"), HANDSHAKE.values(), ids=HANDSHAKE)
def test_handshake(error: ScribepassError, kind: str, status: int, message: str) -> None:
    """Each refusal of a handshake has AWS's name, text and status."""
    refusal = refusals.of_handshake(error, now=NOW)
    assert (refusal.kind, refusal.status, refusal.message) == (kind, status, message)


@pytest.mark.parametrize(("error", "kind", "message"), STREAM.values(), ids=STREAM)
def test_stream(error: ScribepassError, kind: str, message: str) -> None:
    """On an open stream their mistakes are bad requests, ours are internal failures."""
    refusal = refusals.of_stream(error, now=NOW)
    assert (refusal.kind, refusal.message) == (kind, message)


def test_every_refused_signature_has_a_row_in_both_tables() -> None:
    """A new kind of refusal cannot be forgotten: neither for streams nor for STS."""
    kinds = set(SignatureRejected.__subclasses__())
    assert kinds <= refusals._HANDSHAKE.keys()
    assert kinds == set(_SIGNATURES)


def test_the_idle_text_is_awss() -> None:
    """At fifteen seconds, letter for letter."""
    assert refusals.idle(15).message == (
        "Your request timed out because no new audio was received for 15 seconds."
    )
