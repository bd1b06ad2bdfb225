"""The vendor: what it signs, for how long, and what it refuses."""

import re
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.callers import Caller
from scribepass.credentials import Need
from scribepass.errors import CredentialsUnavailable, InvalidParameters, LocalProtocolError, SignatureExpired
from scribepass.policy import open_policy
from scribepass.sigv4 import MAX_EXPIRES, Credentials, SignedRequest, verify
from scribepass.transcribe import Operation, parse
from scribepass.transcribe.catalogue import MAX_URL_SECONDS
from scribepass.vending import MARGIN, MIN_EXPIRES, Deployment, Ticket, TicketRequest, Vendor
from scribepass.vending.signing import _must_mean
from support.clock import START, Clock
from support.logs import captured
from support.service import ASKED, SECRET, TOKEN, Held

CALLER = Caller(id="web-app")
SECRET_OF_THE_DEPLOYMENT = b"a secret of the deployment of 37 bytes"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
MEDICAL = {**ASKED, "specialty": "PRIMARYCARE", "type": "DICTATION"}
PARAMETERS = {Operation.STANDARD: ASKED, Operation.MEDICAL: MEDICAL, Operation.CALL_ANALYTICS: ASKED}


def vendor(
    clock: Clock, *, held: Held | None = None, parts: Mapping[str, object] | None = None, **options: object
) -> Vendor:
    """A vendor of everything; ``options`` are of its deployment, ``parts`` its other parts."""
    chosen = {
        "operations": tuple(Operation),
        "regions": ("us-east-1", "af-south-1"),
        "default_region": "us-east-1",
    }
    others = {"supplies": held or Held(clock), "secret": SECRET_OF_THE_DEPLOYMENT, "clock": clock}
    return Vendor(Deployment(**{**chosen, **options}), **{**others, **(parts or {})})


def request(operation: Operation = Operation.STANDARD, **beside: object) -> TicketRequest:
    return TicketRequest(operation=operation, params=parse(operation, PARAMETERS[operation]), **beside)


def check(url: str, *, now: datetime, region: str = "us-east-1") -> None:
    """Verify the URL as Transcribe would: against the host that a client sends."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    known = Credentials(access_key_id="ASIAEXAMPLE", secret_access_key=SECRET, session_token=TOKEN)
    verify(
        SignedRequest(method="GET", target=target, headers=[("Host", parts.netloc)]),
        lookup=lambda _key, token: known if token == TOKEN else pytest.fail("another token"),
        now=now,
        service="transcribe",
        region=region,
    )


@pytest.mark.parametrize("operation", Operation)
def test_a_ticket_opens_the_stream_that_was_asked_for(operation: Operation) -> None:
    """Host with port, path, parameters and a session id of ours, all under one good signature."""
    ticket = vendor(Clock()).vend(CALLER, request(operation))
    parts = urlsplit(ticket.url)
    assert parts.netloc == "transcribestreaming.us-east-1.amazonaws.com:8443"
    assert (parts.scheme, parts.path) == ("wss", operation.path)
    said = dict(parse_qsl(parts.query))
    expected = {name: str(value) for name, value in PARAMETERS[operation].items()}
    assert ticket.parameters == {**expected, "session-id": ticket.session_id}
    assert ticket.parameters.items() <= said.items()
    assert re.fullmatch(UUID, ticket.session_id)
    assert re.fullmatch("tk_[A-Za-z0-9_-]{56}", ticket.ticket_id)
    check(ticket.url, now=START)


def test_a_ticket_says_how_long_it_lasts() -> None:
    """Its own times are those of the signature, in whole seconds."""
    clock = Clock(START + timedelta(milliseconds=750))
    ticket = vendor(clock).vend(CALLER, request(expires_in=20))
    assert (ticket.expires_in, ticket.expires_at) == (20, START + timedelta(seconds=20))
    assert ticket.server_time == clock.now
    assert ticket.credentials_expire_at == clock.now + timedelta(hours=1)
    check(ticket.url, now=ticket.expires_at - timedelta(seconds=1))
    with pytest.raises(SignatureExpired):
        check(ticket.url, now=ticket.expires_at + timedelta(seconds=1))


def test_no_two_tickets_are_alike() -> None:
    """Session and ticket ids are drawn anew each time, also within one second."""
    selling = vendor(Clock())
    tickets = [selling.vend(CALLER, request()) for _ in range(500)]
    assert len({each.ticket_id for each in tickets}) == len({each.session_id for each in tickets}) == 500


def test_another_region_is_signed_for_itself() -> None:
    """The region of the request decides about host and scope."""
    ticket = vendor(Clock()).vend(CALLER, request(region="af-south-1"))
    assert urlsplit(ticket.url).netloc == "transcribestreaming.af-south-1.amazonaws.com:8443"
    check(ticket.url, now=START, region="af-south-1")


def test_a_developers_endpoint_takes_the_place_of_aws() -> None:
    """Scheme and host are the endpoint's, and so is the signature."""
    ticket = vendor(Clock(), endpoint="ws://127.0.0.1:8444").vend(CALLER, request())
    assert ticket.url.startswith("ws://127.0.0.1:8444/stream-transcription-websocket?")
    check(ticket.url, now=START)


@given(
    left=st.floats(-100, 4000),
    asked=st.none() | st.integers(MIN_EXPIRES, 300),
    default=st.integers(15, 300),
    most=st.integers(15, 300),
    fraction=st.floats(0, 0.999),
)
def test_a_url_never_outlives_its_credentials(
    left: float, asked: int | None, default: int, most: int, fraction: float
) -> None:
    """For every life that is left and every wish: the URL ends first, or there is none.

    AWS judges both ends by its own clock, so what ours shows (any offset of it) cannot change their order.
    """
    clock = Clock(START + timedelta(seconds=fraction))
    selling = vendor(clock, held=Held(clock, left=left), expires_in=default, max_expires_in=most)
    wish = request(expires_in=min(asked, most) if asked else None)
    try:
        ticket = selling.vend(CALLER, wish)
    except CredentialsUnavailable:
        assert left < MIN_EXPIRES + MARGIN + 1
        return
    said = dict(parse_qsl(urlsplit(ticket.url).query))
    signed_at = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
    ends = signed_at + timedelta(seconds=int(said["X-Amz-Expires"]))
    assert ends == ticket.expires_at
    assert ends <= clock.now + timedelta(seconds=left)
    assert MIN_EXPIRES <= ticket.expires_in <= (wish.expires_in or default)
    assert ticket.expires_in <= most


def test_credentials_without_an_end_limit_nothing() -> None:
    """Static keys: the wish and the deployment's limit alone decide."""
    clock = Clock()
    ticket = vendor(clock, held=Held(clock, left=None)).vend(CALLER, request(expires_in=300))
    assert (ticket.expires_in, ticket.credentials_expire_at) == (300, None)


def test_no_setting_makes_a_url_that_aws_refuses() -> None:
    """300 seconds is Transcribe's limit: no deployment says otherwise."""
    with pytest.raises(ValueError, match="from 15 to 300"):
        vendor(Clock(), max_expires_in=604800)


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        pytest.param(request(region="eu-west-1"), "region", "value", id="a region that is not vended"),
        pytest.param(request(region="evil.example/"), "region", "value", id="a region that is none"),
        pytest.param(request(expires_in=14), "expires-in", "range", id="too short"),
        pytest.param(request(expires_in=121), "expires-in", "range", id="longer than the deployment allows"),
        pytest.param(request(expires_in=0), "expires-in", "range", id="zero"),
        pytest.param(request(expires_in=-60), "expires-in", "range", id="negative"),
        pytest.param(request(Operation.MEDICAL), "operation", "value", id="an operation that is not vended"),
        pytest.param(
            TicketRequest(
                operation=Operation.STANDARD,
                params=parse(
                    Operation.STANDARD, {**ASKED, "session-id": "4b1f2d3c-0000-4000-8000-000000000000"}
                ),
            ),
            "session-id",
            "reserved",
            id="a session of the caller's choice",
        ),
        pytest.param(
            TicketRequest(
                operation=Operation.STANDARD,
                params=parse(Operation.STANDARD, {**ASKED, "language-code": "zu-ZA"}),
                region="af-south-1",
            ),
            None,
            None,
            id="a language that the region has",
        ),
        pytest.param(
            TicketRequest(
                operation=Operation.STANDARD,
                params=parse(Operation.STANDARD, {**ASKED, "language-code": "am-ET"}),
                region="af-south-1",
            ),
            "language-code",
            "value",
            id="a language that the region has not",
        ),
    ],
)
def test_what_is_not_vended_is_refused(wish: TicketRequest, field: str | None, code: str | None) -> None:
    """By name; and nothing is signed for it."""
    clock = Clock()
    selling = vendor(clock, operations=(Operation.STANDARD,), max_expires_in=120)
    if field is None:
        selling.vend(CALLER, wish)
        return
    with pytest.raises(InvalidParameters) as raised:
        selling.vend(CALLER, wish)
    assert [(each.field, each.code) for each in raised.value.problems] == [(field, code)]


def test_every_operation_signs_with_its_own_credentials() -> None:
    """Credentials scoped to one action are never used for another."""
    clock = Clock()
    suppliers = {operation.action: Held(clock) for operation in Operation}
    for operation in Operation:
        key = f"ASIA{operation.name}".replace("_", "")
        held = suppliers[operation.action]
        held.credentials = Credentials(access_key_id=key, secret_access_key=SECRET)

    class ByAction(Held):
        def of(self, need: Need) -> Held:
            return suppliers[need.action]

    selling = vendor(clock, held=ByAction(clock))
    for operation in [*Operation, *Operation]:
        url = selling.vend(CALLER, request(operation)).url
        assert f"X-Amz-Credential=ASIA{operation.name.replace('_', '')}%2F" in url


def test_refreshed_credentials_sign_from_the_next_ticket_on() -> None:
    """The cached signer goes with the credentials that it was made for."""
    clock = Clock()
    held = Held(clock)
    selling = vendor(clock, held=held)
    selling.vend(CALLER, request())
    held.credentials = Credentials(access_key_id="ASIANEXT", secret_access_key=SECRET)
    assert "X-Amz-Credential=ASIANEXT%2F" in selling.vend(CALLER, request()).url


def test_it_is_ready_while_there_are_credentials() -> None:
    """From memory, and only while a URL could still be signed."""
    clock = Clock()
    held = Held(clock)
    selling = vendor(clock, held=held)
    assert selling.ready()
    clock.advance(3600 - MIN_EXPIRES - MARGIN)
    assert selling.ready()
    clock.advance(1)
    assert not selling.ready()
    held.credentials = None
    assert not selling.ready()


def test_each_ticket_is_one_line_of_the_log() -> None:
    """Who was given what; and nothing with which the stream could be opened."""
    with captured("info") as log:
        from scribepass.telemetry import get_log

        wish = request(client_reference_id="call-42")
        selling = vendor(Clock(), parts={"log": get_log("vending")})
        ticket = selling.vend(Caller(id="web-app", key_id="Ab12Cd34"), wish, address="192.0.2.7")
    (line,) = log.all
    assert line.pop("timestamp")
    assert line == {
        "level": "info",
        "event": "ticket_issued",
        "part": "vending",
        "ticket_id": ticket.ticket_id,
        "session_id": ticket.session_id,
        "resumed": False,
        "caller": selling.names.hash_of(CALLER),
        "source": "keys",
        "key_id": "Ab12Cd34",
        "policy": "default",
        "address": "192.0.2.7",
        "operation": "standard",
        "region": "us-east-1",
        "expires_in": 60,
        "expires_at": "2026-11-22T12:01:00Z",
        "client_reference_id": "call-42",
    }


def test_a_ticket_does_not_show_its_url() -> None:
    """Printing it is no leak."""
    ticket: Ticket = vendor(Clock()).vend(CALLER, request())
    assert "X-Amz" not in repr(ticket)


BASE = "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda url: url.replace("en-US", "en-GB"), id="another value"),
        pytest.param(lambda url: url.replace("en-US", "en-US%20"), id="a value that is nearly the same"),
        pytest.param(lambda url: f"{url}&vocabulary-name=x", id="a parameter more"),
        pytest.param(lambda url: f"{url}&sample-rate=16000", id="one twice"),
        pytest.param(lambda url: f"{url}&X-Amz-Expires=604800", id="a second expiry"),
        pytest.param(lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), id="another expiry"),
        pytest.param(lambda url: url.replace("&X-Amz-SignedHeaders=host", ""), id="no signed headers"),
        pytest.param(lambda url: re.sub("&X-Amz-Signature=.*", "", url), id="no signature"),
        pytest.param(lambda url: url.replace("&sample-rate=16000", ""), id="one less"),
        pytest.param(lambda url: url.replace(":8443", ""), id="no port"),
        pytest.param(lambda url: url.replace("us-east-1.amazonaws.com", "evil.example"), id="another host"),
        pytest.param(lambda url: url.replace("wss:", "ws:"), id="another scheme"),
        pytest.param(lambda url: url.replace("/stream-", "/medical-stream-"), id="another path"),
    ],
)
def test_a_url_that_means_something_else_is_not_given_out(change: object) -> None:
    """Read again as its recipient will read it: any difference is our bug, and no ticket."""
    ticket = vendor(Clock()).vend(CALLER, request())
    _must_mean(ticket.url, base=BASE, parameters=ticket.parameters, expires=60)
    changed = change(ticket.url)  # type: ignore[operator]
    assert changed != ticket.url
    with pytest.raises(LocalProtocolError) as raised:
        _must_mean(changed, base=BASE, parameters=ticket.parameters, expires=60)
    assert "X-Amz" not in str(raised.value)


def test_threads_share_a_vendor() -> None:
    """Tickets that are made at once are all good."""
    clock = Clock()
    held = Held(clock)
    selling = vendor(clock, held=held)
    urls: list[str] = []

    def ask() -> None:
        urls.extend(selling.vend(CALLER, request()).url for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 400
    for url in urls:
        check(url, now=START)


def test_an_error_names_where_credentials_should_have_come_from() -> None:
    """Its source is a source, not a sentence about the credentials."""
    clock = Clock()
    with pytest.raises(CredentialsUnavailable) as raised:
        vendor(clock, held=Held(clock, left=MIN_EXPIRES + MARGIN - 1)).vend(CALLER, request())
    assert raised.value.source == "credentials that end too soon"


def test_the_parts_agree_about_a_urls_life() -> None:
    """Where one part may not import the other, the two say the same."""
    assert (
        MAX_EXPIRES
        == MAX_URL_SECONDS
        == Deployment(operations=(), regions=(), default_region="").max_expires_in
        == open_policy().rules_of(CALLER).max_expires_in
    )
