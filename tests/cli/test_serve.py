"""`scribepass serve`: faults before anything starts, then gunicorn in the same process."""

import asyncio
import signal
import urllib.request

import pytest

from scribepass.cli.exits import Exit
from support.commands import ended, run, start
from support.stack import free_port

LOCAL = {
    "SCRIBEPASS_ENV": "local",
    "SCRIBEPASS_ANONYMOUS": "true",
    "SCRIBEPASS_CREDENTIAL_MODE": "ambient",
}


async def test_every_fault_of_the_settings_is_a_line() -> None:
    """Nothing starts, each variable is named, and no value is repeated."""
    wrong = {"SCRIBEPASS_REGION": "mars-1", "SCRIBEPASS_WORKERS": "many", "SCRIBEPASS_ROLE_ARM": "s3cret"}
    done = await run("serve", **LOCAL, **wrong)
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert len(done.err.splitlines()) == 3
    for name, value in wrong.items():
        assert f"scribepass: {name}: " in done.err
        assert value not in done.err


async def test_nobody_could_call() -> None:
    """Without settings there are no callers, and the service does not start open."""
    done = await run("serve")
    assert done.code == Exit.USAGE
    assert "SCRIBEPASS_API_KEYS_FILE" in done.err


@pytest.mark.timeout(60)
async def test_the_process_becomes_gunicorn() -> None:
    """It answers where the settings say, under the same process id, and SIGTERM ends it with 0."""
    port = free_port()
    process = await start(
        "serve",
        **LOCAL,
        SCRIBEPASS_BIND=f"127.0.0.1:{port}",
        SCRIBEPASS_WORKERS="1",
        AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    )
    while not await asyncio.to_thread(_healthy, port):
        assert process.returncode is None
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert (await ended(process)).code == 0


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return True
    except OSError:
        return False
