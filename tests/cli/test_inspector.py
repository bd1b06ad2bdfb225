"""The traffic inspector, rendered to text from real streams, and the command that shows it."""

import asyncio
import io
import os
import pty
import re
import signal
import subprocess
from types import SimpleNamespace

import boto3
import pytest
from rich.console import Console

from scribepass.cli.inspection import inspection, plain
from scribepass.cli.inspector import Inspector
from scribepass.local.journal import Journal, Record
from scribepass.local.server import LocalAws
from scribepass.sigv4 import Credentials
from scribepass.transcribe import Operation
from support.commands import ended, start
from support.stack import environment, scribepass
from support.streaming import (
    END,
    STATIC,
    audio,
    connect,
    local_aws,
    signed,
    signed_url,
    stream,
    unsigned_url,
    utcnow,
)

SECOND = [audio()] * 10
SCRIPT = '["go forward ten meters"]'


def rendered(journal: Journal, *, rows: int = 10, width: int = 140) -> str:
    console = Console(file=io.StringIO(), record=True, width=width)
    console.print(inspection(journal, rows=rows))
    return console.export_text()


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=140, height=40, legacy_windows=False, _environ={}
    )


def shown(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", of.file.getvalue())


async def play(local: LocalAws) -> None:
    """A stream that finishes, and one that was signed for another name."""
    await stream(signed_url(local, show_speaker_label=True), [*SECOND, END])
    await stream(signed_url(local).replace("127.0.0.1", "localhost"), [])


async def test_streams_and_the_last_refusal() -> None:
    """Who signed, what was asked for, frames, audio, words, outcome; both canonical requests side by side."""
    async with local_aws() as local:
        assert rendered(local.journal).strip() == "no stream yet"
        await play(local)
        text = rendered(local.journal)
    table = " ".join(text.partition("╭")[0].split())
    assert "# signer stream frames signed audio heard outcome" in table
    assert re.search(r"1 user/scribepass standard websocket .* 11 0 1\.0 s one two .*finished", table)
    assert "show-speaker-label=true" in table
    assert "refused 1, the last: InvalidSignatureException" in text
    here = f":{local.port}"
    assert f"127.0.0.1{here} was signed, and the request was sent to localhost{here}" in text
    assert re.search(rf"│ +host:localhost{here} +host:127\.0\.0\.1{here} +│", text)


async def test_lines_that_differ_stand_out() -> None:
    """Only the host's line is in the style of a difference."""
    async with local_aws() as local:
        await play(local)
        painted = console(terminal=True)
        painted.print(inspection(local.journal, rows=3))
    assert isinstance(painted.file, io.StringIO)
    bold_red = re.findall(r"\x1b\[1;31m([^\x1b]+)", painted.file.getvalue())
    assert {each.strip() for each in bold_red} == {
        f"host:localhost:{local.port}",
        f"host:127.0.0.1:{local.port}",
    }


async def test_neither_token_nor_signature_is_shown() -> None:
    """Of temporary credentials nothing but the key's id."""
    async with local_aws() as local:
        sts = boto3.client(
            "sts",
            endpoint_url=local.url,
            region_name="us-east-1",
            aws_access_key_id=STATIC.access_key_id,
            aws_secret_access_key=STATIC.secret_access_key,
        )
        issued = (await asyncio.to_thread(sts.get_session_token))["Credentials"]
        token = issued["SessionToken"]
        wrong = Credentials(
            access_key_id=issued["AccessKeyId"], secret_access_key="another", session_token=token
        )
        url = signed(unsigned_url(local), credentials=wrong)
        await stream(url, [])
        text = rendered(local.journal, width=400)
    assert "no likely mistake explains it" in text
    assert "as it came" in text
    assert url.rpartition("X-Amz-Signature=")[2] not in text
    assert text.count("X-Amz-Security-Token=[redacted]") == 2
    assert token[:30] not in text


async def test_a_terminal_is_redrawn_and_not_at_every_change() -> None:
    """However many changes come, it is drawn a few times, and the last state is on the screen."""
    screen = console(terminal=True)
    async with local_aws() as local:
        with Inspector(local.journal, console=screen):
            await play(local)
            await stream(signed_url(local), [*([audio()] * 200), END])
        text = shown(screen)
    assert "no stream yet" in text
    assert text.count("outcome") < 40
    assert re.search(r" 201 +0 +20\.0 s", text[text.rindex("outcome") :])


async def test_without_a_terminal_there_are_lines() -> None:
    """One for each thing that happens, and the canonical requests as a difference."""
    lines = console(terminal=False)
    async with local_aws() as local:
        with Inspector(local.journal, console=lines):
            await play(local)
    said = shown(lines).splitlines()
    assert said[:4] == [
        "stream 1 opened: standard websocket by arn:aws:iam::123456789012:user/scribepass",
        "stream 1 asks: language-code=en-US media-encoding=pcm sample-rate=16000 show-speaker-label=true",
        "stream 1 heard: one two",
        "stream 1 ended: finished (11 frames, 0 signed, 1.0 s of audio)",
    ]
    assert said[4].startswith("refused: InvalidSignatureException: ")
    assert said[5].startswith("because: 127.0.0.1:")
    at = said.index(f"+ host:localhost:{local.port}")
    assert said[at + 1] == f"- host:127.0.0.1:{local.port}"


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    """Words and parameters come from others."""
    journal = Journal()
    record = Record(
        operation=Operation.STANDARD,
        transport="websocket",
        session_id="s",
        signer="arn:aws:sts::1:assumed-role/r/\x1b[2J",
        parameters={"vocabulary-name": "[bold]\x07"},
        opened_at=utcnow(),
        sample_rate=16_000,
        partial="\x1b]0;title\x07 \u202e",
    )
    journal.open(record)
    text = rendered(journal)
    assert "[bold]" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert plain("naïve – ok") == "naïve – ok"


@pytest.mark.parametrize("inspected", ["a pipe", "a terminal"])
async def test_the_command(inspected: str) -> None:
    """`scribepass local --inspect` prints its addresses, then what happens; a signal ends it with 0."""
    arguments = ("local", "--port", "0", "--inspect", "--script", SCRIPT)
    if inspected == "a pipe":
        process = await start(*arguments)
        assert process.stdout is not None
        local = SimpleNamespace(endpoint=endpoint((await process.stdout.readline()).decode()))
        await stream(signed_url(local), [*SECOND * 2, END])  # type: ignore[arg-type]
        process.send_signal(signal.SIGINT)
        done = await ended(process)
        assert (done.code, done.err) == (0, "")
        assert "stream 1 heard: go forward ten meters" in done.out.splitlines()
        return
    ours, theirs = pty.openpty()
    terminal = {**environment(), "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "40"}
    child = subprocess.Popen(  # noqa: ASYNC220 - it needs a terminal, which asyncio does not give
        scribepass(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=terminal
    )
    os.close(theirs)
    seen = await asyncio.to_thread(read_until, ours, "no stream yet")
    local = SimpleNamespace(endpoint=endpoint(seen))
    async with connect(signed_url(local), compression=None) as client:  # type: ignore[arg-type]
        for message in SECOND:
            await client.send(message)
        seen = await asyncio.to_thread(read_until, ours, "go forward ten")
        assert "open" in seen
        child.send_signal(signal.SIGINT)
        rest = await asyncio.to_thread(read_until, ours, None)
    assert await asyncio.to_thread(child.wait) == 0
    assert "Traceback" not in rest
    os.close(ours)


def endpoint(text: str) -> str:
    match = re.search(r"http://(127\.0\.0\.1:\d+)", text)
    assert match is not None
    return f"ws://{match[1]}"


def read_until(descriptor: int, words: str | None) -> str:
    """What is written on a terminal up to ``words``, or to its end."""
    seen = ""
    while words is None or words not in seen:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # how Linux says that nobody has the other side open
            break
        if not data:
            break
        seen += data.decode(errors="replace")
    return seen
