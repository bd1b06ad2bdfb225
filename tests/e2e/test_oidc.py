"""gunicorn as shipped and npm's oidc-provider: a token buys a ticket, whatever becomes of the provider."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gunicorn import AWS, UNLIMITED, Running, running
from support.idp import Provider, oidc_provider
from support.service import QUERY
from support.stack import READY_SECONDS, wait_until_ready
from support.tokens import key, token

pytestmark = pytest.mark.e2e

SETTINGS = {**AWS, **UNLIMITED, "SCRIBEPASS_ENV": "local", "SCRIBEPASS_LOG_LEVEL": "debug"}
WORKERS = 2
ENOUGH = 12  # requests in a row, so that each worker has answered some
PROMISED = 30.0  # seconds after its return in which a provider's new keys are accepted
MARGIN = 3.0


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with oidc_provider(tmp_path) as it:
        yield it


def service(folder: Path, provider: Provider) -> tuple[Path, dict[str, str]]:
    issuers = folder / "issuers.toml"
    issuers.write_text(provider.toml())
    home = folder / "home"
    home.mkdir()
    return home, {**SETTINGS, "SCRIBEPASS_ISSUERS_FILE": str(issuers), "SCRIBEPASS_WORKERS": str(WORKERS)}


def booted(it: Running) -> list[int]:
    """Every worker that there ever was, by its process id."""
    events = (each["event"] for each in it.lines())
    return [int(event.rpartition(" ")[2]) for event in events if event.startswith("Booting worker")]


def has_ended(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def ask(it: Running, text: str) -> int:
    return it.ask(f"/presign?{QUERY}", Authorization=f"Bearer {text}")[0]


def test_a_token_buys_a_ticket_and_a_forged_one_does_not(tmp_path: Path, provider: Provider) -> None:
    """RS256 and ES256; every refusal is the same 401, and no token is in the log."""
    home, settings = service(tmp_path, provider)
    good = [provider.token(algorithm) for algorithm in ("RS256", "ES256")]
    header, payload, signature = good[0].split(".")
    bad = [
        provider.token(scope="other"),
        provider.token(audience="https://other.example.com"),
        f"{header}.{payload}.{signature[::-1]}",
        token({"alg": "none", "kid": "x"}, {"iss": provider.issuer}, private=key(), algorithm="RS256"),
        "a.b.c",
        "opaque",
    ]
    with running(home, **settings) as it:
        assert [ask(it, text) for text in good] == [200, 200]
        answers = [it.ask(f"/presign?{QUERY}", Authorization=f"Bearer {text}") for text in bad]
        log = it.log.read_text()
        reasons = {line.get("reason") for line in it.lines() if line["event"] == "token_refused"}
    assert {status for status, _ in answers} == {401}
    bodies = [{name: value for name, value in body.items() if name != "request_id"} for _, body in answers]
    assert all(body == bodies[0] for body in bodies)
    assert reasons == {"scope", "audience", "signature", "algorithm", "malformed"}
    assert not [text for text in [*good, *bad[:4]] if text.split(".")[2] in log]


def test_the_provider_is_killed_and_comes_back_with_other_keys(tmp_path: Path, provider: Provider) -> None:
    """Known keys go on; new ones are accepted by every worker within 30 s of its return.

    Tokens with a key that nobody has make the workers ask meanwhile: they have just failed at its return.
    """
    home, settings = service(tmp_path, provider)
    old = provider.token()
    stranger = token(
        {"alg": "RS256", "typ": "at+jwt", "kid": "random"},
        {"iss": provider.issuer},
        private=key(),
        algorithm="RS256",
    )
    with running(home, **settings) as it:
        assert {ask(it, old) for _ in range(ENOUGH)} == {200}
        provider.process.kill()
        provider.process.wait()
        assert {ask(it, stranger) for _ in range(ENOUGH)} == {401}
        assert {ask(it, old) for _ in range(ENOUGH)} == {200}
        with oidc_provider(tmp_path, port=provider.port) as again:
            new, returned = again.token(), time.monotonic()
            while {ask(it, new) for _ in range(ENOUGH)} != {200}:
                assert time.monotonic() - returned < PROMISED + MARGIN
                time.sleep(0.2)


@pytest.mark.parametrize("how", ["reload", "crash"])
def test_workers_that_start_without_the_provider_know_its_keys(
    tmp_path: Path, provider: Provider, how: str
) -> None:
    """From those before them, which is what a deployment or a crash in an outage must not end."""
    home, settings = service(tmp_path, provider)
    text = provider.token()
    with running(home, **settings) as it:
        assert {ask(it, text) for _ in range(ENOUGH)} == {200}
        provider.process.kill()
        provider.process.wait()
        first = booted(it)
        if how == "reload":
            it.process.send_signal(signal.SIGHUP)
        else:
            for process_id in first:
                os.kill(process_id, signal.SIGKILL)
        deadline = time.monotonic() + READY_SECONDS
        while len(booted(it)) < 2 * WORKERS or not all(has_ended(each) for each in first):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert {ask(it, text) for _ in range(ENOUGH)} == {200}
