"""What boto3 raises, told apart."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,  # noqa: A004 (botocore's, which is no OSError)
    ConnectTimeoutError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from scribepass.telemetry import get_log

from .faults import Fault, SourceFailed, fault_of_code

__all__ = ["FAULTS", "failure_of", "fault_in", "is_worth_another"]

FAULTS = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What boto3 raises, and what its providers and parsers let through: an answer that is no XML (not one of
BotoCoreError's), a file that is not there, credentials that are still expired after a refresh."""

# The first row that an error is of is its row.
_KINDS: Sequence[tuple[tuple[type[Exception], ...], Fault]] = (
    ((ReadTimeoutError, ConnectTimeoutError, TimeoutError), Fault.TIMEOUT),
    ((ParamValidationError,), Fault.DENIED),
    ((HTTPClientError, ConnectionError, OSError), Fault.UNREACHABLE),
    ((ResponseParserError, KeyError, TypeError, ValueError), Fault.UNREADABLE),
)

_log = get_log("credentials")


def is_worth_another(error: Exception) -> bool:
    """Whether the same call may well succeed at once: a connection was closed, or one host is ill."""
    if isinstance(error, ClientError):
        return _status(error) >= 500 and fault_in(error) is not Fault.THROTTLED
    return isinstance(error, ConnectionClosedError)


def fault_in(error: Exception) -> Fault:
    """Why a call failed."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return fault_of_code(said.get("Code", ""), message=said.get("Message", ""), status=_status(error))
    return next((fault for kinds, fault in _KINDS if isinstance(error, kinds)), Fault.FAILED)


def _status(error: ClientError) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def failure_of(source: str, error: Exception, **fields: object) -> SourceFailed:
    """The error to raise.

    What AWS said is logged and not in it: its message names roles and principals. Other texts may quote a
    whole answer, and go nowhere.
    """
    said = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    fault = fault_in(error)
    say = _log.error if fault is Fault.DENIED else _log.warning
    say(
        "credentials_fetch_failed",
        source=source,
        fault=fault.value,
        error=type(error).__name__,
        aws_code=said.get("Code"),
        aws_message=said.get("Message"),
        **fields,
    )
    return SourceFailed(source, fault=fault)
