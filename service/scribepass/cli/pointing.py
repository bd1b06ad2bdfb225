"""What to tell each SDK, so that it talks to the local AWS: a line for each, as comments of a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scribepass.transcribe import REGIONS

if TYPE_CHECKING:
    from scribepass.local.server import LocalAws

__all__ = ["ADDED_BY_SDKS", "greeting", "plain", "state_folder", "through_tls"]

ADDED_BY_SDKS = 8443
"""The port that AWS's JavaScript SDK adds to any host before it opens a WebSocket."""

AWS_HOST = "transcribestreaming.{}.amazonaws.com"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where what outlives a run is kept, by the XDG Base Directory Specification."""
    told = Path(environ.get("XDG_STATE_HOME", ""))
    return (told if told.is_absolute() else Path.home() / ".local" / "state") / "scribepass"


def greeting(local: LocalAws) -> str:
    """What is printed once ``local`` listens: where, its key pair as lines for a shell, and the rest."""
    from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

    variables = {
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        "AWS_REGION": local.region,
        "AWS_ENDPOINT_URL_STS": local.url,
    }
    hints = plain(local.url)
    if local.authority is not None and local.tls_port is not None:
        variables["NODE_EXTRA_CA_CERTS"] = str(local.authority)
        hints += through_tls(port=local.tls_port, region=local.region, authority=local.authority)
    control = [] if local.control_url is None else [f"# control API on {local.control_url}"]
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    comments = [f"# {hint}".rstrip() for hint in hints]
    return "\n".join([f"local AWS listening on {local.url}", *control, *lines, *comments, ""])


def plain(url: str) -> list[str]:
    """What needs no TLS: ``url`` is where the local AWS listens without it."""
    return [
        "",
        f"Without TLS, at {url}:",
        f'  JavaScript SDK v3 in Node   new TranscribeStreamingClient({{ endpoint: "{url}" }})',
        f"  boto3 and other STS clients AWS_ENDPOINT_URL_STS={url}",
    ]


def through_tls(*, port: int, region: str, authority: Path) -> list[str]:
    """What goes through TLS at ``port`` of this machine; ``authority`` is the certificate to be trusted."""
    return [*_clients(port), *_hard_wired(port, region), *_trust(authority)]


def _clients(port: int) -> list[str]:
    url = f"https://localhost:{port}"
    if port == ADDED_BY_SDKS:
        socket = 'endpoint: "https://localhost"   (the SDK adds :8443)'
    else:
        socket = f"needs --tls-port {ADDED_BY_SDKS}: the SDK adds :{ADDED_BY_SDKS} to any host"
    return [
        "",
        f"Through TLS, at {url}:",
        f'  JavaScript SDK v3, HTTP/2   endpoint: "{url}"',
        f"  JavaScript SDK, WebSocket   {socket}",
        f'  amazon-transcribe           endpoint_resolver=StaticEndpointResolver("{url}")',
        f'  AWS\'s new Python SDK        endpoint_uri="{url}", transport=AWSCRTHTTPClient()',
    ]


def _hard_wired(port: int, region: str) -> list[str]:
    host = REGIONS[region].host.partition(":")[0] if region in REGIONS else AWS_HOST.format(region)
    return [
        "",
        f"What is hard-wired to {host}:",
        f'  in Chromium                 --host-resolver-rules="MAP {host}:{ADDED_BY_SDKS} 127.0.0.1:{port}"',
        f"  elsewhere, in /etc/hosts    127.0.0.1 {host}   (its HTTP/2 goes to port 443)",
    ]


def _trust(authority: Path) -> list[str]:
    return [
        "",
        f"Its authority is {authority}, for these hosts and no others. To trust it:",
        f"  Node                        NODE_EXTRA_CA_CERTS={authority}",
        f"  boto3, in place of all      AWS_CA_BUNDLE={authority}",
        f"  requests, in place of all   REQUESTS_CA_BUNDLE={authority}",
        f"  Debian, Ubuntu              sudo cp {authority} /usr/local/share/ca-certificates/scribepass.crt",
        "                              sudo update-ca-certificates",
        "  macOS                       sudo security add-trusted-cert -d -r trustRoot \\",
        f"                                -k /Library/Keychains/System.keychain {authority}",
        "Both Python SDKs for streaming look at the system's store alone.",
    ]
