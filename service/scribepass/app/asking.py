"""Names and values become a `TicketRequest`, or every fault that they have at once.

Beside the stream's own parameters, by AWS's names, stand four of ours: ``operation``, ``region``,
``expires-in`` and ``client-reference-id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scribepass.errors import InvalidParameters, Problem
from scribepass.transcribe import LANGUAGES, REGIONS, Operation, StreamParams, language_available, parse
from scribepass.vending import SESSION_ID_RESERVED, TicketRequest, Vendor

from .reading import Pairs

__all__ = ["ticket_request"]

_OURS = ("operation", "region", "expires-in", "client-reference-id")
_LANGUAGES = ("language-code", "language-options", "preferred-language")
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
    problems += [*faults, *_not_in_region(stream, region=ours.get("region", vendor.default_region))]
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


def _not_in_region(stream: Pairs, *, region: object) -> Iterator[Problem]:
    """Languages that AWS streams, but not there; said even while other parameters are at fault."""
    if region not in REGIONS:
        return
    for name, value in stream:
        codes = value.split(",") if name in _LANGUAGES and isinstance(value, str) else []
        absent = [code for code in codes if code in LANGUAGES and not language_available(str(region), code)]
        if absent:
            message = f"{', '.join(absent)} cannot be streamed in {region}"
            yield Problem(field=name, code="value", message=message)


def _stream(pairs: Pairs, *, operation: Operation | None) -> tuple[StreamParams | None, list[Problem]]:
    if operation is None:
        return None, _whichever(pairs)
    try:
        return parse(operation, pairs), []
    except InvalidParameters as error:
        return None, list(error.problems)


def _whichever(pairs: Pairs) -> list[Problem]:
    """The faults that ``pairs`` have under every operation, for it is not known which was meant."""
    faults = [_stream(pairs, operation=operation)[1] for operation in Operation]
    first, *others = ({(each.field, each.code): each for each in found} for found in faults)
    return [problem for key, problem in first.items() if all(key in other for other in others)]


def _operation(value: object) -> Operation | None:
    return next((each for each in Operation if each.value == value), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> int | None:
    return value if type(value) is int else None
