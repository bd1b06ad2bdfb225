"""What STS answers: XML of the Query protocol, and the table from a refused signature to its error code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from scribepass.errors import (
    ScopeMismatch,
    SignatureExpired,
    SignatureMalformed,
    SignatureMismatch,
    SignatureNotYetValid,
    SignatureRejected,
    TokenExpired,
    UnknownKey,
)
from scribepass.local import refusals
from scribepass.local.http import Answer

from .input import Fault

__all__ = ["VERSION", "failure", "fault_of", "success"]

VERSION = "2011-06-15"
_NAMESPACE = f"https://sts.amazonaws.com/doc/{VERSION}/"


def success(action: str, result: Mapping[str, Any], *, request_id: str) -> Answer:
    """Wrap ``result``, a tree of texts, as the protocol has it."""
    members = {f"{action}Result": result, "ResponseMetadata": {"RequestId": request_id}}
    return _answer(200, f"{action}Response", members, request_id)


def failure(fault: Fault, *, request_id: str) -> Answer:
    """Say what was wrong."""
    error = {"Type": "Sender", "Code": fault.code, "Message": fault.message}
    members = {"Error": error, "RequestId": request_id}
    return _answer(fault.status, "ErrorResponse", members, request_id)


def fault_of(error: SignatureRejected, *, now: datetime) -> Fault:
    """Say what a signature was refused for."""
    code, status, message = next(row for kind, row in _SIGNATURES.items() if isinstance(error, kind))
    return Fault(code, message(error, now), status=status)


# The first row that fits an error is its row.
_SIGNATURES: Mapping[type[SignatureRejected], tuple[str, int, Callable[[Any, datetime], str]]] = {
    UnknownKey: ("InvalidClientTokenId", 403, lambda _error, _now: refusals.TOKEN_INVALID),
    TokenExpired: ("ExpiredToken", 403, lambda _error, _now: refusals.TOKEN_EXPIRED),
    SignatureMismatch: ("SignatureDoesNotMatch", 403, lambda _error, _now: refusals.SIGNATURE_MISMATCH),
    SignatureExpired: ("SignatureDoesNotMatch", 403, refusals.signature_expired),
    SignatureNotYetValid: ("SignatureDoesNotMatch", 403, refusals.signature_not_yet_valid),
    ScopeMismatch: ("SignatureDoesNotMatch", 403, lambda error, _now: str(error)),
    SignatureMalformed: ("IncompleteSignature", 400, lambda error, _now: str(error)),
}


def _answer(status: int, root: str, members: Mapping[str, Any], request_id: str) -> Answer:
    document = f'<{root} xmlns="{_NAMESPACE}">{_xml(members)}</{root}>\n'
    return Answer(status=status, body=document, content_type="text/xml", request_id=request_id)


def _xml(members: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_xml(value) if isinstance(value, Mapping) else escape(str(value), quote=False)}</{name}>"
        for name, value in members.items()
    )
