"""The one use case: a caller asks for a stream and is given a ticket.

What may be asked for is a rule of the deployment and stands here; what AWS takes stands in ``transcribe``. A
`Vendor` is given its parts and names no library.
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from scribepass.callers import Caller
from scribepass.credentials import Supplier
from scribepass.errors import CredentialsUnavailable, InvalidParameters, LocalProtocolError, Problem
from scribepass.sigv4 import Credentials, Presigner
from scribepass.sigv4.presign import SIGNING_PARAMETERS
from scribepass.telemetry import EventLog
from scribepass.transcribe import Operation, StreamParams, check_region, host_of, stream_url
from scribepass.transcribe.catalogue import MAX_URL_SECONDS

__all__ = ["MIN_EXPIRES", "SESSION_ID_RESERVED", "Ticket", "TicketRequest", "Vendor"]

MIN_EXPIRES = 15
"""Seconds; under that, a slow network or a clock a little off makes URLs fail at random."""

MARGIN = 30
"""Seconds between the end of a URL and that of the credentials that signed it."""

SESSION_ID_RESERVED = Problem(field="session-id", code="reserved", message="is chosen by the service")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRequest:
    """What a caller asks for. ``region`` and ``expires_in`` (seconds) are the deployment's where None."""

    operation: Operation
    params: StreamParams
    region: str | None = None
    expires_in: int | None = None
    client_reference_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The right to open one stream. ``url`` is a bearer secret and in no ``repr``.

    ``parameters`` are those that were signed, by AWS's names. ``credentials_expire_at`` is None for
    credentials that never end.
    """

    url: str = field(repr=False)
    ticket_id: str
    session_id: str
    operation: Operation
    region: str
    parameters: Mapping[str, str]
    expires_in: int
    expires_at: datetime
    server_time: datetime
    credentials_expire_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """The ticket as ``/presign`` answers it; times in UTC, whole seconds."""
        ends = self.credentials_expire_at
        return {
            "url": self.url,
            "session_id": self.session_id,
            "ticket_id": self.ticket_id,
            "operation": self.operation.value,
            "region": self.region,
            "parameters": dict(self.parameters),
            "expires_in": self.expires_in,
            "expires_at": _timestamp(self.expires_at),
            "server_time": _timestamp(self.server_time),
            "credentials_expire_at": _timestamp(ends) if ends else None,
        }


class Vendor:
    """Vends tickets for the operations that ``credentials`` names. Safe to share between threads.

    ``endpoint``, such as ``ws://127.0.0.1:8444``, stands in for Transcribe on a developer's machine. Every
    ticket is one line of ``log``, where there is one.
    """

    def __init__(
        self,
        *,
        credentials: Mapping[Operation, Supplier],
        regions: Sequence[str],
        default_region: str,
        clock: Callable[[], datetime],
        expires_in: int = 60,
        max_expires_in: int = MAX_URL_SECONDS,
        endpoint: str | None = None,
        log: EventLog | None = None,
    ) -> None:
        self.operations = tuple(credentials)
        self.regions = tuple(regions)
        self.default_region = default_region
        self.max_expires_in = min(max_expires_in, MAX_URL_SECONDS)
        self._suppliers = dict(credentials)
        self._clock = clock
        self._log = log
        self._expires_in = expires_in
        self._endpoint = endpoint
        self._presigners: dict[tuple[Operation, str], tuple[Credentials, Presigner]] = {}

    def ready(self) -> bool:
        """Whether a ticket could be vended for every operation at this moment, from what is in memory."""
        return all(each.seconds_left() >= MIN_EXPIRES + MARGIN for each in self._suppliers.values())

    def problems(self, *, operation: Operation, region: str | None, expires_in: int | None) -> list[Problem]:
        """What of this the deployment does not vend."""
        found = []
        if operation not in self._suppliers:
            message = f"is not vended here, only {', '.join(each.value for each in self.operations)}"
            found.append(Problem(field="operation", code="value", message=message))
        if region is not None and region not in self.regions:
            message = f"is not vended here, only {', '.join(self.regions)}"
            found.append(Problem(field="region", code="value", message=message))
        if expires_in is not None and not MIN_EXPIRES <= expires_in <= self.max_expires_in:
            message = f"must be from {MIN_EXPIRES} to {self.max_expires_in} seconds"
            found.append(Problem(field="expires-in", code="range", message=message))
        return found

    def vend(self, caller: Caller, request: TicketRequest) -> Ticket:
        """A ticket, signed at this moment and written to the log.

        Raises:
            InvalidParameters: the deployment does not vend this, or the caller names a session.
            CredentialsUnavailable: there are none, or too little is left of them for a URL.
        """
        region = request.region or self.default_region
        self._check(request, region=region)
        credentials = self._suppliers[request.operation].current()
        params = request.params.model_copy(update={"session_id": str(uuid.uuid4())})
        ticket = self._ticket(params, region=region, credentials=credentials, asked=request.expires_in)
        self._record(ticket, caller=caller, request=request)
        return ticket

    def _record(self, ticket: Ticket, *, caller: Caller, request: TicketRequest) -> None:
        if self._log is not None:
            self._log.info(
                "ticket_issued",
                ticket_id=ticket.ticket_id,
                session_id=ticket.session_id,
                caller=caller.id,
                operation=ticket.operation.value,
                region=ticket.region,
                expires_in=ticket.expires_in,
                client_reference_id=request.client_reference_id,
            )

    def _check(self, request: TicketRequest, *, region: str) -> None:
        found = self.problems(operation=request.operation, region=region, expires_in=request.expires_in)
        if request.params.session_id is not None:
            found.append(SESSION_ID_RESERVED)
        if found:
            raise InvalidParameters(found)
        check_region(request.params, region)

    def _ticket(
        self, params: StreamParams, *, region: str, credentials: Credentials, asked: int | None
    ) -> Ticket:
        now = self._clock()
        expires = self._life(asked or self._expires_in, until=credentials.expires_at, now=now)
        if expires < MIN_EXPIRES:
            raise CredentialsUnavailable(f"the supplier for {params.operation.value} streams")
        unsigned = stream_url(params.operation, region=region, params=params, endpoint=self._endpoint)
        url = self._presigner(credentials, use=(params.operation, region)).presign(
            unsigned, now=now, expires=expires
        )
        parameters = dict(params.items())
        origin = self._endpoint or f"wss://{host_of(region)}"
        _must_mean(url, base=f"{origin}{params.operation.path}", parameters=parameters, expires=expires)
        return Ticket(
            url=url,
            ticket_id=f"tk_{secrets.token_hex(16)}",
            session_id=parameters["session-id"],
            operation=params.operation,
            region=region,
            parameters=parameters,
            expires_in=expires,
            expires_at=now.replace(microsecond=0) + timedelta(seconds=expires),
            server_time=now,
            credentials_expire_at=credentials.expires_at,
        )

    def _life(self, asked: int, *, until: datetime | None, now: datetime) -> int:
        """Seconds: a URL never outlives the key that signed it, for then AWS would refuse it unexplained."""
        life = min(asked, self.max_expires_in)
        return life if until is None else min(life, math.floor((until - now).total_seconds()) - MARGIN)

    def _presigner(self, credentials: Credentials, *, use: tuple[Operation, str]) -> Presigner:
        # Two threads may both make one after a refresh; either is whole, and the later one stays.
        made_for, presigner = self._presigners.get(use, (None, None))
        if presigner is None or made_for is not credentials:
            presigner = Presigner(credentials, region=use[1])
            self._presigners[use] = (credentials, presigner)
        return presigner


def _timestamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _must_mean(url: str, *, base: str, parameters: Mapping[str, str], expires: int) -> None:
    """Read the finished URL as its recipient will: it must mean what was intended, and nothing besides.

    By the standard library's parser, because what is checked is our own encoder.
    """
    address, _, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    said, meant = dict(pairs), {**parameters, "X-Amz-Expires": str(expires)}
    besides = said.keys() - parameters.keys() - {"X-Amz-Security-Token"}
    sound = address == base and len(said) == len(pairs) and besides == set(SIGNING_PARAMETERS)
    if not sound or any(said.get(name) != value for name, value in meant.items()):
        raise LocalProtocolError("the URL does not mean what was to be signed; it was not given out")
