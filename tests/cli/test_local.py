"""`scribepass local` as a process: the ready line, the key pair, and a clean end."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from scribepass.cli import main
from scribepass.cli.exits import Exit
from scribepass.cli.pointing import state_folder, through_tls
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from support.commands import ended, run, start


def script(folder: Path) -> str:
    path = folder / "script.json"
    path.write_text('["go forward ten meters"]')
    return f"scripted:{path}"


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_it_says_where_and_with_which_keys(tmp_path: Path, which: int) -> None:
    """The first line is the address, the rest can be evaluated by a shell; a signal ends it with 0."""
    process = await start(
        *("local", "--port", "0", "--no-tls", "--region", "eu-west-1", "--recogniser", script(tmp_path))
    )
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
    commands = [line for line in done.out.splitlines() if not line.startswith("#")]
    assert commands == [
        f"export AWS_ACCESS_KEY_ID={STATIC_ACCESS_KEY_ID}",
        f"export AWS_SECRET_ACCESS_KEY={STATIC_SECRET_ACCESS_KEY}",
        "export AWS_REGION=eu-west-1",
        f"export AWS_ENDPOINT_URL_STS={match[1]}",
    ]


async def test_its_keys_and_its_sts_sign_urls(tmp_path: Path) -> None:
    """What it prints is enough for `presign`, and for anything else that AWS's variables configure."""
    process = await start("local", "--port", "0", "--no-tls", "--recogniser", script(tmp_path))
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
    done = await run("local", "--port", "0", "--no-tls", "--recogniser", script(tmp_path), *arguments)
    assert (done.code, done.out) == (code, "")
    assert err in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("option", "more", "way_out"),
    [
        ("--port", ("--no-tls",), "--port takes another."),
        ("--port", ("--tls-port", "0"), "--port takes another."),
        ("--tls-port", ("--port", "0"), "--tls-port takes another, --no-tls does without."),
    ],
    ids=["the only port", "the plain port", "the port of TLS"],
)
async def test_a_port_in_use(tmp_path: Path, option: str, more: tuple[str, ...], way_out: str) -> None:
    """The port and the way out are named."""
    state = ("--state", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await run("local", option, str(port), *more, *state, "--recogniser", script(tmp_path))
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use); {way_out}" in done.err


async def test_how_to_point_sdks_here(tmp_path: Path) -> None:
    """The authority is made where the XDG specification says; and each SDK has its line."""
    process = await start(
        *("local", "--port", "0", "--tls-port", "0", "--recogniser", script(tmp_path)),
        XDG_STATE_HOME=str(tmp_path / "a state"),
    )
    assert process.stdout is not None
    greeting = ""
    while "system's store alone" not in greeting and (line := (await process.stdout.readline()).decode()):
        greeting += line
    process.terminate()
    assert (await ended(process)).code == 0
    authority = tmp_path / "a state" / "scribepass" / "tls" / "ca.pem"
    assert authority.is_file()
    assert f"export NODE_EXTRA_CA_CERTS='{authority}'\n" in greeting
    for hint in (
        'new TranscribeStreamingClient({ endpoint: "http://127.0.0.1:',
        'StaticEndpointResolver("https://localhost:',
        "needs --tls-port 8443",
        "MAP transcribestreaming.us-east-1.amazonaws.com:8443 127.0.0.1:",
        "update-ca-certificates",
    ):
        assert hint in greeting


def test_what_needs_no_other_port() -> None:
    """On the port that the JavaScript SDK adds, its WebSockets need a host alone; China has its own."""
    told = "\n".join(through_tls(port=8443, region="cn-north-1", authority=Path("/ca.pem")))
    assert 'endpoint: "https://localhost"' in told
    assert "127.0.0.1 transcribestreaming.cn-north-1.amazonaws.com.cn" in told


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """It is named, and so is the way out."""
    (tmp_path / "state").write_text("a file")
    state = ("--port", "0", "--tls-port", "0", "--state", str(tmp_path / "state"))
    done = await run("local", *state, "--recogniser", script(tmp_path))
    assert done.code == Exit.USAGE
    (tmp_path / "state").unlink()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "tls").write_text("a file")
    done = await run("local", *state, "--recogniser", script(tmp_path))
    assert done.code == Exit.FAILED
    assert f"cannot keep certificates at {tmp_path / 'state' / 'tls'}" in done.err
    assert "--state takes another folder" in done.err


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_STATE_HOME": "/var/state"}, Path("/var/state/scribepass")),
        ({"XDG_STATE_HOME": "relative"}, Path.home() / ".local/state/scribepass"),
        ({}, Path.home() / ".local/state/scribepass"),
    ],
)
def test_where_state_is_kept(environ: dict[str, str], folder: Path) -> None:
    """As the XDG specification has it: what is relative is not looked at."""
    assert state_folder(environ) == folder


async def ready(**extra: str) -> asyncio.subprocess.Process:
    """A local AWS that its environment alone configures, on a free port."""
    return await start("local", SCRIBEPASS_LOCAL_PORT="0", SCRIBEPASS_LOCAL_NO_TLS="true", **extra)


async def first_lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


async def test_a_container_is_configured_by_its_environment() -> None:
    """Script, faults, region, control port, names: each option is a variable, beside those of the service."""
    process = await ready(
        SCRIBEPASS_LOCAL_SCRIPT='["go forward ten meters"]',
        SCRIBEPASS_LOCAL_FAULTS='[{"kind": "close"}, {"kind": "drop", "times": "all"}]',
        SCRIBEPASS_LOCAL_REGION="eu-west-1",
        SCRIBEPASS_LOCAL_CONTROL_PORT="0",
        SCRIBEPASS_LOCAL_ALLOW_HOST="aws.test, other.test",
        SCRIBEPASS_LOCAL_INSPECT="",
        SCRIBEPASS_ENV="local",
        SCRIBEPASS_REGION="eu-west-1",
    )
    listening, control, *_ = await first_lines(process, 6)
    assert control.startswith("# control API on http://127.0.0.1:")
    async with httpx.AsyncClient() as web:
        state = (await web.get(f"{control.split()[-1]}/state", headers={"Host": "other.test"})).json()
    process.terminate()
    assert (await ended(process)).code == 0
    assert (state["region"], state["recogniser"]) == ("eu-west-1", "scripted")
    assert state["sts"] == listening.split()[-1]
    assert [(each["faults"][0]["kind"], each["times"]) for each in state["faults"]] == [
        ("close", 1),
        ("drop", "all"),
    ]


BAD: dict[str, tuple[dict[str, str], list[str]]] = {
    "misspelt": (
        {"SCRIBEPASS_LOCAL_CONTROLPORT": "1", "SCRIBEPASS_LOCAL_COLOUR": "red"},
        [
            "scribepass: SCRIBEPASS_LOCAL_COLOUR: is not a setting of the local AWS",
            (
                "scribepass: SCRIBEPASS_LOCAL_CONTROLPORT: is not a setting of the local AWS; "
                "was SCRIBEPASS_LOCAL_CONTROL_PORT meant?"
            ),
        ],
    ),
    "production": (
        {"SCRIBEPASS_ENV": "production", "SCRIBEPASS_LOCAL_NO": "1"},
        [
            (
                "scribepass: SCRIBEPASS_ENV: is neither unset nor local; a local AWS, whose keys are public, "
                "does not start in production"
            ),
            "scribepass: SCRIBEPASS_LOCAL_NO: is not a setting of the local AWS",
        ],
    ),
    "something like it": (
        {"SCRIBEPASS_ENV": "prod"},
        [
            (
                "scribepass: SCRIBEPASS_ENV: is neither unset nor local; a local AWS, whose keys are public, "
                "does not start in production"
            ),
        ],
    ),
    "no script": (
        {"SCRIBEPASS_LOCAL_SCRIPT": "{"},
        ["scribepass: SCRIBEPASS_LOCAL_SCRIPT: must be JSON"],
    ),
    "another script": (
        {"SCRIBEPASS_LOCAL_SCRIPT": "[3]"},
        ["scribepass: SCRIBEPASS_LOCAL_SCRIPT: lines[0]: must be a table; lines[0].text: has no words"],
    ),
    "no faults": (
        {"SCRIBEPASS_LOCAL_FAULTS": '[{"kind": "fire", "after": -1}]'},
        [
            (
                "scribepass: SCRIBEPASS_LOCAL_FAULTS 0.kind: must be one of exception, drop, half-open, "
                "slow, garbage, wrong-crc, close"
            ),
            "scribepass: SCRIBEPASS_LOCAL_FAULTS 0.after: must be a number from 0 to 14400",
        ],
    ),
}


@pytest.mark.parametrize(("variables", "lines"), BAD.values(), ids=BAD)
async def test_what_is_wrong_with_its_environment(variables: dict[str, str], lines: list[str]) -> None:
    """All faults at once, each with its variable; nothing starts."""
    done = await run("local", "--port", "0", **variables)
    assert (done.code, done.out, done.err.splitlines()) == (Exit.USAGE, "", lines)


async def test_for_other_machines_only_when_asked() -> None:
    """An open address needs --i-know, which is a variable too; what that means is printed."""
    done = await run("local", "--port", "0", SCRIBEPASS_LOCAL_HOST="0.0.0.0")  # noqa: S104
    assert done.code == Exit.USAGE
    assert "listens on loopback only, not on 0.0.0.0; --i-know allows it" in done.err
    process = await ready(
        SCRIBEPASS_LOCAL_HOST="0.0.0.0",  # noqa: S104
        SCRIBEPASS_LOCAL_I_KNOW="true",
        SCRIBEPASS_LOCAL_SCRIPT='["one"]',
    )
    await first_lines(process, 5)
    process.terminate()
    done = await ended(process)
    assert done.code == 0
    assert "WARNING: this local AWS listens on 0.0.0.0" in done.err


async def test_a_control_port_in_use(tmp_path: Path) -> None:
    """The port and the way out are named, whichever it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await run(
            "local", "--port", "0", "--no-tls", "--control-port", str(port), "--recogniser", script(tmp_path)
        )
    assert (done.code, done.out) == (Exit.FAILED, "")
    assert f"cannot listen on 127.0.0.1:{port}" in done.err
    assert "--control-port takes another" in done.err


def test_every_option_is_a_variable() -> None:
    """The help says so, and a new option is one of its own accord."""
    command = main.get_command(None, "local")  # type: ignore[arg-type]
    assert command is not None
    assert command.context_settings == {"auto_envvar_prefix": "SCRIBEPASS_LOCAL"}
    assert all(each.envvar is None for each in command.params)
