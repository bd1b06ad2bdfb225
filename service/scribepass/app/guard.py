"""Who may pass. Every endpoint is guarded, unless it is named here."""

from __future__ import annotations

import enum
import re
import time
import uuid
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import SecurityError

from scribepass.callers import ANONYMOUS, Authenticator, Caller
from scribepass.errors import Forbidden, InvalidParameters, IssuerUnavailable, Problem, Unauthenticated
from scribepass.quotas import Quotas
from scribepass.settings import is_loopback
from scribepass.telemetry import Metrics, begin_request, end_request

from .address import Forwarding
from .headers import PAGE_ENDPOINT

__all__ = ["OPEN_ENDPOINTS", "Guard", "Hosts", "the_address", "the_caller"]

OPEN_ENDPOINTS = frozenset({"healthz", "readyz", "openapi", "docs", "docs_css", PAGE_ENDPOINT})
"""Probes have no key, and neither has a browser that opens the page or reads how to ask."""

_REQUEST_ID = re.compile("[A-Za-z0-9-]{8,64}")
_KEY = re.compile(r"sp_[a-z0-9]+_[A-Za-z0-9]{8}_")
_CREDENTIAL_NAMES = frozenset(
    {"accesstoken", "apikey", "auth", "authorization", "bearer", "idtoken", "jwt", "key", "password"}
    | {"secret", "token", "xapikey"}
)
_CLASSES = ("", "1xx", "2xx", "3xx", "4xx", "5xx")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


PLAIN_HTTP = Problem(
    field="X-Forwarded-Proto",
    code="plain_http",
    message="must be https on the whole way: the key was in clear",
)
NAVIGATION = Problem(
    field="Sec-Fetch-Mode", code="navigation", message="must not be navigate: fetch this, do not open it"
)


class Hosts(enum.Enum):
    """Which Host headers are served."""

    ANY = "any; the proxy in front decides"
    LOCAL = (
        "this machine's own names, so that no page of a name that points to 127.0.0.1 can ask (DNS rebinding)"
    )


class Guard:
    """Gives each request its id and address, then lets in only known callers."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        quotas: Quotas,
        hosts: Hosts,
        forwarding: Forwarding,
        metrics: Metrics,
    ) -> None:
        self._authenticator = authenticator
        self._quotas = quotas
        self._hosts = hosts
        self._forwarding = forwarding
        self._metrics = metrics

    def watch(self, app: Flask) -> None:
        """Stand before every endpoint of ``app``."""
        app.before_request(self._let_in)
        app.after_request(self._measure)
        app.teardown_request(lambda _error: end_request())

    def _let_in(self) -> None:
        g.started = time.perf_counter()
        _identify()
        peer = request.remote_addr
        g.address = self._forwarding.client_of(peer, forwarded=request.headers.getlist("X-Forwarded-For"))
        if self._hosts is Hosts.LOCAL and urlsplit(f"//{request.host}").hostname not in _LOCAL_HOSTS:
            raise SecurityError
        # What matches no route is refused for that; a preflight (OPTIONS) never carries a credential.
        if request.routing_exception or request.method == "OPTIONS" or request.endpoint in OPEN_ENDPOINTS:
            return
        self._refuse_plain_http(peer)
        _refuse_shapes()
        g.caller = self._caller()

    def _measure(self, response: Response) -> Response:
        if request.endpoint not in OPEN_ENDPOINTS:
            self._metrics.observe(
                "request_seconds",
                time.perf_counter() - g.started,
                endpoint=request.endpoint or "none",
                status=_CLASSES[response.status_code // 100],
            )
        return response

    def _refuse_plain_http(self, peer: str | None) -> None:
        """No redirect to https: by then the credential has gone over the network in clear."""
        said = request.headers.get("X-Forwarded-Proto")
        if said is None or {each.strip().lower() for each in said.split(",")} == {"https"}:
            return
        if self._forwarding.is_from_proxy(peer):
            raise Forbidden("plain HTTP", problems=[PLAIN_HTTP])

    def _caller(self) -> Caller:
        try:
            caller = _known(self._authenticator.authenticate(dict(request.headers.items(lower=True))))
        except IssuerUnavailable as error:
            self._metrics.count("authentications", source=error.issuer, result="unavailable")
            self._quotas.failed(
                g.address or ""
            )  # else anybody's nonsense could hold every thread for a while
            raise
        except Unauthenticated:
            self._metrics.count("authentications", source="any", result="refused")
            self._quotas.failed(g.address or "")
            raise
        self._metrics.count("authentications", source=caller.source, result="ok")
        return caller


def the_caller() -> Caller:
    """Who makes the request at hand."""
    caller: Caller = g.caller
    return caller


def the_address() -> str | None:
    """Where the request at hand comes from; None where nobody knows, empty behind a Unix socket."""
    address: str | None = g.address
    return address


def _identify() -> None:
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if _REQUEST_ID.fullmatch(asked) else str(uuid.uuid4())
    begin_request(g.request_id)


def _known(caller: Caller | None) -> Caller:
    if caller is None or (caller is ANONYMOUS and not _from_this_machine(request.remote_addr)):
        raise Unauthenticated("Bearer")
    return caller


def _from_this_machine(address: str | None) -> bool:
    # Empty behind a Unix socket. None, which no server of ours sends, is nobody that is known.
    return address is not None and (not address or is_loopback(address))


def _refuse_shapes() -> None:
    """Requests that are not served, whoever makes them."""
    if request.headers.get("Sec-Fetch-Mode") == "navigate":
        raise Forbidden("a page navigation", problems=[NAVIGATION])
    if not request.query_string:
        return
    if not request.query_string.isascii():  # which werkzeug does not expect
        message = "must be NAME=VALUE pairs in percent-encoded UTF-8"
        raise InvalidParameters([Problem(field="query", code="value", message=message)])
    names = {re.sub("[^a-z]", "", name.lower()) for name in request.args}
    holds_key = any(_KEY.search(text) for pair in request.args.items(multi=True) for text in pair)
    if names & _CREDENTIAL_NAMES or holds_key:
        message = "must not hold a credential: queries are logged on their way; use a header"
        raise InvalidParameters([Problem(field="query", code="credential", message=message)])
