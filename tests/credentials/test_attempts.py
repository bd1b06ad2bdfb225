"""Attempts: a source that hangs costs five seconds, and a few threads at the most."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scribepass.background import MAX_ABANDONED, Attempts, TooManyAbandoned
from scribepass.credentials.sts import AssumeRole
from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from support.credentials import PATIENCE
from support.environment import no_aws

GIVEN = Credentials(access_key_id="AKID", secret_access_key="secret")


class Hanging:
    """Hangs the first ``times`` times that it is asked, until it is released."""

    name = "a source that hangs"

    def __init__(self, *, times: int) -> None:
        self.times = times
        self.calls = 0
        self.release = threading.Event()

    def fetch(self) -> Credentials:
        self.calls += 1
        if self.calls <= self.times:
            assert self.release.wait(PATIENCE)
        return GIVEN


def test_what_a_source_gives_or_raises_comes_through() -> None:
    """In time, nothing is different."""
    attempts = Attempts(timeout=PATIENCE)
    assert attempts.make(Hanging(times=0).fetch) is GIVEN

    class Failing:
        name = "failing"

        def fetch(self) -> Credentials:
            raise CredentialsUnavailable(self.name)

    with pytest.raises(CredentialsUnavailable):
        attempts.make(Failing().fetch)


def test_one_that_hangs_is_left_behind() -> None:
    """The next attempt does not wait for it."""
    source = Hanging(times=1)
    attempts = Attempts(timeout=0.05)
    with pytest.raises(TimeoutError):
        attempts.make(source.fetch)
    assert attempts.make(source.fetch) is GIVEN
    source.release.set()


def test_only_a_few_are_left_behind() -> None:
    """Then none is made, until one has ended."""
    source = Hanging(times=MAX_ABANDONED)
    attempts = Attempts(timeout=0.01)
    for _ in range(MAX_ABANDONED):
        with pytest.raises(TimeoutError):
            attempts.make(source.fetch)
    for _ in range(3):
        with pytest.raises(TooManyAbandoned):
            attempts.make(source.fetch)
    assert source.calls == MAX_ABANDONED
    source.release.set()
    for each in attempts._abandoned:
        each.join(PATIENCE)
    assert attempts.make(source.fetch) is GIVEN


class _Dripping(BaseHTTPRequestHandler):
    """Answers 200, then a byte now and then."""

    stop: threading.Event

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.stop.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def dripping() -> Iterator[str]:
    stop = threading.Event()
    handler = type("Handler", (_Dripping,), {"stop": stop})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        stop.set()
        server.shutdown()
        thread.join()


def test_an_sts_that_drips_does_not_hold_an_attempt(
    dripping: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A time-out that begins anew with every byte does not end it; its own does."""
    no_aws(monkeypatch, home=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")
    role = "arn:aws:iam::111122223333:role/vending"
    source = AssumeRole(
        role, session_name="scribepass", actions=("a:b",), region="eu-west-1", endpoint_url=dripping
    )
    source._sts.client()
    attempts = Attempts(timeout=0.5)
    with pytest.raises(TimeoutError):
        attempts.make(source.fetch)
    assert len(attempts._abandoned) == 1
