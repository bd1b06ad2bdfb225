"""The one use case: a caller asks for a stream and is given a ticket.

What may be asked for is a rule of the deployment and stands here, what one caller may ask for is its policy,
and what AWS takes stands in ``transcribe``. A `Vendor` is given its parts and names no library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scribepass.callers import Caller
from scribepass.credentials import Need, Supplies
from scribepass.errors import Forbidden, InvalidParameters, Problem, UnknownTicket
from scribepass.policy import Policy, Rules, open_policy
from scribepass.quotas import Quota, Quotas, Unlimited
from scribepass.telemetry import NULL_METRICS, EventLog, Metrics
from scribepass.transcribe import Operation, check_region
from scribepass.transcribe.catalogue import MAX_URL_SECONDS

from .identity import CallerNames, TicketIds
from .signing import MARGIN, MIN_EXPIRES, Signer, life_of
from .tickets import Ticket, TicketRequest, timestamp

__all__ = ["Deployment", "Vendor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is vended here. ``expires_in``, ``resume_window`` and ``lease`` are in seconds.

    ``quota`` is that of a caller whose policy says nothing of it; ``endpoint``, such as
    ``ws://127.0.0.1:8444``, stands in for Transcribe on a developer's machine.
    """

    operations: Sequence[Operation]
    regions: Sequence[str]
    default_region: str
    expires_in: int = 60
    max_expires_in: int = MAX_URL_SECONDS
    resume_window: int = 900
    lease: int = 3600
    quota: Quota = field(default_factory=Quota)
    session_tags: bool = False
    endpoint: str | None = None

    def __post_init__(self) -> None:
        if not MIN_EXPIRES <= self.max_expires_in <= MAX_URL_SECONDS:
            raise ValueError(f"max_expires_in must be from {MIN_EXPIRES} to {MAX_URL_SECONDS}")


class Vendor:
    """Vends tickets, each of them one line of ``log``, where there is one. Safe to share between threads."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        supplies: Supplies,
        secret: bytes,
        clock: Callable[[], datetime],
        policy: Policy | None = None,
        quotas: Quotas | None = None,
        log: EventLog | None = None,
        metrics: Metrics = NULL_METRICS,
    ) -> None:
        self.deployment = deployment
        self.names = CallerNames(secret)
        self.quotas = quotas or Unlimited()
        self._supplies = supplies
        self._ids = TicketIds(secret)
        self._clock = clock
        self._policy = policy or open_policy()
        self._signer = Signer(endpoint=deployment.endpoint)
        self._log = log
        self._metrics = metrics

    def start(self) -> None:
        """Look for credentials in the background from here on."""
        self._supplies.start()

    def ready(self) -> bool:
        """Whether there are credentials for a URL at this moment, in memory."""
        return self._supplies.seconds_left() >= MIN_EXPIRES + MARGIN

    def seconds_left(self) -> float:
        """How long the credentials at hand last."""
        return self._supplies.seconds_left()

    def rules_of(self, caller: Caller) -> Rules:
        """What this caller may ask for."""
        return self._policy.rules_of(caller)

    def default_region(self, rules: Rules) -> str:
        """The region for a caller with these rules that names none: the deployment's, if it may use that."""
        here = self.deployment
        allowed = (each for each in (here.default_region, *here.regions) if rules.allows_region(each))
        return next(allowed, here.default_region)

    def quota_of(self, rules: Rules) -> Quota:
        """The limits of a caller with these rules."""
        return replace(self.deployment.quota, **rules.quota) if rules.quota else self.deployment.quota

    def problems(self, *, operation: Operation, region: str | None, expires_in: int | None) -> list[Problem]:
        """What of this the deployment does not vend."""
        here, found = self.deployment, []
        if operation not in here.operations:
            message = f"is not vended here, only {', '.join(each.value for each in here.operations)}"
            found.append(Problem(field="operation", code="value", message=message))
        if region is not None and region not in here.regions:
            message = f"is not vended here, only {', '.join(here.regions)}"
            found.append(Problem(field="region", code="value", message=message))
        if expires_in is not None and not MIN_EXPIRES <= expires_in <= here.max_expires_in:
            message = f"must be from {MIN_EXPIRES} to {here.max_expires_in} seconds"
            found.append(Problem(field="expires-in", code="range", message=message))
        return found

    def vend(self, caller: Caller, request: TicketRequest, *, address: str | None = None) -> Ticket:
        """A ticket, signed at this moment and written to the log.

        ``address`` is the caller's, for credentials that are bound to it.

        Raises:
            InvalidParameters: the deployment does not vend this.
            Forbidden: it does, but not to this caller; or the session is none of its own.
            CredentialsUnavailable: there are none, or too little is left of them for a URL.
            Throttled: the caller asks too often, or too many tickets are outstanding.
        """
        rules, now = self._policy.rules_of(caller), self._clock()
        region = request.region or self.default_region(rules)
        self._check(request, rules=rules, region=region)
        use = f"{request.operation.value} {region}"
        session_id = self._session(request, caller=caller, use=use, now=now)
        credentials = self._supplies.of(self._need(caller, request, rules, region, address)).current()
        now = self._clock()  # the credentials may have been waited for
        most = min(self.deployment.max_expires_in, rules.max_expires_in)
        asked = request.expires_in or self.deployment.expires_in
        expires = life_of(credentials, asked=asked, most=most, now=now)
        quota = self.quota_of(rules)
        # Only now: what is missing here must not use up what the caller may ask for.
        standing = self.quotas.spend(caller, quota=quota)
        params = request.params.model_copy(update={"session_id": session_id})
        url = self._signer.sign(params, region=region, credentials=credentials, now=now, expires=expires)
        self.quotas.lease(caller, session_id=session_id, quota=quota, seconds=self.deployment.lease)
        ticket = Ticket(
            url=url,
            ticket_id=self._ids.issue(session_id, caller=caller, use=use, now=now),
            session_id=session_id,
            operation=request.operation,
            region=region,
            parameters=dict(params.items()),
            expires_in=expires,
            expires_at=now.replace(microsecond=0) + timedelta(seconds=expires),
            server_time=now,
            credentials_expire_at=credentials.expires_at,
            standing=standing,
        )
        self._record(ticket, caller=caller, request=request, rules=rules, address=address)
        return ticket

    def close(self, caller: Caller, ticket_id: str) -> None:
        """The caller says that this ticket's session is over. Again is no error.

        Raises:
            UnknownTicket: it was not issued to this caller, or its lease would have ended long ago.
        """
        within = self.deployment.lease + self.deployment.resume_window
        session_id = self._ids.session_of(ticket_id, caller=caller, now=self._clock(), within=within)
        self.quotas.release(caller, session_id=session_id)

    def _check(self, request: TicketRequest, *, rules: Rules, region: str) -> None:
        found = self.problems(operation=request.operation, region=region, expires_in=request.expires_in)
        if request.params.session_id is not None:
            found.append(SESSION_ID_RESERVED)
        if found:
            raise InvalidParameters(found)
        check_region(request.params, region)
        rules.check(
            operation=request.operation,
            region=region,
            expires_in=request.expires_in,
            params=request.params,
        )

    def _session(self, request: TicketRequest, *, caller: Caller, use: str, now: datetime) -> str:
        if request.ticket_id is None:
            return self._ids.new_session()
        window = self.deployment.resume_window
        try:
            session_id = self._ids.session_of(
                request.ticket_id, caller=caller, use=use, now=now, within=window
            )
        except UnknownTicket:
            raise Forbidden("this session", problems=[NOT_RESUMABLE]) from None
        if request.session_id not in (None, session_id):
            raise Forbidden("this session", problems=[NOT_RESUMABLE])
        return session_id

    def _need(
        self, caller: Caller, request: TicketRequest, rules: Rules, region: str, address: str | None
    ) -> Need:
        name = self.names.session_name(caller)
        tags = (("scribepass:caller", name), ("scribepass:class", rules.name))
        return Need(
            action=request.operation.action,
            region=region,
            session=name,
            address=address,
            tags=tags if self.deployment.session_tags else (),
        )

    def _record(
        self, ticket: Ticket, *, caller: Caller, request: TicketRequest, rules: Rules, address: str | None
    ) -> None:
        self._metrics.count("tickets", outcome="issued", reason="none")
        if self._log is not None:
            self._log.info(
                "ticket_issued",
                ticket_id=ticket.ticket_id,
                session_id=ticket.session_id,
                resumed=request.ticket_id is not None,
                caller=self.names.hash_of(caller),
                source=caller.source,
                key_id=caller.key_id,
                policy=rules.name,
                address=address,
                operation=ticket.operation.value,
                region=ticket.region,
                expires_in=ticket.expires_in,
                expires_at=timestamp(ticket.expires_at),
                client_reference_id=request.client_reference_id,
            )


SESSION_ID_RESERVED = Problem(
    field="session-id",
    code="reserved",
    message="is chosen by the service; to go on with a session, give its ticket-id as well",
)
NOT_RESUMABLE = Problem(
    field="ticket-id",
    code="unknown",
    message="is no ticket of this caller for this session, operation and region, or is too old",
)
