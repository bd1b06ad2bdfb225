"""Names and values become a `TicketRequest`, or every fault that they have at once.

Beside the stream's own parameters, by AWS's names, stand four of ours: ``operation``, ``region``,
``expires-in`` and ``client-reference-id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scribepass.errors import InvalidParameters, Problem
from scribepass.transcribe import Operation, StreamParams, parse
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.params import absent_languages
from scribepass.vending import SESSION_ID_RESERVED, TicketRequest, Vendor

from .reading import Pairs

__all__ = ["ticket_request"]

_OURS = ("operation", "region", "expires-in", "client-reference-id")
_REFERENCE = re.compile("[A-Za-z0-9._:-]{1,64}")


def ticket_request(pairs: Pairs, *, vendor: Vendor) -> TicketRequest:
    """What ``pairs`` ask ``vendor`` for.

    Raises:
        InvalidParameters: every fault of the stream's parameters and of those beside them.
    """
    ours = {name: value for name, value in pairs if name in _OURS}
    stream = [(name, value) for name, value in pairs if name not in (*_OURS, "session-id")]
    operation = _operation(ours.get("operation", Operation.STANDARD.value))
    params, faults = _stream(stream, operation=operation)
    problems = [*_faults_of_ours(pairs, ours=ours), *_not_vended(ours, operation=operation, vendor=vendor)]
    region = _text(ours.get("region", vendor.default_region))
    problems += [*faults, *absent_languages(stream, region=region or "")]
    if operation is None or params is None or problems:
        raise InvalidParameters(problems)
    return TicketRequest(
        operation=operation,
        params=params,
        region=_text(ours.get("region")),
        expires_in=_seconds(ours.get("expires-in")),
        client_reference_id=_text(ours.get("client-reference-id")),
    )


def _faults_of_ours(pairs: Pairs, *, ours: Mapping[str, object]) -> Iterator[Problem]:
    names = [name for name, _ in pairs]
    for name in _OURS:
        if names.count(name) > 1:
            yield Problem(field=name, code="repeated", message="is given more than once")
    if "session-id" in names:
        yield SESSION_ID_RESERVED
    if "operation" in ours and _operation(ours["operation"]) is None:
        message = f"must be one of {', '.join(each.value for each in Operation)}"
        yield Problem(field="operation", code="value", message=message)
    if "expires-in" in ours and _seconds(ours["expires-in"]) is None:
        yield Problem(field="expires-in", code="type", message="must be a whole number of seconds")
    if "region" in ours and _text(ours["region"]) is None:
        yield Problem(field="region", code="type", message="must be text, such as us-east-1")
    if "client-reference-id" in ours and not _REFERENCE.fullmatch(_text(ours["client-reference-id"]) or ""):
        message = "must be 1 to 64 letters, digits and . _ : -"
        yield Problem(field="client-reference-id", code="pattern", message=message)


def _not_vended(ours: Mapping[str, object], *, operation: Operation | None, vendor: Vendor) -> list[Problem]:
    return vendor.problems(
        operation=operation or vendor.operations[0],
        region=_text(ours.get("region")),
        expires_in=_seconds(ours.get("expires-in")),
    )


def _stream(pairs: Pairs, *, operation: Operation | None) -> tuple[StreamParams | None, list[Problem]]:
    try:
        return parse(operation or Operation.STANDARD, pairs), []
    except InvalidParameters as error:
        return None, [each for each in error.problems if operation or _whichever_was_meant(each)]


def _whichever_was_meant(problem: Problem) -> bool:
    """Whether a fault, found as of a standard stream, is one under every operation."""
    if problem.code == "unknown":
        return not any(problem.field in each for each in PARAMETERS.values())
    return problem.code in {"repeated", "reserved", "type"}


def _operation(value: object) -> Operation | None:
    return next((each for each in Operation if each.value == value), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> int | None:
    return value if type(value) is int else None
