"""``scribepass up``: service, page and local AWS together, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import click

from scribepass.cli.exits import Exit
from scribepass.cli.family import Family
from scribepass.cli.options import PORT, recogniser_option

__all__ = ["command", "service_environment"]

HOST = "127.0.0.1"
ROLE_ARN = "arn:aws:iam::000000000000:role/scribepass-vending"

PROXIES = {"all_proxy", "http_proxy", "https_proxy"}
"""A proxy would be asked for 127.0.0.1, which there is another machine."""

LIMITS = (
    "SCRIBEPASS_RATE_PER_MINUTE",
    "SCRIBEPASS_RATE_PER_HOUR",
    "SCRIBEPASS_MAX_SESSIONS",
    "SCRIBEPASS_STREAM_QUOTA",
    "SCRIBEPASS_GLOBAL_RATE_PER_SECOND",
    "SCRIBEPASS_FAILURES_PER_MINUTE",
)
"""Which nobody needs on one's own machine; the environment may set them all the same."""

HELP = """Run everything on this machine: the service, its page, and a local AWS behind it.

The service asks the local AWS for credentials and signs URLs for it; nothing leaves this machine, and AWS
credentials in the environment are not looked at. SCRIBEPASS_* variables reach the service.
"""


@click.command("up", help=HELP, short_help="Run service, page and local AWS together.")
@click.option("--port", type=PORT, default=8000, show_default=True, help="Of the page and the service.")
@click.option("--local-port", type=PORT, default=8444, show_default=True, help="Of the local AWS.")
@recogniser_option
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Of the service.")
@click.option("--verbose", is_flag=True, help="Let both log what they do, on stderr.")
@click.pass_context
def command(
    context: click.Context, *, port: int, local_port: int, recogniser: str, workers: int, verbose: bool
) -> None:
    """Start both, say where, and stop both."""
    if port == local_port:
        raise click.UsageError("--port and --local-port must differ.")
    for number, option in ((port, "--port"), (local_port, "--local-port")):
        if not _is_free(number):
            raise click.ClickException(f"Port {number} is in use; {option} takes another.")
    level = (context.parent.params["log_level"] if context.parent else None) or (
        "info" if verbose else "warning"
    )
    region = os.environ.get("SCRIBEPASS_REGION") or "us-east-1"
    local = ["--log-level", level, "local", "--no-tls", "--port", str(local_port), "--region", region]
    service = service_environment(os.environ, port=port, local_port=local_port, workers=workers, level=level)
    context.exit(
        asyncio.run(_run([*local, "--recogniser", recogniser], service, port=port, local_port=local_port))
    )


async def _run(local: list[str], service: Mapping[str, str], *, port: int, local_port: int) -> Exit:
    async with Family() as family:
        await family.start("the local AWS", local, environ=_confined(os.environ))
        if not await family.ready(f"http://{HOST}:{local_port}/healthz"):
            return family.outcome
        await family.start("the service", ["serve"], environ=service)
        if not await family.ready(f"http://{HOST}:{port}/readyz"):
            return family.outcome
        click.echo(_greeting(f"http://{HOST}:{port}", has_page="SCRIBEPASS_PAGE_DIR" in service))
        await family.over()
        return family.outcome


def service_environment(
    environ: Mapping[str, str], *, port: int, local_port: int, workers: int, level: str
) -> dict[str, str]:
    """The environment of a service that knows no AWS but the local one."""
    from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

    page = _page_folder()
    return {
        "SCRIBEPASS_OPERATIONS": "standard,medical,call-analytics",
        **dict.fromkeys(LIMITS, "0"),
        **({"SCRIBEPASS_PAGE_DIR": str(page)} if page else {}),
        **_confined(environ),
        "SCRIBEPASS_ENV": "local",
        "SCRIBEPASS_ANONYMOUS": "true",
        "SCRIBEPASS_BIND": f"{HOST}:{port}",
        "SCRIBEPASS_ROLE_ARN": ROLE_ARN,
        "SCRIBEPASS_STS_ENDPOINT": f"http://{HOST}:{local_port}",
        "SCRIBEPASS_TRANSCRIBE_ENDPOINT": f"ws://{HOST}:{local_port}",
        "SCRIBEPASS_WORKERS": str(workers),
        "SCRIBEPASS_LOG_LEVEL": level,
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
    }


def _confined(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` without anybody's AWS account, in variables or in the home folder, and without a proxy."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("AWS_") and name.lower() not in PROXIES
    }
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **files, "AWS_EC2_METADATA_DISABLED": "true"}


def _page_folder() -> Path | None:
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "_web", package.parents[1] / "web")
    return next((folder for folder in candidates if (folder / "index.html").is_file()), None)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, so that a port whose last connections are still winding down counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _greeting(url: str, *, has_page: bool) -> str:
    if not has_page:
        return f"{url}/presign vends tickets for the local AWS. Ctrl-C stops."
    where = f"Open {url} in Chrome, Edge, Firefox or Safari,"
    return f"\n  {where} allow the microphone and speak.\n  Ctrl-C stops.\n"
