"""Tickets from a scribepass service: ``POST /presign`` by httpx."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from scribepass.errors import ServiceUnreachable, TicketRefused
from scribepass.telemetry import redact_text
from scribepass.transcribe import Operation
from scribepass.transcribe.catalogue import SAMPLE_RATES

__all__ = ["ClientTicket", "HttpTickets", "TicketSource", "is_loopback"]

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
CLOSED_SECONDS = 2.0
MAX_ANSWER_BYTES = 64 * 1024
"""A ticket has about 4 KiB, most of it session token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTicket:
    """What the service vended. ``url`` is a bearer secret: whoever has it can open the stream."""

    url: str = field(repr=False)
    session_id: str
    ticket_id: str
    operation: Operation
    region: str
    parameters: Mapping[str, str]
    expires_in: int


class TicketSource(Protocol):
    """Where a client gets the right to open one stream."""

    async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
        """A fresh ticket for a stream with these parameters. Raises TicketRefused, ServiceUnreachable."""

    async def closed(self, ticket: ClientTicket) -> None:
        """The stream of this ticket is over, or was never opened. Takes moments, and never raises."""


class HttpTickets(TicketSource):
    """Tickets from the service at ``service_url``, such as ``http://127.0.0.1:8000``.

    ``params`` are AWS's parameters by their query names, and beside them whatever else the service's
    ``POST /presign`` takes, such as ``operation``, ``region``, ``expires-in`` and ``client-reference-id``.
    ``transport`` is httpx's, for a caller that wants its own.

    Raises ValueError for an address that is not plain http(s)://host[:port][/path], and for a key that
    no header can carry. White space around the key, such as the end of its file's line, is not part of it.
    """

    def __init__(
        self,
        service_url: str,
        *,
        api_key: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        parts = urlsplit(service_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the service is named by an address such as https://tickets.example.com")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the service's address holds no user name, no query and no fragment")
        key = (api_key or "").strip()
        if not re.fullmatch("[!-~]*", key):
            raise ValueError("the API key has a character that no key has")
        self._service = service_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._transport = transport
        self._from_environment = not is_loopback(parts.hostname)

    def __repr__(self) -> str:
        return f"HttpTickets({self._service!r})"

    async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
        """One ``POST /presign``, never repeated here: each answer is a fresh, short-lived ticket.

        Of a refusal ``problem`` has ``retry_after`` as well, in seconds, if the header ``Retry-After`` has.
        """
        status, headers, body = await self._post(dict(params))
        answer = _json_object(body)
        if status != httpx.codes.CREATED:
            answer.pop("retry_after", None)
            raise _refused(status, answer | _retry_after(headers))
        try:
            return _ticket(answer)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            reason = "its answer is not a ticket; is this a scribepass service?"
        raise ServiceUnreachable(self._service, reason)

    async def closed(self, ticket: ClientTicket) -> None:
        """One ``POST /sessions/{ticket_id}/closed``. Where it fails, the ticket's lease ends by itself."""
        path = f"{self._service}/sessions/{ticket.ticket_id}/closed"
        with suppress(httpx.HTTPError, httpx.InvalidURL):
            async with self._client() as client:
                await client.post(path, timeout=CLOSED_SECONDS)

    async def _post(self, params: dict[str, object]) -> tuple[int, httpx.Headers, bytes]:
        try:
            async with (
                self._client() as client,
                client.stream("POST", f"{self._service}/presign", json=params) as answer,
            ):
                return answer.status_code, answer.headers, await _bounded(answer)
        except httpx.TimeoutException:
            reason = "it took too long"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = redact_text(str(error)) or type(error).__name__
        raise ServiceUnreachable(self._service, reason)

    def _client(self) -> httpx.AsyncClient:
        # A proxy of the environment is not asked for loopback: it would look on its own machine.
        # Redirects are not followed, so the key goes nowhere but where its owner sends it.
        return httpx.AsyncClient(
            headers=self._headers,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=self._transport,
            trust_env=self._from_environment,
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise httpx.DecodingError("its answer is far too long for a ticket")
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _ticket(answer: Mapping[str, Any]) -> ClientTicket:
    ticket = ClientTicket(
        url=str(answer["url"]),
        session_id=str(answer["session_id"]),
        ticket_id=str(answer["ticket_id"]),
        operation=Operation(answer["operation"]),
        region=str(answer["region"]),
        parameters={str(name): str(value) for name, value in answer["parameters"].items()},
        expires_in=int(answer["expires_in"]),
    )
    if urlsplit(ticket.url).scheme not in {"ws", "wss"}:
        raise ValueError("not the address of a WebSocket")
    lowest, highest = SAMPLE_RATES
    if not (
        ticket.parameters["media-encoding"] and lowest <= int(ticket.parameters["sample-rate"]) <= highest
    ):
        raise ValueError("not the parameters of a stream")
    return ticket


def _retry_after(headers: httpx.Headers) -> dict[str, Any]:
    """``retry_after`` in seconds, if the header says it that way; a date is left out."""
    said = headers.get("Retry-After", "")
    return {"retry_after": int(said)} if re.fullmatch("[0-9]{1,6}", said) else {}


def _refused(status: int, problem: dict[str, Any]) -> TicketRefused:
    said = problem.get("detail") or problem.get("title") or httpx.codes.get_reason_phrase(status)
    return TicketRefused(f"the service refused a ticket ({status}): {said}", status=status, problem=problem)
