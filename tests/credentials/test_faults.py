"""Faults told apart: those that last, those that ask for patience, and those that pass."""

import pytest

from scribepass.credentials.faults import Fault, SourceFailed, fault_of, fault_of_code
from scribepass.errors import CredentialsUnavailable

LASTING = [
    *("AccessDenied", "ValidationError", "MalformedPolicyDocument", "PackedPolicyTooLarge"),
    *("RegionDisabledException", "InvalidClientTokenId", "SignatureDoesNotMatch", "NoSuchEntity"),
    *("IncompleteSignature", "MissingAuthenticationToken", "UnrecognizedClientException", "IDPRejectedClaim"),
    *("InvalidIdentityToken", "OptInRequired"),
]
THROTTLED = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"]
PASSING = [
    *("ExpiredToken", "ExpiredTokenException", "InternalFailure", "ServiceUnavailable"),
    *("IDPCommunicationError", "RequestExpired", "502", "", "SomethingNew"),
]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        *((code, Fault.DENIED) for code in LASTING),
        *((code, Fault.THROTTLED) for code in THROTTLED),
        *((code, Fault.FAILED) for code in PASSING),
    ],
)
def test_codes(code: str, fault: Fault) -> None:
    """STS's error codes, and those of its front."""
    assert fault_of_code(code) is fault


@pytest.mark.parametrize(
    "message",
    [
        "Signature expired: 20261122T120000Z is now earlier than 20261122T121000Z",
        "Signature not yet current: 20261122T130000Z is still later than 20261122T120500Z",
    ],
)
def test_a_clock_that_is_off_is_no_lasting_fault(message: str) -> None:
    """The same code as for a wrong key; but clocks are set right by themselves."""
    assert fault_of_code("SignatureDoesNotMatch", message=message, status=403) is Fault.FAILED


def test_status_429_is_throttling() -> None:
    """Whatever the code says."""
    assert fault_of_code("AccessDenied", status=429) is Fault.THROTTLED


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SourceFailed("role", fault=Fault.THROTTLED), Fault.THROTTLED),
        (SourceFailed("role", fault=Fault.DENIED), Fault.DENIED),
        (CredentialsUnavailable("role", permanent=True), Fault.DENIED),
        (CredentialsUnavailable("role"), Fault.FAILED),
        (TimeoutError(), Fault.TIMEOUT),
        (KeyError("x"), Fault.FAILED),
    ],
    ids=repr,
)
def test_what_a_source_raises(error: Exception, fault: Fault) -> None:
    """Also of a source that does not say why it failed."""
    assert fault_of(error) is fault


def test_only_a_lasting_fault_is_permanent() -> None:
    """For whoever sees the error and not its fault."""
    assert [each for each in Fault if SourceFailed("role", fault=each).permanent] == [Fault.DENIED]
