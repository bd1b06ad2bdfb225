"""Who may pass. Every endpoint is guarded, unless it is named here."""

from __future__ import annotations

import enum
import random
import re
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import SecurityError

from scribepass.callers import ANONYMOUS, Authenticator, Caller
from scribepass.errors import Forbidden, InvalidParameters, IssuerUnavailable, Problem, Unauthenticated
from scribepass.quotas import Quotas
from scribepass.settings import is_loopback
from scribepass.telemetry import Metrics, begin_request, end_request

from .address import Forwarding
from .at_hand import the_known, the_request
from .headers import PAGE_ENDPOINT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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
        asked, known = the_request(), the_known()
        environ, peer = asked.environ, asked.remote_addr
        known.started = time.perf_counter()
        known.request_id = _request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        begin_request(known.request_id)
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        known.address = self._forwarding.client_of(peer, forwarded=[forwarded] if forwarded else ())
        if self._hosts is Hosts.LOCAL and urlsplit(f"//{asked.host}").hostname not in _LOCAL_HOSTS:
            raise SecurityError
        # What matches no route is refused for that; a preflight (OPTIONS) never carries a credential.
        if asked.routing_exception or asked.method == "OPTIONS" or asked.endpoint in OPEN_ENDPOINTS:
            return
        self._refuse_plain_http(environ, peer)
        _refuse_shapes(asked)
        known.caller = self._caller(environ)

    def _measure(self, response: Response) -> Response:
        endpoint = the_request().endpoint
        if endpoint not in OPEN_ENDPOINTS:
            self._metrics.observe(
                "request_seconds",
                time.perf_counter() - g.started,
                endpoint=endpoint or "none",
                status=_CLASSES[response.status_code // 100],
            )
        return response

    def _refuse_plain_http(self, environ: WSGIEnvironment, peer: str | None) -> None:
        """No redirect to https: by then the credential has gone over the network in clear."""
        said = environ.get("HTTP_X_FORWARDED_PROTO")
        if said is None or {each.strip().lower() for each in said.split(",")} == {"https"}:
            return
        if self._forwarding.is_from_proxy(peer):
            raise Forbidden("plain HTTP", problems=[PLAIN_HTTP])

    def _caller(self, environ: WSGIEnvironment) -> Caller:
        try:
            caller = _known(self._authenticator.authenticate(_headers(environ)))
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


def _request_id(asked: str) -> str:
    # No secret, so not of the kernel's randomness, which every thread would let go of the interpreter for.
    return asked if _REQUEST_ID.fullmatch(asked) else _random_id()


def _random_id() -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """What came as headers, by their names in lower case (PEP 3333)."""
    return {
        name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"
    }


def _known(caller: Caller | None) -> Caller:
    if caller is None or (caller is ANONYMOUS and not _from_this_machine(request.remote_addr)):
        raise Unauthenticated("Bearer")
    return caller


def _from_this_machine(address: str | None) -> bool:
    # Empty behind a Unix socket. None, which no server of ours sends, is nobody that is known.
    return address is not None and (not address or is_loopback(address))


def _refuse_shapes(asked: Request) -> None:
    """Requests that are not served, whoever makes them."""
    if asked.environ.get("HTTP_SEC_FETCH_MODE") == "navigate":
        raise Forbidden("a page navigation", problems=[NAVIGATION])
    if not asked.query_string:
        return
    if not asked.query_string.isascii():  # which werkzeug does not expect
        message = "must be NAME=VALUE pairs in percent-encoded UTF-8"
        raise InvalidParameters([Problem(field="query", code="value", message=message)])
    names = {re.sub("[^a-z]", "", name.lower()) for name in asked.args}
    holds_key = any(_KEY.search(text) for pair in asked.args.items(multi=True) for text in pair)
    if names & _CREDENTIAL_NAMES or holds_key:
        message = "must not hold a credential: queries are logged on their way; use a header"
        raise InvalidParameters([Problem(field="query", code="credential", message=message)])
