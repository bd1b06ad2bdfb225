"""What STS answers: XML of the Query protocol, and the table from a refused signature to its error code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from scribepass.local.http import Answer, Cut

from .errors import StsError
from .faults import FaultKind, StsFault

__all__ = ["VERSION", "failure", "instead", "refusal_of", "spoilt", "success"]

VERSION = "2011-06-15"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = f"https://sts.amazonaws.com/doc/{VERSION}/"


def success(action: str, result: Mapping[str, Any], *, request_id: str) -> Answer:
    """Wrap ``result``, a tree of texts, as the protocol has it."""
    members = {f"{action}Result": result, "ResponseMetadata": {"RequestId": request_id}}
    return _answer(200, f"{action}Response", members, request_id)


def failure(error: StsError, *, request_id: str) -> Answer:
    """Say what was wrong."""
    blamed = "Sender" if error.status < 500 else "Receiver"
    said = {"Type": blamed, "Code": error.code, "Message": error.message}
    members = {"Error": said, "RequestId": request_id}
    return _answer(error.status, "ErrorResponse", members, request_id)


def instead(fault: StsFault, *, request_id: str) -> Answer | None:
    """What a call meets that is not answered truly; None for a fault that only spoils the true answer."""
    if fault.kind is FaultKind.ERROR:
        error = StsError(fault.code, fault.message, status=fault.status)
        return replace(failure(error, request_id=request_id), delay_seconds=fault.delay_seconds)
    if fault.kind is FaultKind.GARBAGE:
        page = Answer(status=fault.status, body=_PAGE, content_type="text/html", request_id=request_id)
        return replace(page, delay_seconds=fault.delay_seconds)
    if fault.kind in _CUTS and fault.kind is not FaultKind.TRUNCATED:
        return Answer(status=200, body="", cut=_CUTS[fault.kind], delay_seconds=fault.delay_seconds)
    return None


def spoilt(answer: Answer, fault: StsFault) -> Answer:
    """The true answer, late or not whole."""
    cut = _CUTS.get(fault.kind, Cut.NOWHERE)
    return replace(answer, delay_seconds=fault.delay_seconds, cut=cut)


def refusal_of(error: SignatureRejected, *, now: datetime) -> StsError:
    """Say what a signature was refused for."""
    code, status, message = next(row for kind, row in _SIGNATURES.items() if isinstance(error, kind))
    return StsError(code, message(error, now), status=status)


_CUTS = {FaultKind.HANG: Cut.SILENT, FaultKind.RESET: Cut.RESET, FaultKind.TRUNCATED: Cut.HALFWAY}

# What load balancers send. It is no XML: botocore cannot read it unless it begins with "<html>".
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr></body></html>\n"
)

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
        f"<{name}>{_xml(value) if isinstance(value, Mapping) else _text(str(value))}</{name}>"
        for name, value in members.items()
    )


def _text(value: str) -> str:
    """Escaped, and without what XML cannot say: an error repeats whatever was sent."""
    return escape(_NOT_XML.sub("\ufffd", value), quote=False)
