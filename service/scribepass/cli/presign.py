"""``scribepass presign``: one URL, signed with this machine's own credentials; no service takes part."""

from __future__ import annotations

import json
import math
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from scribepass.cli.options import collect, stream_options

if TYPE_CHECKING:
    from scribepass.credentials import Need, Supplier
    from scribepass.sigv4 import Credentials
    from scribepass.transcribe import Operation
    from scribepass.vending import Ticket

__all__ = ["command"]

DEFAULTS = {"media-encoding": "pcm", "sample-rate": "16000"}
DEFAULT_REGION = "us-east-1"

HELP = """Print a presigned URL, made with the AWS credentials of this machine.

The credentials are those that AWS's own tools would use, or with --role-arn those of a role, scoped to this
one action. The URL is a secret until it expires: whoever has it streams at your expense.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line, as click read it."""

    language: str | None
    operation: str
    region: str | None
    parameters: tuple[tuple[str, str], ...]
    expires: int
    role_arn: str | None
    sts_endpoint: str | None
    endpoint: str | None
    as_json: bool

    def params(self) -> dict[str, str]:
        """The stream's parameters: 16 kHz PCM unless they say otherwise."""
        return {**DEFAULTS, **collect(self.parameters, language=self.language)}


@click.command("presign", help=HELP, short_help="Print one presigned URL.")
@stream_options
@click.option(
    "--expires",
    type=click.IntRange(15, 300),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long the stream can be opened.",
)
@click.option("--role-arn", metavar="ARN", help="Sign as this role, by AssumeRole.")
@click.option("--sts-endpoint", metavar="URL", help="Another STS, such as that of `scribepass local`.")
@click.option("--endpoint", metavar="URL", help="Another Transcribe, such as ws://127.0.0.1:8444.")
@click.option("--json", "as_json", is_flag=True, help="The whole ticket, as POST /presign answers it.")
def command(**given: Any) -> None:  # noqa: ANN401 - click's values, which Options names and types
    """Fetch credentials, vend one ticket, print it."""
    options = Options(**given)
    ticket = _vend(options, params=options.params())
    warning = f"for {ticket.expires_in} s this URL is a password: whoever has it streams at your expense"
    click.echo(f"scribepass: {warning}", err=True)
    click.echo(json.dumps(ticket.to_json(), indent=2) if options.as_json else ticket.url)


def _vend(options: Options, *, params: dict[str, str]) -> Ticket:
    from scribepass.callers import Caller
    from scribepass.transcribe import Operation, parse
    from scribepass.vending import Deployment, TicketRequest, Vendor

    operation = Operation(options.operation)
    request = TicketRequest(operation=operation, params=parse(operation, params), expires_in=options.expires)
    region = options.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    region = region or DEFAULT_REGION
    here = Deployment(
        operations=[operation], regions=[region], default_region=region, endpoint=options.endpoint
    )
    vendor = Vendor(
        here,
        supplies=_AtHand(_credentials(options, operation=operation, region=region)),
        secret=secrets.token_bytes(32),
        clock=lambda: datetime.now(UTC),
    )
    try:
        return vendor.vend(Caller(id="cli"), request)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--endpoint") from None


def _credentials(options: Options, *, operation: Operation, region: str) -> Credentials:
    from scribepass.credentials.sts import AssumeRole, ProviderChain

    if options.role_arn is None:
        return ProviderChain(region).fetch()
    role = AssumeRole(
        options.role_arn,
        session_name="scribepass-cli",
        actions=(operation.action,),
        region=region,
        endpoint_url=options.sts_endpoint,
        duration=900,
    )
    return role.fetch()


class _AtHand:
    """Credentials that were fetched a moment ago, for one ticket."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def of(self, need: Need) -> Supplier:  # noqa: ARG002
        return self

    def current(self) -> Credentials:
        return self._credentials

    def seconds_left(self) -> float:
        return math.inf

    def start(self) -> None:
        """Nothing is to come."""
