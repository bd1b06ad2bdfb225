"""`scribepass presign`: a URL from the machine's own credentials."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scribepass.cli.exits import Exit
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.recognisers import named
from scribepass.local.server import serve
from scribepass.sigv4 import Credentials, SignedRequest, verify
from support.commands import run

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}


def verified(url: str, *, region: str) -> None:
    parts = urlsplit(url)
    request = SignedRequest(
        method="GET", target=f"{parts.path}?{parts.query}", headers=[("host", parts.netloc)]
    )
    credentials = Credentials(
        access_key_id=KEYS["AWS_ACCESS_KEY_ID"], secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"]
    )
    now = datetime.now(UTC)
    verify(request, lookup=lambda *_: credentials, now=now, service="transcribe", region=region)


async def test_a_url_of_the_environments_credentials() -> None:
    """Stdout is the URL alone; it verifies; stderr says that it is a secret, without showing it."""
    done = await run("presign", **KEYS, AWS_REGION="eu-west-1")
    assert done.code == 0
    url = done.out.strip()
    assert url.startswith(
        "wss://transcribestreaming.eu-west-1.amazonaws.com:8443/stream-transcription-websocket?"
    )
    verified(url, region="eu-west-1")
    query = parse_qs(urlsplit(url).query)
    assert query["media-encoding"] == ["pcm"]
    assert query["X-Amz-Expires"] == ["300"]
    assert "this URL is a password" in done.err
    assert query["X-Amz-Signature"][0] not in done.err


async def test_options_and_the_whole_ticket() -> None:
    """Parameters as options; --json is the ticket as the service would answer it."""
    done = await run(
        *("presign", "--json", "--operation", "medical", "--region", "us-west-2", "--expires", "60"),
        *("-p", "specialty=CARDIOLOGY", "-p", "type=DICTATION", "-p", "sample-rate=48000"),
        **KEYS,
    )
    ticket = json.loads(done.out)
    verified(ticket["url"], region="us-west-2")
    assert urlsplit(ticket["url"]).path == "/medical-stream-transcription-websocket"
    assert ticket["parameters"] == {
        "language-code": "en-US",
        "media-encoding": "pcm",
        "sample-rate": "48000",
        "specialty": "CARDIOLOGY",
        "type": "DICTATION",
        "session-id": ticket["session_id"],
    }
    assert (ticket["expires_in"], ticket["region"], ticket["operation"]) == (60, "us-west-2", "medical")
    moments = [datetime.fromisoformat(ticket[name]) for name in ("server_time", "expires_at")]
    assert moments[1] - moments[0] == timedelta(seconds=60)
    assert ticket["credentials_expire_at"] is None


async def test_a_role_by_sts(tmp_path: Path) -> None:
    """--role-arn: temporary credentials by AssumeRole, scoped, with their end in the ticket."""
    script = tmp_path / "script.json"
    script.write_text('["hello"]')
    async with serve(port=0, recogniser=named(f"scripted:{script}")) as local:
        done = await run(
            *("presign", "--json", "--role-arn", "arn:aws:iam::000000000000:role/r"),
            *("--sts-endpoint", local.url, "--endpoint", local.endpoint),
            AWS_ACCESS_KEY_ID=STATIC_ACCESS_KEY_ID,
            AWS_SECRET_ACCESS_KEY=STATIC_SECRET_ACCESS_KEY,
        )
    ticket = json.loads(done.out)
    assert ticket["url"].startswith(f"{local.endpoint}/stream-transcription-websocket?")
    assert "X-Amz-Security-Token=" in ticket["url"]
    left = datetime.fromisoformat(ticket["credentials_expire_at"]) - datetime.now(UTC)
    assert timedelta(minutes=10) < left <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        pytest.param(
            ("-p", "sample-rate=1", "-p", "vocabulary-nam=x"),
            Exit.USAGE,
            ["scribepass: sample-rate: ", "scribepass: vocabulary-nam: "],
            id="every fault of the parameters",
        ),
        pytest.param(("--region", "mars-1"), Exit.USAGE, ["scribepass: region: "], id="no such region"),
        pytest.param(("--expires", "301"), Exit.USAGE, ["Invalid value for '--expires'"], id="too long"),
        pytest.param(
            ("-p", "session-id=11111111-2222-3333-4444-555555555555"),
            Exit.USAGE,
            ["scribepass: session-id: is chosen"],
            id="a session id",
        ),
        pytest.param(("--endpoint", "http://x"), Exit.USAGE, ["--endpoint"], id="no WebSocket address"),
    ],
)
async def test_what_cannot_be_signed(arguments: tuple[str, ...], code: int, lines: list[str]) -> None:
    """Faults are told, one a line, and nothing is printed that looks like a URL."""
    done = await run("presign", *arguments, **KEYS)
    assert (done.code, done.out) == (code, "")
    for line in lines:
        assert line in done.err
    assert "Traceback" not in done.err


async def test_without_credentials() -> None:
    """No credentials anywhere: one sentence, exit code 1."""
    nowhere = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    done = await run("presign", **nowhere)
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert "scribepass: no usable AWS credentials from provider chain\n" in done.err
