"""Who may pass. Every endpoint is guarded, unless it is named here."""

from __future__ import annotations

import enum
import re
import uuid
from urllib.parse import urlsplit

from flask import Flask, g, request
from werkzeug.exceptions import SecurityError

from scribepass.callers import ANONYMOUS, Authenticator, Caller
from scribepass.errors import Forbidden, InvalidParameters, Problem, Unauthenticated
from scribepass.settings import is_loopback
from scribepass.telemetry import begin_request, end_request

from .headers import PAGE_ENDPOINT

__all__ = ["OPEN_ENDPOINTS", "Hosts", "guard", "the_caller"]

OPEN_ENDPOINTS = frozenset({"healthz", "readyz", PAGE_ENDPOINT})
"""Probes have no key, and neither has a browser that opens the page."""

_REQUEST_ID = re.compile("[A-Za-z0-9-]{8,64}")
_KEY = re.compile(r"sp_[a-z0-9]+_[A-Za-z0-9]{8}_")
_CREDENTIAL_NAMES = frozenset(
    {"accesstoken", "apikey", "auth", "authorization", "bearer", "idtoken", "jwt", "key", "password"}
    | {"secret", "token", "xapikey"}
)
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts(enum.Enum):
    """Which Host headers are served."""

    ANY = "any; the proxy in front decides"
    LOCAL = (
        "this machine's own names, so that no page of a name that points to 127.0.0.1 can ask (DNS rebinding)"
    )


def guard(app: Flask, *, authenticator: Authenticator, hosts: Hosts) -> None:
    """Give each request its id, then let in only known callers."""

    def let_in() -> None:
        _identify()
        if hosts is Hosts.LOCAL and urlsplit(f"//{request.host}").hostname not in _LOCAL_HOSTS:
            raise SecurityError
        # What matches no route is refused for that; a preflight (OPTIONS) never carries a credential.
        if request.routing_exception or request.method == "OPTIONS" or request.endpoint in OPEN_ENDPOINTS:
            return
        _refuse_shapes()
        g.caller = _caller(authenticator)

    app.before_request(let_in)
    app.teardown_request(lambda _error: end_request())


def the_caller() -> Caller:
    """Who makes the request at hand."""
    caller: Caller = g.caller
    return caller


def _identify() -> None:
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if _REQUEST_ID.fullmatch(asked) else str(uuid.uuid4())
    begin_request(g.request_id)


def _caller(authenticator: Authenticator) -> Caller:
    caller = authenticator.authenticate(dict(request.headers.items(lower=True)))
    if caller is None or (caller is ANONYMOUS and not _from_this_machine(request.remote_addr)):
        raise Unauthenticated("Bearer")
    return caller


def _from_this_machine(address: str | None) -> bool:
    # Empty behind a Unix socket. None, which no server of ours sends, is nobody that is known.
    return address is not None and (not address or is_loopback(address))


def _refuse_shapes() -> None:
    """Requests that are not served, whoever makes them."""
    if request.headers.get("Sec-Fetch-Mode") == "navigate":
        raise Forbidden("a page navigation")
    names = {re.sub("[^a-z]", "", name.lower()) for name in request.args}
    holds_key = any(_KEY.search(text) for pair in request.args.items(multi=True) for text in pair)
    if names & _CREDENTIAL_NAMES or holds_key:
        message = "must not hold a credential: queries are logged on their way; use a header"
        raise InvalidParameters([Problem(field="query", code="credential", message=message)])
