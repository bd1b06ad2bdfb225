"""The one table from what went wrong to what AWS says: exception name, text and HTTP status.

Names and texts are those of the service model, of AWS's "Common errors" page and of reports
(reference of the protocol, section 5). Where AWS's own answer is not known, the nearest common error is
used. A stream says BadRequestException for a bad event signature; a handshake has names of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scribepass.errors import (
    InvalidParameters,
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
from scribepass.sigv4 import SKEW
from scribepass.sigv4.canonical import amz_date

__all__ = [
    "BEHIND",
    "CONFLICT",
    "INTERNAL_FAILURE",
    "TOO_BIG",
    "TOO_LONG",
    "TOO_MANY",
    "TOO_QUICKLY",
    "UNDECODABLE",
    "UNEXPECTED_FRAME",
    "AccessDenied",
    "Refusal",
    "Refused",
    "bad_request",
    "idle",
    "named",
    "no_such_filter",
    "of_handshake",
    "of_stream",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a client is told: AWS's exception name, its text, and the status of an HTTP answer."""

    kind: str
    message: str
    status: int


class Refused(Exception):
    """A stream must end with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.kind}: {refusal.message}")
        self.refusal = refusal


class AccessDenied(ScribepassError):
    """The signer's role or session does not let it do this. ``policy`` is the kind of policy that decided."""

    code = "access_denied"

    def __init__(self, *, arn: str, action: str, explicit: bool, policy: str = "session policy") -> None:
        because = (
            f"with an explicit deny in {'an' if policy[0] in 'aeiou' else 'a'} {policy}"
            if explicit
            else f"because no {policy} allows the {action} action"
        )
        super().__init__(f"User: {arn} is not authorized to perform: {action} {because}")


def bad_request(message: str) -> Refusal:
    """BadRequestException with this text."""
    return Refusal(kind="BadRequestException", message=message, status=400)


def _limit_exceeded(message: str) -> Refusal:
    return Refusal(kind="LimitExceededException", message=message, status=429)


TOO_BIG = bad_request("Your stream is too big. Reduce the frame size and try your request again.")
UNEXPECTED_FRAME = bad_request("Unexpected WebSocket frame received.")
UNDECODABLE = bad_request(
    "Could not decode the audio stream that you provided. "
    "Check that the audio stream is valid and try your request again."
)
TOO_MANY = _limit_exceeded(
    "You have reached your limit of concurrent streams. "
    "Reduce the number of concurrent streams and try your request again."
)
# After the description of the exception in the SDKs: no report has the text.
TOO_QUICKLY = _limit_exceeded(
    "You have started streams too quickly. Reduce the number of concurrent streams "
    "and try your request again using an exponential backoff strategy."
)
BEHIND = _limit_exceeded(  # our text: AWS's are for limits that a client can count
    "Speech recognition cannot keep up with your audio. "
    "Reduce the number of concurrent streams and try your request again."
)
TOO_LONG = _limit_exceeded(
    "Your client has exceeded one of the Amazon Transcribe limits. This is typically the audio length limit. "
    "Break your audio stream into smaller chunks and try your request again."
)
CONFLICT = Refusal(
    kind="ConflictException",
    message="A new stream started with the same session ID. The current stream has been terminated.",
    status=409,
)
INTERNAL_FAILURE = Refusal(
    kind="InternalFailureException",
    message="A problem occurred while processing the audio. Amazon Transcribe terminated processing.",
    status=500,
)
UNAVAILABLE = Refusal(
    kind="ServiceUnavailableException",
    message="Service is currently unavailable. Try your request later.",
    status=503,
)
SIGNATURE_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
TOKEN_INVALID = "The security token included in the request is invalid."  # noqa: S105
TOKEN_EXPIRED = "The security token included in the request is expired"  # noqa: S105


def named(kind: str, message: str | None = None) -> Refusal:
    """The exception of this name, with AWS's text unless there is another."""
    known = {each.kind: each for each in (UNDECODABLE, TOO_LONG, CONFLICT, INTERNAL_FAILURE, UNAVAILABLE)}
    like = known.get(kind, INTERNAL_FAILURE)
    return Refusal(kind=kind, message=like.message if message is None else message, status=like.status)


def idle(seconds: float) -> Refusal:
    """No audio came for ``seconds``."""
    return bad_request(f"Your request timed out because no new audio was received for {seconds:g} seconds.")


def no_such_filter(known: Collection[str]) -> Refusal:
    """The text that AWS was reported to have for a vocabulary, and what would help here."""
    hint = f"This local AWS has {', '.join(sorted(known)) or 'none'}; --vocabulary-filters brings them."
    message = "The specified vocabulary filter doesn't exist. Check the name and try your request again."
    return bad_request(f"{message} {hint}")


def undecodable(hint: str) -> Refusal:
    """AWS's text, and what would help here."""
    return bad_request(f"{UNDECODABLE.message} {hint}")


def signature_expired(error: SignatureExpired, now: datetime) -> str:
    """AWS's text for a signature that lives five minutes."""
    signed, oldest = amz_date(error.expired_at - SKEW), amz_date(now - SKEW)
    return f"Signature expired: {signed} is now earlier than {oldest} ({amz_date(now)} - 5 min.)"


def signature_not_yet_valid(error: SignatureNotYetValid, now: datetime) -> str:
    """AWS's text for a signature dated more than five minutes ahead."""
    signed, newest = amz_date(error.valid_from), amz_date(now + SKEW)
    return f"Signature not yet current: {signed} is still later than {newest} ({amz_date(now)} + 5 min.)"


def validation_errors(error: InvalidParameters) -> str:
    """All faults in one text, begun as AWS begins it."""
    number = len(error.problems)
    return f"{number} validation error{'s' if number > 1 else ''} detected: {error}"


def of_handshake(error: ScribepassError, *, now: datetime) -> Refusal:
    """What opening a stream is answered with."""
    for kind, (name, status, message) in _HANDSHAKE.items():
        if isinstance(error, kind):
            return Refusal(kind=name, message=message(error, now), status=status)
    return INTERNAL_FAILURE


def of_stream(error: ScribepassError, *, now: datetime) -> Refusal:
    """What ends an open stream."""
    if isinstance(error, RemoteProtocolError):
        return _misspoken(error)
    if isinstance(error, SignatureExpired):
        return bad_request(signature_expired(error, now))
    if isinstance(error, SignatureRejected):
        return bad_request(of_handshake(error, now=now).message)
    return INTERNAL_FAILURE


def _misspoken(error: RemoteProtocolError) -> Refusal:
    """A frame that cannot be; or an event whose body, which only a configuration has, AWS would not take."""
    if error.kind is Violation.PAYLOAD:
        return bad_request(f"1 validation error detected: {error}")
    return UNEXPECTED_FRAME


# The first row that fits an error is its row.
_HANDSHAKE: Mapping[type[ScribepassError], tuple[str, int, Callable[[Any, datetime], str]]] = {
    UnknownKey: ("UnrecognizedClientException", 403, lambda _error, _now: TOKEN_INVALID),
    TokenExpired: ("ExpiredTokenException", 403, lambda _error, _now: TOKEN_EXPIRED),
    SignatureMismatch: ("InvalidSignatureException", 403, lambda _error, _now: SIGNATURE_MISMATCH),
    SignatureExpired: ("RequestExpired", 400, lambda _error, _now: "Request has expired"),
    SignatureNotYetValid: ("InvalidSignatureException", 403, signature_not_yet_valid),
    ScopeMismatch: ("InvalidSignatureException", 403, lambda error, _now: str(error)),
    SignatureMalformed: ("IncompleteSignature", 400, lambda error, _now: str(error)),
    AccessDenied: ("AccessDeniedException", 403, lambda error, _now: str(error)),
    InvalidParameters: ("BadRequestException", 400, lambda error, _now: validation_errors(error)),
}
