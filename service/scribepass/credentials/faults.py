"""What may go wrong with a source, told apart by what should be done about it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from scribepass.errors import CredentialsUnavailable

__all__ = ["Fault", "SourceFailed", "fault_of", "fault_of_code"]


class Fault(enum.StrEnum):
    """Why an attempt failed. The values are those of the metric ``sts_calls``."""

    DENIED = "denied"
    """Asking again soon would get the same answer: somebody must change something first."""
    THROTTLED = "throttled"
    """Asked too often: wait longer each time."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    """Something answered, which was not an answer of STS."""
    FAILED = "failed"


class SourceFailed(CredentialsUnavailable):
    """A source has no credentials, and it is known why."""

    def __init__(self, source: str, *, fault: Fault) -> None:
        super().__init__(source, permanent=fault is Fault.DENIED)
        self.fault = fault


_CODES: Mapping[str, Fault] = {
    **dict.fromkeys(
        (
            *("AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"),
            *("ValidationError", "ValidationException", "MissingParameter", "MissingAction"),
            *("InvalidParameterValue", "InvalidParameterCombination", "InvalidQueryParameter"),
            *("InvalidAction", "OutboundWebIdentityFederationDisabledException"),
            *("MalformedQueryString", "MalformedPolicyDocument", "MalformedPolicyDocumentException"),
            *("PackedPolicyTooLarge", "PackedPolicyTooLargeException"),
            *("RegionDisabledException", "OptInRequired", "SessionDurationEscalationException"),
            *("InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken"),
            *("SignatureDoesNotMatch", "IncompleteSignature"),
            *("NoSuchEntity", "NoSuchEntityException"),
            *("IDPRejectedClaim", "InvalidIdentityToken"),
        ),
        Fault.DENIED,
    ),
    **dict.fromkeys(
        (
            *("Throttling", "ThrottlingException", "ThrottledException"),
            *("RequestThrottled", "RequestThrottledException", "RequestLimitExceeded"),
            *("TooManyRequestsException", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown"),
            "PriorRequestNotComplete",
        ),
        Fault.THROTTLED,
    ),
}

_OUR_CLOCK = ("signature expired", "signature not yet current")


def fault_of_code(code: str, *, message: str = "", status: int = 400) -> Fault:
    """What STS's error code means. A code that is not known is no lasting fault."""
    if status == 429:
        return Fault.THROTTLED
    fault = _CODES.get(code, Fault.FAILED)
    if code == "SignatureDoesNotMatch" and message.lower().startswith(_OUR_CLOCK):
        return Fault.FAILED  # clocks are set right without anybody's doing
    return fault


def fault_of(error: BaseException) -> Fault:
    """Why an attempt failed, by what it raised."""
    if isinstance(error, SourceFailed):
        return error.fault
    if isinstance(error, CredentialsUnavailable) and error.permanent:
        return Fault.DENIED
    return Fault.TIMEOUT if isinstance(error, TimeoutError) else Fault.FAILED
