"""amazon-transcribe, the client of AWS Labs, as it is on PyPI: HTTP/2 through TLS."""

import json
import subprocess
import sys
from pathlib import Path

from support.sdks import UNDECODABLE, WORDS, Local
from support.stack import environment

CLIENT = Path(__file__).parent / "amazon_client.py"


def test_amazon_transcribe(aws: Local) -> None:
    """It hears words, an exception of its own type, and that it may not."""
    plan = aws.plan(but="StartStreamTranscriptionWebSocket", endpoint=aws.tls_url, authority=aws.authority)
    done = subprocess.run(
        [sys.executable, str(CLIENT)],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    spoken, undecodable, denied = json.loads(done.stdout)
    assert spoken["finals"] == [WORDS]
    assert spoken["echo"][1:] == ["en-US", 16_000]
    assert len(spoken["echo"][0]) == 36
    assert undecodable["error"]["name"] == "BadRequestException"
    assert undecodable["error"]["message"].startswith(UNDECODABLE)
    assert denied["error"]["status"] == 403
    assert "AccessDeniedException" in denied["error"]["code"]
    assert "is not authorized to perform: transcribe:StartStreamTranscription " in denied["error"]["message"]
