"""The canary run: thousands of tickets with every logger at DEBUG and exceptions by force, and no leak."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from scribepass.app import build_parts, create_app
from scribepass.cli.up import LIMITS
from scribepass.credentials import Need, Supplies
from scribepass.settings import Settings
from scribepass.telemetry import get_log
from scribepass.telemetry.metrics import Prometheus
from scribepass.transcribe import Operation
from support.environment import no_aws
from support.logs import captured
from support.service import BEARER, KEY, QUERY
from support.sts import SECRET, TOKEN, sts

TICKETS = 10_000
FAILURES = 100
NEED = Need(action=Operation.STANDARD.action, region="us-east-1", session="tester")


class Leaky:
    """A supplier that now and then fails in the worst way: with everything in the text of its exception."""

    def __init__(self, supplies: Supplies) -> None:
        self.supplies = supplies
        self.worst: Exception | None = None

    def of(self, _need: Need) -> "Leaky":
        return self

    def start(self) -> None:
        pass

    def current(self) -> object:
        if self.worst is not None:
            raise self.worst
        return self.supplies.of(NEED).current()

    def seconds_left(self) -> float:
        return self.supplies.seconds_left()


def disguises(secret: str) -> Iterator[str]:
    """The forms in which it could have been written."""
    yield secret
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="")
    yield json.dumps(secret)[1:-1]
    yield secret.replace("/", "\\/")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def worst_cases(url: str) -> list[Exception]:
    """What a careless library could raise with a URL or a secret in hand."""
    return [
        RuntimeError(f"cannot open {url}"),
        ValueError(url),
        KeyError(SECRET),
        OSError(5, "cannot open", url),
        RuntimeError(json.dumps({"url": url, "SecretAccessKey": SECRET, "SessionToken": TOKEN})),
        RuntimeError(f"<SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>"),
        RuntimeError(quote(url, safe="")),
        RuntimeError(base64.b64encode(url.encode()).decode()),
        RuntimeError({"headers": {"Authorization": BEARER["Authorization"], "x-amz-security-token": TOKEN}}),
        RuntimeError(f"secret_access_key={SECRET!r}, {KEY}"),
    ]


def all_loggers_at_debug() -> None:
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)


@pytest.mark.timeout(120)
def test_no_line_holds_what_grants_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Signatures, tokens, secrets and keys of the whole run, in every dress: not once in any output."""
    no_aws(monkeypatch, home=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")
    settings = {
        "env": "local",
        "anonymous": True,
        "role_arn": "arn:aws:iam::111122223333:role/vending",
        **{name.removeprefix("SCRIBEPASS_").lower(): 0 for name in LIMITS},
    }
    with sts() as stub, captured("debug") as log:
        chosen = Settings.model_validate({**settings, "sts_endpoint": stub.url})
        metrics = Prometheus()
        parts = build_parts(chosen, measure=lambda _: metrics)
        leaky = Leaky(parts.vendor._supplies)
        parts.vendor._supplies = leaky
        app = create_app(chosen, parts=parts)
        client = app.test_client()
        all_loggers_at_debug()
        urls = []
        for number in range(TICKETS):
            answer = client.get(f"/presign?{QUERY}&client-reference-id={number}")
            assert answer.json is not None
            urls.append(answer.json["url"])
            if number % (TICKETS // FAILURES) == 0:
                cases = worst_cases(urls[-1])
                leaky.worst = cases[number // (TICKETS // FAILURES) % len(cases)]
                assert (
                    client.get(f"/presign?{QUERY}", headers={"X-Amz-Security-Token": TOKEN}).status_code
                    == 500
                )
                logging.getLogger("some.library").debug("connecting to %s", urls[-1], exc_info=leaky.worst)
                get_log("app").debug("opened", url=urls[-1], text=f"opened {urls[-1]}", token=TOKEN)
                leaky.worst = None
        leaky.supplies.of(NEED).close()  # type: ignore[attr-defined]
    registry = CollectorRegistry()
    for family in metrics._families.values():
        registry.register(family)
    figures = generate_latest(registry).decode()
    assert f'scribepass_tickets_total{{outcome="issued",reason="none"}} {TICKETS}.0' in figures
    printed = log.text + "".join(capfd.readouterr()) + figures
    assert len(log.named("ticket_issued")) == TICKETS
    assert len(log.named("request_failed")) == FAILURES
    assert "botocore" in printed
    queries = [urlsplit(url).query for url in urls]
    signatures = {dict(parse_qsl(query))["X-Amz-Signature"] for query in queries}
    assert len(signatures) > TICKETS - 10
    found = [each[:12] for each in re.findall("[0-9a-f]{64}", printed) if each in signatures]
    encoded = {base64.b64encode(each.encode()).decode().rstrip("=") for each in signatures}
    found += [each[:12] for each in re.findall("[A-Za-z0-9+/]{86}", printed) if each in encoded]
    found += re.findall("X-Amz-(?:Signature|Security-Token|Credential)=[^[]", printed)
    for secret in (SECRET, TOKEN, KEY, KEY[17:], "secret-of-the-environment", *list(signatures)[:20]):
        found += [form[:20] for form in disguises(secret) if form in printed]
    assert not found
