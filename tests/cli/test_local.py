"""`scribepass local` as a process: the ready line, the key pair, and a clean end."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import pytest

from scribepass.cli.exits import Exit
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from support.commands import ended, run, start


def script(folder: Path) -> str:
    path = folder / "script.json"
    path.write_text('["go forward ten meters"]')
    return f"scripted:{path}"


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_it_says_where_and_with_which_keys(tmp_path: Path, which: int) -> None:
    """The first line is the address, the rest can be evaluated by a shell; a signal ends it with 0."""
    process = await start("local", "--port", "0", "--region", "eu-west-1", "--recogniser", script(tmp_path))
    assert process.stdout is not None
    ready = (await process.stdout.readline()).decode()
    match = re.fullmatch(r"local AWS listening on (http://127\.0\.0\.1:(\d+))\n", ready)
    assert match is not None
    _, writer = await asyncio.open_connection("127.0.0.1", int(match[2]))
    writer.close()
    await writer.wait_closed()
    process.send_signal(which)
    done = await ended(process)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"export AWS_ACCESS_KEY_ID={STATIC_ACCESS_KEY_ID}",
        f"export AWS_SECRET_ACCESS_KEY={STATIC_SECRET_ACCESS_KEY}",
        "export AWS_REGION=eu-west-1",
        f"export AWS_ENDPOINT_URL_STS={match[1]}",
    ]


async def test_its_keys_and_its_sts_sign_urls(tmp_path: Path) -> None:
    """What it prints is enough for `presign`, and for anything else that AWS's variables configure."""
    process = await start("local", "--port", "0", "--recogniser", script(tmp_path))
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(4)]
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    options = ("--role-arn", "arn:aws:iam::000000000000:role/r", "--sts-endpoint", url)
    done = await run("presign", *options, **exported)
    process.terminate()
    await ended(process)
    assert done.code == 0
    assert "X-Amz-Security-Token=" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        pytest.param(
            ("--recogniser", "ears"), Exit.USAGE, "scribepass: recogniser: 'ears' is not one", id="engine"
        ),
        pytest.param(("--recogniser", "scripted"), Exit.USAGE, "scripted:FILE", id="no script"),
        pytest.param(("--host", "0.0.0.0"), Exit.USAGE, "loopback only", id="an open address"),  # noqa: S104
    ],
)
async def test_what_it_refuses(tmp_path: Path, arguments: tuple[str, ...], code: int, err: str) -> None:
    """Faults of the command line are sentences."""
    done = await run("local", "--port", "0", "--recogniser", script(tmp_path), *arguments)
    assert (done.code, done.out) == (code, "")
    assert err in done.err
    assert "Traceback" not in done.err


async def test_a_port_in_use(tmp_path: Path) -> None:
    """The port and the way out are named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await run("local", "--port", str(port), "--recogniser", script(tmp_path))
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert f"cannot listen on 127.0.0.1:{port}" in done.err
    assert "--port takes another" in done.err
