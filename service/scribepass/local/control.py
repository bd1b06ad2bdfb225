"""The control API: what a test in any language asks of the local AWS. HTTP and JSON, on a port of its own.

==========  ======================  ==================================================================
method      path                    what it does
==========  ======================  ==================================================================
GET         /state                  where everything is, the region, limits, clock shift and faults to come
GET         /streams                the streams, the oldest first, with what was said in them
DELETE      /streams                forgets streams and refusals; open streams go on
GET         /streams/{number}       one stream, with every event that was sent on it
GET         /streams/{number}/audio what its client sent, as a WAV file
GET         /refusals               the handshakes that were refused, and why
POST        /faults                 lets something go wrong: ``{"kind": "drop", "after": 2, "times": 1}``
DELETE      /faults                 lets nothing go wrong any more
POST        /sts/faults             the same for STS: ``{"code": "Throttling", "times": 2}``
DELETE      /sts/faults             lets STS answer again
PUT         /script                 what the streams to come hear: ``["hello", {"text": "world"}]``
POST        /clock                  shifts the server's clock: ``{"shift_seconds": -600}``
POST        /reset                  everything as it was at the start
==========  ======================  ==================================================================

What cannot be done is answered with problem details (RFC 9457); ``problems`` are all faults of the request.
No answer holds a token, a signature or a URL with one. Host and Origin are checked as everywhere.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from weakref import WeakSet

from scribepass.errors import Problem
from scribepass.sigv4.request import SignedRequest

from .aws import LocalAws
from .clock import MAX_SHIFT_SECONDS
from .http import Answer, Http, Peer
from .journal import Record
from .members import Invalid, load, number, problems_of
from .plans import as_json, plans_of
from .recognisers.scripted import told
from .shown import shown, shown_rejection, shown_whole, wav
from .sts_plans import sts_plans_of

__all__ = ["ROUTES", "Control"]

_SHIFT = {"shift_seconds": number(-MAX_SHIFT_SECONDS, MAX_SHIFT_SECONDS)}


def _state(local: LocalAws) -> dict[str, Any]:
    return {
        "sts": local.url,
        "transcribe": local.endpoint,
        "region": local.region,
        "recogniser": local.engine.name,
        "clock_shift_seconds": local.clock.shift_seconds,
        "faults": [as_json(plan) for plan in local.faults],
        "streams_open": sum(record.outcome is None for record in local.journal),
        "limits": dataclasses.asdict(local.limits),
    }


def _streams(local: LocalAws) -> dict[str, Any]:
    return {"streams": [shown(record) for record in local.journal]}


def _refusals(local: LocalAws) -> dict[str, Any]:
    return {"refusals": [shown_rejection(each) for each in local.journal.rejections]}


def _add_faults(local: LocalAws, body: object) -> dict[str, Any]:
    for plan in plans_of(body):
        local.faults.add(plan)
    return _state(local)


def _add_sts_faults(local: LocalAws, body: object) -> dict[str, Any]:
    for fault, times, action in sts_plans_of(body):
        local.sts_faults.add(fault, times, action)
    return _state(local)


def _tell(local: LocalAws, body: object) -> dict[str, Any]:
    try:
        local.heard_by(told(body))
    except ValueError as error:
        raise Invalid([Problem(field="", code="script", message=str(error))]) from None
    return _state(local)


def _shift(local: LocalAws, body: object) -> dict[str, Any]:
    problems = list(problems_of(body, _SHIFT, required=_SHIFT.keys()))
    if problems or not isinstance(body, dict):
        raise Invalid(problems)
    local.clock.shift_seconds = body["shift_seconds"]
    return _state(local)


def _then_state(change: Callable[[LocalAws], None]) -> Callable[[LocalAws], dict[str, Any]]:
    def answer(local: LocalAws) -> dict[str, Any]:
        change(local)
        return _state(local)

    return answer


def _wav(record: Record) -> Answer:
    return Answer(status=200, body=wav(record), content_type="audio/wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """``answer`` takes the local AWS; ``of_body`` the body too; ``of_stream`` the record of one stream."""

    method: str
    path: str
    answer: Callable[[LocalAws], object] | None = None
    of_body: Callable[[LocalAws, object], object] | None = None
    of_stream: Callable[[Record], object] | None = None

    def match(self, path: str) -> re.Match[str] | None:
        return re.fullmatch(self.path.replace("{number}", "([0-9]{1,9})"), path)


ROUTES = (
    _Route(method="GET", path="/state", answer=_state),
    _Route(method="GET", path="/streams", answer=_streams),
    _Route(method="DELETE", path="/streams", answer=_then_state(lambda local: local.journal.forget())),
    _Route(method="GET", path="/streams/{number}", of_stream=shown_whole),
    _Route(method="GET", path="/streams/{number}/audio", of_stream=_wav),
    _Route(method="GET", path="/refusals", answer=_refusals),
    _Route(method="POST", path="/faults", of_body=_add_faults),
    _Route(method="DELETE", path="/faults", answer=_then_state(lambda local: local.faults.clear())),
    _Route(method="POST", path="/sts/faults", of_body=_add_sts_faults),
    _Route(method="DELETE", path="/sts/faults", answer=_then_state(lambda local: local.sts_faults.clear())),
    _Route(method="PUT", path="/script", of_body=_tell),
    _Route(method="POST", path="/clock", of_body=_shift),
    _Route(method="POST", path="/reset", answer=_then_state(LocalAws.reset)),
)


class Control:
    """Answers for one local AWS."""

    def __init__(self, local: LocalAws) -> None:
        self._local = local
        self._transports: WeakSet[asyncio.BaseTransport] = WeakSet()

    def protocol(self) -> asyncio.Protocol:
        """Make the protocol of a new connection."""
        limits = self._local.limits
        connection = _Connection(
            self.respond,
            clock=self._local.clock,
            body_bytes=limits.control_body_bytes,
            idle_seconds=limits.http_idle_seconds,
        )
        connection.transports = self._transports
        return connection

    def abort(self) -> None:
        """Drop all connections."""
        for transport in list(self._transports):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def respond(self, request: SignedRequest, _peer: Peer) -> Answer:
        """Answer one request, whatever is in it. Nothing is raised."""
        fault = self._local.access.fault(request.headers)
        if fault is not None:
            return _problem(403, fault)
        there = [(route, match) for route in ROUTES if (match := route.match(request.path))]
        if not there:
            return _problem(404, "There is nothing at this path.")
        for route, match in there:
            if route.method == request.method:
                try:
                    answered = self._call(route, match, request.body)
                except Invalid as error:
                    return _problem(400, "The request is not what it should be.", error.problems)
                return answered if isinstance(answered, Answer) else _json(200, answered)
        return _problem(405, f"This path takes {' and '.join(route.method for route, _ in there)}.")

    def _call(self, route: _Route, match: re.Match[str], body: bytes) -> object:
        if route.answer is not None:
            return route.answer(self._local)
        if route.of_body is not None:
            return route.of_body(self._local, load(body))
        record = next((each for each in self._local.journal if each.number == int(match[1])), None)
        if record is None or route.of_stream is None:
            return _problem(404, "There is no such stream.")
        return route.of_stream(record)


class _Connection(Http):
    """A connection that can be dropped when the server stops."""

    transports: WeakSet[asyncio.BaseTransport]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        self.transports.add(transport)
        super().connection_made(transport)


def _problem(status: int, detail: str, problems: Sequence[Problem] = ()) -> Answer:
    members = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    listed = [dataclasses.asdict(each) for each in problems]
    return _json(status, {**members, **({"problems": listed} if listed else {})}, kind="problem+json")


def _json(status: int, value: object, *, kind: str = "json") -> Answer:
    return Answer(status=status, body=json.dumps(value), content_type=f"application/{kind}")
