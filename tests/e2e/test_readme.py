"""The README's commands and programs, run as they stand."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.readme import CHECKOUT, blocks
from support.shared import shared
from support.stack import Stack, environment, free_port, stop, wait_until_printed, wait_until_ready
from support.tools import needs

SAID = "go forward ten meters"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the README's reader stands: with talk.wav and interview.mp3."""
    talk = tmp_path / "talk.wav"
    shutil.copy(shared("audio/goforward.wav"), talk)
    command = [needs("ffmpeg"), "-v", "error", "-i", str(talk), str(tmp_path / "interview.mp3")]
    subprocess.run(command, check=True)
    return tmp_path


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(PATH=path, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_make_run_serves_the_page(tmp_path: Path) -> None:
    """The first command of the README, on other ports: the page is there, and Ctrl-C ends everything."""
    port, log = free_port(), tmp_path / "run.log"
    command = ["make", "run", f"ARGS=--port {port} --local-port {free_port()}"]
    with log.open("wb") as sink:
        run = subprocess.Popen(
            command, cwd=CHECKOUT, stdout=sink, stderr=sink, env=environment(), start_new_session=True
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", run, log)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                assert b"Live transcription" in page.read()
            # A moment later than ready: the command finds that out by asking, as this test does.
            wait_until_printed(f"Open http://127.0.0.1:{port} in Chrome", run, log)
        finally:
            os.killpg(run.pid, signal.SIGINT)  # as a terminal does
            run.wait(20)


def test_the_curl_command_gives_the_ticket_that_is_shown(stack: Stack, tmp_path: Path) -> None:
    """Same members, in the same order, of the same types."""
    command = blocks("sh")[1].replace("http://127.0.0.1:8000", stack.service)
    done = shell(command, tmp_path)
    ticket, shown = json.loads(done.stdout), json.loads(blocks("json")[0])
    assert list(ticket) == list(shown)
    assert {name: type(value) for name, value in ticket.items()} == {
        name: type(each) for name, each in shown.items()
    }
    assert list(ticket["parameters"]) == list(shown["parameters"])


def test_the_problem_is_the_one_that_is_shown(stack: Stack) -> None:
    """The bad request that the README shows is answered just so."""
    body = json.dumps({"language-code": "en-UK", "media-encoding": "pcm", "sample-rat": 16000}).encode()
    request = urllib.request.Request(
        f"{stack.service}/presign", data=body, headers={"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as answer:
        problem = json.load(answer)
    shown = json.loads(blocks("json")[1])
    assert {**problem, "request_id": ""} == {**shown, "request_id": ""}


COMMANDS = [line.partition("#")[0].strip() for line in blocks("sh")[2].splitlines()]


@pytest.mark.parametrize("command", [each for each in COMMANDS if "transcribe" in each])
def test_a_transcribe_command_prints_the_words(command: str, stack: Stack, folder: Path) -> None:
    """Each of them, on a clip that the engine knows."""
    done = shell(command, folder, SCRIBEPASS_SERVICE=stack.service)
    assert done.returncode == 0, done.stderr
    printed = done.stdout + "".join(each.read_text() for each in folder.glob("*.srt"))
    assert SAID in printed


def test_the_presign_command_prints_a_url(tmp_path: Path) -> None:
    """`scribepass presign` signs with the credentials of the environment."""
    (command,) = [each for each in COMMANDS if "presign" in each]
    done = shell(command, tmp_path, AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="example")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wss://transcribestreaming.us-east-1.amazonaws.com:8443/")
    assert "language-code=en-GB" in done.stdout


def test_the_library_example_prints_the_words(stack: Stack, folder: Path) -> None:
    """The program of the README, with the address of this stack."""
    program = blocks("python")[0].replace("http://127.0.0.1:8000", stack.service)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == SAID


def test_the_aws_example_starts(tmp_path: Path) -> None:
    """Keys are made, and the service starts in production; without AWS it is alive, and not ready."""
    script = (
        blocks("sh")[0]
        .replace("/etc/scribepass", str(tmp_path))
        .replace("scribepass serve", "exec scribepass serve")
    )
    port, log = free_port(), tmp_path / "serve.log"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with log.open("wb") as sink:
        variables = environment(PATH=path, SCRIBEPASS_BIND=f"127.0.0.1:{port}", HOME=str(tmp_path))
        service = subprocess.Popen(["bash", "-euc", script], stdout=sink, stderr=sink, env=variables)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/healthz", service, log)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/presign")
            with refused.value as answer:
                assert answer.status == 401
        finally:
            assert stop(service) == 0
