"""The paths of the API. A view reads, calls once, and writes."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g

from scribepass.errors import Forbidden, InvalidParameters, Scope, Throttled
from scribepass.quotas import Standing
from scribepass.vending import Vendor

from .asking import ticket_request
from .at_hand import the_request
from .catalogue import catalogue
from .guard import the_address, the_caller
from .problems import not_ready
from .readiness import Readiness
from .reading import pairs_of

__all__ = ["add_routes"]

Json = dict[str, Any]

_JSON = json.JSONEncoder(separators=(",", ":"))


def add_routes(app: Flask, *, vendor: Vendor, readiness: Readiness) -> None:
    """Add every path of the API to ``app``."""

    def presign() -> Response:
        request, caller = the_request(), the_caller()
        rules = vendor.rules_of(caller)
        quota = vendor.quota_of(rules)
        try:
            asked = ticket_request(pairs_of(request), vendor=vendor, rules=rules)
            ticket = vendor.vend(caller, asked, address=the_address())
        except (InvalidParameters, Forbidden):
            vendor.quotas.spend(caller, quota=quota)  # nonsense counts like any other request
            raise
        except Throttled as error:
            if error.scope is Scope.RATE and quota.per_minute:
                g.standing = Standing(limit=quota.per_minute, remaining=0, reset=error.retry_after)
            raise
        g.standing = ticket.standing
        status = HTTPStatus.CREATED if request.method == "POST" else HTTPStatus.OK
        return Response(_JSON.encode(ticket.to_json()), status, content_type="application/json")

    def close(ticket_id: str) -> tuple[str, int]:
        vendor.close(the_caller(), ticket_id)
        return "", HTTPStatus.NO_CONTENT

    def list_catalogue() -> Json:
        return catalogue(vendor, rules=vendor.rules_of(the_caller()))

    def healthz() -> Json:
        return {"status": "ok"}

    def readyz() -> Json | Response:
        return {"status": "ready"} if readiness.ready() else not_ready()

    app.add_url_rule("/presign", "presign", presign, methods=["GET", "POST"])
    app.add_url_rule("/sessions/<ticket_id>/closed", "close", close, methods=["POST"])
    app.add_url_rule("/catalogue", "catalogue", list_catalogue)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    for rule in app.url_map.iter_rules("presign"):
        # werkzeug lets HEAD in where GET is; it would sign a URL and throw it away.
        (rule.methods or set()).discard("HEAD")
