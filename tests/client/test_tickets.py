"""Tickets over HTTP: what is asked, what comes back, and what never shows."""

import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scribepass.client.tickets import MAX_ANSWER_BYTES, HttpTickets, is_loopback
from scribepass.errors import ServiceUnreachable, TicketRefused
from scribepass.transcribe import Operation
from support.loopback import FORMAT, SIGNATURE, TOKEN, vending

URL = f"wss://transcribestreaming.us-east-1.amazonaws.com:8443/x?X-Amz-Signature={SIGNATURE}"
KEY = "sp_live_abcdefgh_" + "k" * 43 + "123456"
TICKET = {
    "url": URL,
    "session_id": "11111111-2222-3333-4444-555555555555",
    "ticket_id": "tk_1",
    "operation": "medical",
    "region": "us-west-2",
    "parameters": {"sample-rate": "16000", "media-encoding": "pcm"},
    "expires_in": 60,
}


def answering(status: int, body: object, **headers: str) -> httpx.MockTransport:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers))


async def test_a_ticket_is_asked_for_and_read() -> None:
    """Parameters travel as one JSON object, by AWS's names; the answer becomes a value."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json=TICKET)

    tickets = HttpTickets("https://t.example/base/", api_key=KEY, transport=httpx.MockTransport(handle))
    ticket = await tickets.fetch({"sample-rate": 16000, "operation": "medical"})
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", "https://t.example/base/presign")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {"sample-rate": 16000, "operation": "medical"}
    assert (ticket.url, ticket.operation, ticket.region) == (URL, Operation.MEDICAL, "us-west-2")
    assert (ticket.parameters, ticket.expires_in) == (TICKET["parameters"], 60)


async def test_the_end_of_a_stream_is_reported() -> None:
    """By its ticket, with the key; and whatever comes back, or nothing, is no error."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            return httpx.Response(204)
        if len(seen) == 2:
            return httpx.Response(500, json={})
        raise httpx.ConnectError("gone")

    tickets = HttpTickets("https://t.example/base/", api_key=KEY, transport=httpx.MockTransport(handle))
    ticket = await HttpTickets("https://t.example", transport=answering(201, TICKET)).fetch({})
    for _ in range(3):
        await tickets.closed(ticket)
    assert {(each.method, str(each.url)) for each in seen} == {
        ("POST", "https://t.example/base/sessions/tk_1/closed")
    }
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"


async def test_without_a_key_none_is_sent() -> None:
    """A service that knows everybody is asked without a credential."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json=TICKET)

    await HttpTickets("http://t.example", transport=httpx.MockTransport(handle)).fetch({})
    assert "authorization" not in seen[0].headers


async def test_a_key_is_cleaned_or_refused_and_never_repeated() -> None:
    """The end of a line around a key is dropped; one inside it is refused without being shown."""
    async with vending("ws://127.0.0.1:1/x") as desk:
        await HttpTickets(desk.url, api_key=f" {KEY}\n").fetch(FORMAT)
    assert f"bearer {KEY}\r\n".lower() in desk.heads[0].lower()
    for broken in (KEY[:9] + "\n" + KEY[9:], KEY + "é", KEY + " x"):
        with pytest.raises(ValueError, match="character") as caught:
            HttpTickets("http://t.example", api_key=broken)
        assert KEY[:9] not in str(caught.value)


async def test_neither_key_nor_url_shows() -> None:
    """The reprs of a source and of a ticket hold no secret."""
    tickets = HttpTickets("http://t.example", api_key=KEY, transport=answering(201, TICKET))
    shown = repr(tickets) + str(tickets) + repr(await tickets.fetch({}))
    assert KEY not in shown
    assert SIGNATURE not in shown
    assert "wss://" not in shown


async def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG, over a real socket: neither the key, nor the URL, nor its token."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with vending(
        f"ws://127.0.0.1:1/x?X-Amz-Security-Token={TOKEN}&X-Amz-Signature={SIGNATURE}"
    ) as desk:
        ticket = await HttpTickets(desk.url, api_key=KEY).fetch(FORMAT)
    assert ticket.url.endswith(SIGNATURE)
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    for secret in (KEY, SIGNATURE, TOKEN):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("said", "expected"), [("7", 7), ("0", 0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
async def test_a_refusal_says_when_to_come_again(said: str | None, expected: int | None) -> None:
    """The header Retry-After, in seconds, stands beside the problem's own members; a date is passed over."""
    headers = {} if said is None else {"Retry-After": said}
    body = {"title": "Slow", "retry_after": 1e300}  # not the header's word
    tickets = HttpTickets("http://t.example", transport=answering(429, body, **headers))
    with pytest.raises(TicketRefused) as caught:
        await tickets.fetch({})
    assert caught.value.problem.get("retry_after") == expected
    assert caught.value.problem["title"] == "Slow"


@pytest.mark.parametrize(
    "broken",
    [
        {"expires_in": float("inf")},
        *(
            {"parameters": {"sample-rate": rate, "media-encoding": "pcm"}}
            for rate in ("0", "-1", "9" * 12, "x")
        ),
        {"parameters": {"media-encoding": "pcm"}},
        {"parameters": {"sample-rate": "16000"}},
        {"parameters": {"sample-rate": "16000", "media-encoding": ""}},
    ],
)
async def test_what_no_stream_can_be_opened_with_is_no_ticket(broken: dict[str, Any]) -> None:
    """A service that answers nonsense is one that is not there; no other error comes of it."""
    body = json.dumps({**TICKET, **broken}).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(201, content=body))
    with pytest.raises(ServiceUnreachable, match="not a ticket"):
        await HttpTickets("http://t.example", transport=transport).fetch({})


PROBLEM = {
    "status": 400,
    "title": "Bad Request",
    "detail": "The request cannot be signed; problems lists every fault.",
    "problems": [{"field": "sample-rate", "code": "range", "message": "must be from 8000 to 48000"}],
}


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        pytest.param(400, PROBLEM, r"\(400\): The request cannot be signed", id="problem details"),
        pytest.param(401, {"title": "Unauthorized"}, r"\(401\): Unauthorized", id="a title only"),
        pytest.param(404, b"<html>", r"\(404\): Not Found", id="no JSON at all"),
        pytest.param(503, b"[1]", r"\(503\): Service Unavailable", id="JSON that is no object"),
        pytest.param(302, b"", r"\(302\): Found", id="a redirect, which is not followed"),
    ],
)
async def test_a_refusal_keeps_what_the_service_said(status: int, body: object, text: str) -> None:
    """Anything but 201 is TicketRefused, with the status, the problem and a sentence."""
    tickets = HttpTickets(
        "http://t.example", transport=answering(status, body, location="http://evil.example")
    )
    with pytest.raises(TicketRefused, match=text) as caught:
        await tickets.fetch({})
    assert caught.value.status == status
    assert caught.value.problem == (body if isinstance(body, dict) else {})


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in TICKET.items() if key != name}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"hello", id="no JSON"),
        pytest.param({}, id="an empty object"),
        pytest.param(without("url"), id="no url"),
        pytest.param({**TICKET, "url": "https://evil.example/"}, id="a url that is no WebSocket"),
        pytest.param({**TICKET, "operation": "dictation"}, id="an operation nobody knows"),
        pytest.param({**TICKET, "parameters": []}, id="parameters that are no object"),
        pytest.param({**TICKET, "expires_in": "soon"}, id="a life that is no number"),
        pytest.param(b"[" * 60_000, id="nested without end"),
        pytest.param(b" " * (MAX_ANSWER_BYTES + 1), id="far too long"),
    ],
)
async def test_an_answer_that_is_no_ticket(body: object) -> None:
    """Something else that answers 201 at that address is not taken for a service."""
    with pytest.raises(ServiceUnreachable, match=r"no answer from http://t\.example: its answer is"):
        await HttpTickets("http://t.example", transport=answering(201, body)).fetch({})


def failing(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handle(_: httpx.Request) -> httpx.Response:
        raise error

    return handle


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(httpx.ConnectTimeout("x"), "it took too long", id="time-out"),
        pytest.param(httpx.ConnectError("Name or service not known"), "Name or service", id="no such host"),
        pytest.param(httpx.RemoteProtocolError(""), "RemoteProtocolError", id="an error without words"),
    ],
)
async def test_a_service_that_does_not_answer(error: Exception, text: str) -> None:
    """What goes wrong on the way is ServiceUnreachable, whose context holds no request."""
    tickets = HttpTickets("http://t.example", transport=httpx.MockTransport(failing(error)))
    with pytest.raises(ServiceUnreachable, match=text) as caught:
        await tickets.fetch({})
    assert caught.value.service == "http://t.example"
    assert caught.value.__context__ is None


async def test_a_closed_port() -> None:
    """A real refusal of a real socket."""
    with pytest.raises(ServiceUnreachable, match=r"no answer from http://127.0.0.1:1"):
        await HttpTickets("http://127.0.0.1:1").fetch({})


async def test_a_proxy_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY of the environment does not take a request for this machine to another."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with vending("ws://127.0.0.1:1/x") as desk:
        await HttpTickets(desk.url).fetch(FORMAT)
    assert desk.asked == [FORMAT]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("t.example", id="no scheme"),
        pytest.param("ftp://t.example", id="another scheme"),
        pytest.param("http://", id="no host"),
        pytest.param("http://me:secret@t.example", id="a password, which would be logged"),
        pytest.param("http://t.example/?key=1", id="a query"),
        pytest.param("http://t.example/#x", id="a fragment"),
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    """An address is a scheme, a host, perhaps a port and a path."""
    with pytest.raises(ValueError, match="service"):
        HttpTickets(address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
        ("localhost.example", False), ("10.0.0.1", False), ("t.example", False), ("", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    """Names and addresses that can only be this machine."""
    assert is_loopback(host) is expected
