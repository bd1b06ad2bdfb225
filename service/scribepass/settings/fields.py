"""The types of the settings: what each takes, and the sentence that says so. No value is ever in one."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from scribepass.transcribe import REGIONS
from scribepass.transcribe.catalogue import MAX_URL_SECONDS

from .addresses import is_bind, is_host_and_port, is_network, server_of

__all__ = [
    "Bind",
    "Condition",
    "CredentialMode",
    "Distinct",
    "Duration",
    "ExternalId",
    "Few",
    "Hops",
    "HostAndPort",
    "HttpEndpoint",
    "Lease",
    "Limit",
    "Listed",
    "Many",
    "Network",
    "Origin",
    "Region",
    "RoleArn",
    "Seconds",
    "Secret",
    "SessionName",
    "StoreUrl",
    "StreamEndpoint",
    "Window",
]

_MICROPHONE = re.compile(r"https:|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::|$)")
_ROLE_ARN = re.compile("arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}")
_SESSION = re.compile("[A-Za-z0-9_+=,.@-]{2,64}")
_EXTERNAL_ID = re.compile("[A-Za-z0-9_+=,.@:/-]{2,1224}")
_STORE = re.compile(r"(?P<tcp>(?:redis|valkey)s?(?:\+cluster)?)|(?:redis|valkey)\+unix")
_STORE_OPTIONS = frozenset(
    {"db", "ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}
)
_SECRET = re.compile(r"[\x21-\x7e]{32,1024}")


class CredentialMode(enum.StrEnum):
    """Whose credentials sign a URL."""

    AMBIENT = "ambient"
    ASSUME_ROLE = "assume-role"
    PER_CALLER = "assume-role-per-caller"


class Condition(enum.StrEnum):
    """What a session policy may hold a stream to."""

    SOURCE_IP = "source-ip"
    REQUESTED_REGION = "requested-region"
    SECURE_TRANSPORT = "secure-transport"


def _which(holds: Callable[[Any], object], sentence: str) -> AfterValidator:
    def check(value: Any) -> Any:  # noqa: ANN401 (of whichever field)
        if not holds(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _is_store(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port, options = (
            parts.port,
            dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))),
        )
    except ValueError:
        return False
    kind = _STORE.fullmatch(parts.scheme)
    if kind is None or parts.fragment or not options.keys() <= _STORE_OPTIONS or port == 0:
        return False
    database = parts.path[1:] if kind["tcp"] else options.get("db", "")
    there = parts.hostname if kind["tcp"] else parts.path[1:]
    return bool(there) and re.fullmatch("[0-9]{0,4}", database + options.get("db", "")) is not None


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: object) -> int:
        text = str(value)
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return BeforeValidator(check)


def _endpoint(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        server = server_of(value, *schemes)
        if server is None:
            scheme = " or ".join(f"{each}://" for each in schemes)
            raise ValueError(f"must be {scheme} and a host, perhaps a port from 1 to 65535, no more")
        return server

    return AfterValidator(check)


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


Bind = Annotated[str, _which(is_bind, "must be HOST:PORT, [IPv6]:PORT or unix:/PATH")]
HostAndPort = Annotated[str, _which(is_host_and_port, "must be HOST:PORT or [IPv6]:PORT")]
Region = Annotated[str, _which(REGIONS.__contains__, "is not a region with Amazon Transcribe streaming")]
Origin = Annotated[
    str,
    _which(
        lambda value: server_of(value, "http", "https") == value,
        "must be origins such as https://app.example.com, as browsers send them, and never *",
    ),
    _which(_MICROPHONE.match, "must be https: of other hosts than localhost no page gets the microphone"),
]
Network = Annotated[str, _which(is_network, "must be addresses or networks such as 10.0.0.0/8")]
HttpEndpoint = Annotated[str, _endpoint("http", "https")]
StreamEndpoint = Annotated[str, _endpoint("ws", "wss")]
RoleArn = Annotated[str, _which(_ROLE_ARN.fullmatch, "must be a role: arn:aws:iam::111122223333:role/NAME")]
SessionName = Annotated[str, _which(_SESSION.fullmatch, "must be 2 to 64 letters, digits and _ + = , . @ -")]
ExternalId = Annotated[
    str, _which(_EXTERNAL_ID.fullmatch, "must be 2 to 1224 letters, digits and _ + = , . @ : / -")
]
Secret = Annotated[
    SecretStr,
    _which(
        lambda value: _SECRET.fullmatch(value.get_secret_value()),
        "must be 32 to 1024 visible ASCII characters",
    ),
]
StoreUrl = Annotated[
    SecretStr,
    _which(
        lambda value: _is_store(value.get_secret_value()),
        "must be redis:// or valkey:// and a server, with s for TLS, perhaps +cluster or +unix; no time-outs",
    ),
]
Seconds = Annotated[int, _whole(15, MAX_URL_SECONDS)]
Duration = Annotated[int, _whole(900, 43_200)]
Lease = Annotated[int, _whole(60, 14_400)]
Window = Annotated[int, _whole(0, 14_400)]
Few = Annotated[int, _whole(1, 64)]
Many = Annotated[int, _whole(1, 100_000)]
Limit = Annotated[int, _whole(0, 1_000_000)]
Hops = Annotated[int, _whole(0, 8)]
Listed = BeforeValidator(_split)
Distinct = _which(lambda values: len(set(values)) == len(values), "names something twice")
