"""Names and values become a `TicketRequest`, or every fault that they have at once.

Beside the stream's own parameters, by AWS's names, stand five of ours: ``operation``, ``region``,
``expires-in``, ``ticket-id`` (of an earlier ticket, to go on with its session) and ``client-reference-id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scribepass.errors import InvalidParameters, Problem
from scribepass.policy import Rules
from scribepass.transcribe import Operation, StreamParams, parse
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.params import absent_languages
from scribepass.vending import SESSION_ID_RESERVED, TicketRequest, Vendor

from .reading import Pairs

__all__ = ["ticket_request"]

_OURS = ("operation", "region", "expires-in", "ticket-id", "client-reference-id")
_NOT_OF_THE_STREAM = frozenset({*_OURS, "session-id"})
_REFERENCE = re.compile("[A-Za-z0-9._:-]{1,64}")


def ticket_request(pairs: Pairs, *, vendor: Vendor, rules: Rules) -> TicketRequest:
    """What ``pairs`` ask ``vendor`` for, with what ``rules`` add to it.

    Raises:
        InvalidParameters: every fault of the stream's parameters and of those beside them.
        Forbidden: a parameter that is locked for this caller is given another value.
    """
    ours = {name: value for name, value in pairs if name in _OURS or name == "session-id"}
    stream = [(name, value) for name, value in pairs if name not in _NOT_OF_THE_STREAM]
    operation = _operation(ours.get("operation", Operation.STANDARD.value))
    if operation is not None:
        stream = rules.complete(operation, stream)
    params, faults = _stream(stream, operation=operation)
    problems = [*_faults_of_ours(pairs, ours=ours), *_not_vended(ours, operation=operation, vendor=vendor)]
    region = _text(ours.get("region", vendor.default_region(rules)))
    problems += [*faults, *absent_languages(stream, region=region or "")]
    if operation is None or params is None or problems:
        raise InvalidParameters(problems)
    return TicketRequest(
        operation=operation,
        params=params,
        region=_text(ours.get("region")),
        expires_in=_seconds(ours.get("expires-in")),
        ticket_id=_text(ours.get("ticket-id")),
        session_id=_text(ours.get("session-id")),
        client_reference_id=_text(ours.get("client-reference-id")),
    )


def _faults_of_ours(pairs: Pairs, *, ours: Mapping[str, object]) -> Iterator[Problem]:
    names = [name for name, _ in pairs]
    for name in (*_OURS, "session-id"):
        if names.count(name) > 1:
            yield Problem(field=name, code="repeated", message="is given more than once")
    if "session-id" in names and "ticket-id" not in names:
        yield SESSION_ID_RESERVED
    for name in ("ticket-id", "session-id"):
        if name in ours and _text(ours[name]) is None:
            yield Problem(field=name, code="type", message="must be text")
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
        operation=operation or vendor.deployment.operations[0],
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
