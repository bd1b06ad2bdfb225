"""The service in this process: its parts on a clock that moves by hand, and a client that speaks to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scribepass.app import Parts, create_app
from scribepass.callers import Authenticator, Caller, FirstOf, Open
from scribepass.callers.api_keys import ApiKeys, new_key
from scribepass.credentials import Need
from scribepass.errors import CredentialsUnavailable
from scribepass.policy import Policy
from scribepass.quotas import Quotas
from scribepass.settings import Settings
from scribepass.sigv4 import Credentials
from scribepass.telemetry import NULL_METRICS, Metrics, get_log
from scribepass.transcribe import Operation
from scribepass.vending import Deployment, Vendor
from support.clock import Clock

KEY, RECORD = new_key("test", caller="web-app")
BEARER = {"Authorization": f"Bearer {KEY}"}
ASKED: Mapping[str, object] = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}
QUERY = "language-code=en-US&media-encoding=pcm&sample-rate=16000"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEAPP"
TOKEN = "FwoGZXIvYXdzEXAMPLE/APP+TOKEN==" * 20


class Held:
    """A supplier that holds what it is given; None is an outage."""

    def __init__(self, clock: Clock, *, left: float | None = 3600) -> None:
        self.clock = clock
        self.needs: list[Need] = []
        self.credentials: Credentials | None = Credentials(
            access_key_id="ASIAEXAMPLE",
            secret_access_key=SECRET,
            session_token=TOKEN,
            expires_at=None if left is None else clock() + timedelta(seconds=left),
        )

    def of(self, need: Need) -> "Held":
        self.needs.append(need)
        return self

    def start(self) -> None:
        pass

    def current(self) -> Credentials:
        if self.credentials is None:
            raise CredentialsUnavailable("arn:aws:iam::111122223333:role/vending", retry_after=7)
        return self.credentials

    def seconds_left(self) -> float:
        if self.credentials is None:
            return 0.0
        ends = self.credentials.expires_at
        return float("inf") if ends is None else (ends - self.clock()).total_seconds()


@dataclass
class Service:
    """An application with every part at hand."""

    app: Flask
    client: FlaskClient
    clock: Clock
    held: Held
    vendor: Vendor

    @property
    def caller_hash(self) -> str:
        """What the log calls the caller whose key is `KEY`."""
        return self.vendor.names.hash_of(Caller(id="web-app"))

    def post(self, body: object = ASKED, **options: Any) -> TestResponse:
        return self.client.post("/presign", json=body, headers=BEARER | options.pop("headers", {}), **options)

    def get(self, query: str = QUERY, **options: Any) -> TestResponse:
        return self.client.get(f"/presign?{query}", headers=BEARER | options.pop("headers", {}), **options)


def service(
    *,
    settings: Mapping[str, object] | None = None,
    authenticator: Authenticator | None = None,
    operations: tuple[Operation, ...] = (Operation.STANDARD,),
    policy: Policy | None = None,
    quotas: Quotas | None = None,
    metrics: Metrics = NULL_METRICS,
) -> Service:
    """A service with one API key (`BEARER`); ``settings`` are fields of Settings."""
    chosen = Settings.model_validate(
        {
            "api_keys_file": "unread.json",
            "credential_mode": "ambient",
            "operations": operations,
            **(settings or {}),
        }
    )
    clock = Clock()
    held = Held(clock)
    vendor = Vendor(
        Deployment(
            operations=operations,
            regions=chosen.regions,
            default_region=chosen.region,
            expires_in=chosen.expires_in,
            max_expires_in=chosen.max_expires_in,
            resume_window=chosen.resume_window,
            lease=chosen.session_lease,
            endpoint=chosen.transcribe_endpoint,
        ),
        supplies=held,
        secret=b"a secret of the tests, long enough",
        clock=clock,
        policy=policy,
        quotas=quotas,
        log=get_log("vending"),
        metrics=metrics,
    )
    known = authenticator or FirstOf(ApiKeys([RECORD]), *([Open()] if chosen.anonymous else []))
    app = create_app(chosen, parts=Parts(vendor=vendor, authenticator=known, metrics=metrics))
    return Service(app, app.test_client(), clock, held, vendor)
