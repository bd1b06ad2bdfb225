"""HUP with a file that is broken: the service goes on as it was, and so does a worker that starts then."""

import os
import signal
import time
from pathlib import Path

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from support.gunicorn import AWS, UNLIMITED, Running, running
from support.service import QUERY
from support.stack import READY_SECONDS, free_port

ISSUERS = """
[issuers.corp]
issuer = "https://login.example.com/"
jwks_uri = "https://127.0.0.1:1/jwks"
audience = ["https://scribepass.example.com"]
"""


def booted(it: Running) -> list[int]:
    pids = [each["event"] for each in it.lines() if str(each["event"]).startswith("Booting worker")]
    return [int(event.rpartition(" ")[2]) for event in pids]


@pytest.mark.parametrize("file", ["issuers.toml", "secret", "policy.toml", "keys.json"])
@pytest.mark.parametrize("how", ["broken", "gone"])
def test_a_faulty_file_changes_nothing(tmp_path: Path, file: str, how: str) -> None:
    """With the operator's port too, whose metrics name the issuers: the next worker serves as before."""
    key, record = new_key("test", caller="ward-7")
    add_key(tmp_path / "keys.json", record=record)
    (tmp_path / "issuers.toml").write_text(ISSUERS)
    (tmp_path / "secret").write_text("a-secret-of-the-deployment-0123456789")
    (tmp_path / "policy.toml").write_text("[default]\nmax_expires_in = 60\n")
    settings = {
        **AWS,
        **UNLIMITED,
        "SCRIBEPASS_API_KEYS_FILE": str(tmp_path / "keys.json"),
        "SCRIBEPASS_ISSUERS_FILE": str(tmp_path / "issuers.toml"),
        "SCRIBEPASS_SECRET_FILE": str(tmp_path / "secret"),
        "SCRIBEPASS_POLICY_FILE": str(tmp_path / "policy.toml"),
        "SCRIBEPASS_OPERATOR_BIND": f"127.0.0.1:{free_port()}",
    }
    with running(tmp_path, **settings) as it:
        bearer = {"Authorization": f"Bearer {key}"}
        assert it.ask(f"/presign?{QUERY}", **bearer)[0] == 200
        if how == "broken":
            (tmp_path / file).write_text("{")
        else:
            (tmp_path / file).unlink()
        before = len(booted(it))
        it.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + READY_SECONDS
        while len(booted(it)) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(booted(it)[-1], signal.SIGKILL)
        while len(booted(it)) < before + 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert it.ask(f"/presign?{QUERY}", **bearer)[0] == 200
        assert it.ask(f"/presign?{QUERY}&expires-in=61", **bearer)[0] == 403
        assert it.process.poll() is None
