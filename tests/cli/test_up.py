"""`scribepass up` as a process: two children that start, work and end together."""

import asyncio
import os
import signal
import socket
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from scribepass.cli.exits import Exit
from scribepass.cli.up import service_environment
from support.commands import ended, run, start
from support.shared import shared
from support.stack import free_port

pytestmark = pytest.mark.timeout(120)


@dataclass(slots=True, kw_only=True)
class Up:
    """A running `up`, told by its greeting that both are ready."""

    process: asyncio.subprocess.Process
    service: int
    local: int
    greeting: str

    def children(self) -> list[int]:
        """The processes of both children and of whatever they have started."""
        found, known = [], [self.process.pid]
        for pid, parent in parents():
            if parent in known:
                found.append(pid)
                known.append(pid)
        return found


def parents() -> list[tuple[int, int]]:
    """Process ids with their parents', parents first."""
    pairs = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                pairs.append((int(entry.name), int(fields[1])))
    return sorted(pairs)


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def script(folder: Path) -> str:
    path = folder / "script.json"
    path.write_text('["go forward ten meters"]')
    return f"scripted:{path}"


async def started(folder: Path, *options: str, **extra: str) -> Up:
    service, local = free_port(), free_port()
    ports = ("--port", str(service), "--local-port", str(local), "--recogniser", script(folder))
    process = await start("up", *ports, *options, **extra)
    assert process.stdout is not None
    greeting = b""
    while b"Ctrl-C stops." not in greeting and (line := await process.stdout.readline()):
        greeting += line
    return Up(process=process, service=service, local=local, greeting=greeting.decode())


@pytest_asyncio.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    """One, running; killed at the end if a test has left it."""
    running = await started(tmp_path)
    yield running
    if running.process.returncode is None:
        running.process.kill()
        await running.process.wait()


async def gone(pids: list[int]) -> None:
    """Return when none of the processes is left."""
    while set(pids) & {pid for pid, _ in parents()}:  # noqa: ASYNC110 - nothing tells of another's children
        await asyncio.sleep(0.05)


def fetched(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return bytes(answer.read())


async def test_a_clip_becomes_words(up: Up) -> None:
    """The greeting names the page; service, signature, stream and words work; Ctrl-C ends all of it."""
    assert f"http://127.0.0.1:{up.service} " in up.greeting
    assert b"<html" in await asyncio.to_thread(fetched, up.service, "/")
    clip = str(shared("audio/goforward.wav"))
    done = await run("transcribe", clip, "--service", f"http://127.0.0.1:{up.service}")
    assert (done.code, done.out) == (0, "go forward ten meters\n")
    children = up.children()
    assert len(children) >= 3
    up.process.send_signal(signal.SIGINT)
    done = await ended(up.process)
    assert (done.code, done.err) == (0, "")
    await gone(children)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda each: each.name)
async def test_no_child_outlives_it(up: Up, which: signal.Signals) -> None:
    """However it ends, even by SIGKILL, its children and their children end with it."""
    children = up.children()
    up.process.send_signal(which)
    done = await ended(up.process)
    assert done.code == (-which if which is signal.SIGKILL else 0)
    await gone(children)


async def test_when_one_dies_the_other_ends(up: Up) -> None:
    """A child that crashes takes the other with it; who it was is said, and the exit code is not 0."""
    children = up.children()
    service = next(pid for pid in children if b"gunicorn" in command_of(pid))
    os.kill(service, signal.SIGKILL)
    done = await ended(up.process)
    assert done.code == Exit.FAILED
    assert "scribepass: the service has ended (by SIGKILL), so everything ends\n" in done.err
    await gone(children)


async def test_a_child_that_cannot_start_speaks_for_itself(tmp_path: Path) -> None:
    """The fault of a child is printed in its own words, and nothing is left running."""
    done = await run(
        *("up", "--port", str(free_port()), "--local-port", str(free_port())),
        *("--recogniser", script(tmp_path)),
        SCRIBEPASS_EXPIRES_IN="soon",
    )
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert "SCRIBEPASS_EXPIRES_IN" in done.err
    assert "the service has ended (exit code 2)" in done.err
    done = await run(
        "up", "--recogniser", "ears", "--local-port", str(free_port()), "--port", str(free_port())
    )
    assert done.code == Exit.FAILED
    assert "'ears' is not one of" in done.err


@pytest.mark.parametrize("option", ["--port", "--local-port"])
async def test_a_port_in_use(option: str) -> None:
    """One sentence names the port and the option, before anything starts."""
    ports = {"--port": free_port(), "--local-port": free_port()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[option] = taken.getsockname()[1]
        done = await run("up", *(str(each) for pair in ports.items() for each in pair))
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert done.err == f"Error: Port {ports[option]} is in use; {option} takes another.\n"


async def test_both_on_one_port() -> None:
    """Said at once, before anything starts."""
    done = await run("up", "--port", "8123", "--local-port", "8123")
    assert done.code == Exit.USAGE
    assert "must differ" in done.err


async def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path) -> None:
    """Loopback is reached directly: a proxy that is not there keeps nothing from working."""
    nowhere = "http://127.0.0.1:9"
    running = await started(tmp_path, http_proxy=nowhere, HTTPS_PROXY=nowhere, ALL_PROXY=nowhere)
    try:
        assert "Ctrl-C stops." in running.greeting
    finally:
        running.process.terminate()
        await running.process.wait()


def test_the_service_knows_no_other_aws() -> None:
    """Somebody's own credentials, profiles and regions do not reach it; settings of the service do."""
    mine = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "mine",
        "AWS_ACCESS_KEY_ID": "mine",
        "SCRIBEPASS_EXPIRES_IN": "120",
        "SCRIBEPASS_ENV": "production",
        "PATH": "/bin",
    }
    environ = service_environment(mine, port=1, local_port=2, workers=1, level="warning")
    assert "mine" not in environ.values()
    assert "AWS_PROFILE" not in environ
    assert environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert (environ["PATH"], environ["SCRIBEPASS_EXPIRES_IN"]) == ("/bin", "120")
    assert (environ["SCRIBEPASS_ENV"], environ["SCRIBEPASS_BIND"]) == ("local", "127.0.0.1:1")
    assert environ["SCRIBEPASS_STS_ENDPOINT"] == "http://127.0.0.1:2"
    assert environ["SCRIBEPASS_TRANSCRIBE_ENDPOINT"] == "ws://127.0.0.1:2"
