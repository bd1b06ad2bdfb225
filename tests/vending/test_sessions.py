"""Sessions: whose they are, how long they can go on, and how many at once."""

import base64
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.callers import Caller
from scribepass.errors import Forbidden, Scope, Throttled, UnknownTicket
from scribepass.policy import parse as parse_policy
from scribepass.quotas import Quota, Unlimited
from scribepass.transcribe import Operation, parse
from scribepass.vending import CallerNames, Deployment, TicketRequest, Vendor
from scribepass.vending.identity import TicketIds
from support.clock import START, Clock
from support.service import ASKED, Held

SECRET = b"a secret of the deployment of 37 bytes"
WEB, OTHER = Caller(id="web-app"), Caller(id="other-app")
SESSION = "4b1f2d3c-0000-4000-8000-00000000000a"


class Counting(Unlimited):
    """Quotas that remember leases, three a caller."""

    def __init__(self) -> None:
        self.leases: dict[tuple[str, str], int] = {}

    def lease(self, caller: Caller, *, session_id: str, quota: Quota, seconds: int) -> None:
        mine = [each for each in self.leases if each[0] == caller.id]
        if (caller.id, session_id) not in mine and len(mine) >= quota.sessions:
            raise Throttled(retry_after=60, scope=Scope.SESSIONS)
        self.leases[caller.id, session_id] = seconds

    def release(self, caller: Caller, *, session_id: str) -> None:
        self.leases.pop((caller.id, session_id), None)


def vendor(
    clock: Clock, *, secret: bytes = SECRET, quotas: Counting | None = None, **parts: object
) -> Vendor:
    here = Deployment(
        operations=tuple(Operation),
        regions=("us-east-1", "eu-west-1"),
        default_region="us-east-1",
        quota=Quota(sessions=3),
        resume_window=900,
    )
    return Vendor(here, supplies=Held(clock), secret=secret, clock=clock, quotas=quotas, **parts)


def asks(**beside: object) -> TicketRequest:
    return TicketRequest(operation=Operation.STANDARD, params=parse(Operation.STANDARD, ASKED), **beside)


def test_a_session_goes_on_with_another_ticket() -> None:
    """The same session id, another ticket and URL; whether the session is named as well does not matter."""
    selling = vendor(Clock())
    first = selling.vend(WEB, asks())
    second = selling.vend(WEB, asks(ticket_id=first.ticket_id))
    third = selling.vend(WEB, asks(ticket_id=second.ticket_id, session_id=first.session_id))
    assert first.session_id == second.session_id == third.session_id
    assert len({first.ticket_id, second.ticket_id, third.ticket_id}) == 3
    assert third.parameters["session-id"] == first.session_id


def test_another_worker_knows_the_ticket() -> None:
    """Nothing is in memory: a vendor that never saw the first ticket vends the second."""
    clock = Clock()
    first = vendor(clock).vend(WEB, asks())
    assert vendor(clock).vend(WEB, asks(ticket_id=first.ticket_id)).session_id == first.session_id


@pytest.mark.parametrize(
    ("caller", "secret", "later", "session"),
    [
        pytest.param(OTHER, SECRET, 0, None, id="another caller"),
        pytest.param(WEB, b"another deployment's secret, as long", 0, None, id="another deployment"),
        pytest.param(WEB, SECRET, 901, None, id="after the window"),
        pytest.param(WEB, SECRET, -61, None, id="from the future"),
        pytest.param(WEB, SECRET, 0, SESSION, id="another session"),
    ],
)
def test_a_session_of_somebody_else_is_refused(
    caller: Caller, secret: bytes, later: float, session: str | None
) -> None:
    """All alike: nobody learns whose it was."""
    clock = Clock()
    first = vendor(clock).vend(WEB, asks())
    clock.advance(later)
    with pytest.raises(Forbidden) as raised:
        vendor(clock, secret=secret).vend(caller, asks(ticket_id=first.ticket_id, session_id=session))
    assert [(each.field, each.code) for each in raised.value.problems] == [("ticket-id", "unknown")]


def test_a_session_goes_on_where_it_was() -> None:
    """In another region, or as another kind of stream, it would be one stream more under the same lease."""
    selling = vendor(Clock())
    first = selling.vend(WEB, asks(region="us-east-1"))
    medical = {**ASKED, "specialty": "PRIMARYCARE", "type": "DICTATION"}
    other = TicketRequest(
        operation=Operation.MEDICAL, params=parse(Operation.MEDICAL, medical), ticket_id=first.ticket_id
    )
    for wish in (other, asks(region="eu-west-1", ticket_id=first.ticket_id)):
        with pytest.raises(Forbidden):
            selling.vend(WEB, wish)
    assert selling.vend(WEB, asks(ticket_id=first.ticket_id)).session_id == first.session_id


def test_the_window_begins_with_each_ticket() -> None:
    """A session that goes on again and again stays its caller's."""
    clock = Clock()
    selling = vendor(clock)
    ticket = selling.vend(WEB, asks())
    for _ in range(3):
        clock.advance(900)
        ticket = selling.vend(WEB, asks(ticket_id=ticket.ticket_id))


@given(st.text() | st.from_regex(r"\Atk_[A-Za-z0-9_-]{56}\Z"))
def test_what_is_no_ticket_id_is_unknown(text: str) -> None:
    """Whatever it is: one error, and no other."""
    with pytest.raises(UnknownTicket):
        TicketIds(SECRET).session_of(text, caller=WEB, now=START, within=900)


def test_every_bit_of_a_ticket_id_counts() -> None:
    """Session, time and random part are all under the code; the text has one form only."""
    ids = TicketIds(SECRET)
    good = ids.issue(SESSION, caller=WEB, use="standard us-east-1", now=START)
    assert ids.session_of(good, caller=WEB, now=START, within=0) == SESSION
    data = base64.urlsafe_b64decode(good[3:])
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        text = "tk_" + base64.urlsafe_b64encode(changed).decode().rstrip("=")
        with pytest.raises(UnknownTicket):
            ids.session_of(text, caller=WEB, now=START, within=10**9)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [good[:-1] + last for last in alphabet if good[-1] != last]
    for text in [*others, good + "=", good[3:], good.upper(), f" {good}"]:
        with pytest.raises(UnknownTicket):
            ids.session_of(text, caller=WEB, now=START, within=10**9)


def test_outstanding_tickets_are_counted_until_they_are_closed() -> None:
    """Three at once; one that is reported closed makes room, and reporting it again is no error."""
    quotas = Counting()
    selling = vendor(Clock(), quotas=quotas)
    tickets = [selling.vend(WEB, asks()) for _ in range(3)]
    with pytest.raises(Throttled) as raised:
        selling.vend(WEB, asks())
    assert raised.value.scope is Scope.SESSIONS
    selling.vend(OTHER, asks())
    selling.vend(WEB, asks(ticket_id=tickets[0].ticket_id))
    for _ in range(2):
        selling.close(WEB, tickets[0].ticket_id)
    selling.vend(WEB, asks())


def test_nobody_closes_anothers_session() -> None:
    """The same refusal as for an id that never was."""
    quotas = Counting()
    selling = vendor(Clock(), quotas=quotas)
    ticket = selling.vend(WEB, asks())
    for caller, ticket_id in ((OTHER, ticket.ticket_id), (WEB, "tk_" + "A" * 56)):
        with pytest.raises(UnknownTicket):
            selling.close(caller, ticket_id)
    assert len(quotas.leases) == 1


def test_the_policy_has_the_last_word_on_limits() -> None:
    """A class's own numbers replace the deployment's, one by one."""
    policy = parse_policy("[default]\n[default.quota]\nsessions = 1\n")
    quotas = Counting()
    selling = vendor(Clock(), quotas=quotas, policy=policy)
    selling.vend(WEB, asks())
    with pytest.raises(Throttled):
        selling.vend(WEB, asks())
    assert selling.quota_of(selling.rules_of(WEB)) == Quota(sessions=1)


def test_a_million_callers_have_a_million_names() -> None:
    """Names differ, are what STS takes, and hold nothing of an address."""
    names = CallerNames(SECRET)
    seen = Counter(names.hash_of(Caller(id=f"okta|{number}@example.com")) for number in range(1_000_000))
    assert len(seen) == 1_000_000
    caller = Caller(id="okta|ada.lovelace@example.com", source="okta")
    assert re.fullmatch(r"sp-okta-[0-9a-f]{32}", names.session_name(caller))


@pytest.mark.parametrize("source", ["okta", "a/b", "a_b", "x" * 64, "é", "a b"])
def test_a_session_name_is_one_that_sts_takes(source: str) -> None:
    """Whatever an operator called the issuer; and it is the hash that tells callers apart."""
    names = CallerNames(SECRET)
    one, two = (names.session_name(Caller(id=f"{source}|{sub}", source=source)) for sub in ("a/b", "a_b"))
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", one, re.ASCII)
    assert one != two


def test_names_depend_on_the_secret() -> None:
    """Without it nobody finds a caller's hash by trying addresses."""
    assert CallerNames(SECRET).hash_of(WEB) != CallerNames(b"another").hash_of(WEB)
