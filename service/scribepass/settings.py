"""One frozen object from ``SCRIBEPASS_*`` variables; every fault is reported at once.

The environment comes in as a mapping. Who reads ``os.environ`` is an edge: ``app/wsgi.py``,
``app/gunicorn_conf.py`` and the CLI. Unset means production, and production refuses whatever would
weaken it. No value is ever echoed, because any variable may hold a secret by mistake.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from scribepass.errors import Problem, SettingsError
from scribepass.transcribe import REGIONS, Operation
from scribepass.transcribe.catalogue import MAX_URL_SECONDS

__all__ = ["Settings", "is_loopback"]

PREFIX = "SCRIBEPASS_"
CLIENT_VARIABLES = frozenset({"SCRIBEPASS_API_KEY", "SCRIBEPASS_SERVICE", "SCRIBEPASS_TEST_DATA"})
"""Read by the client and by the tests: beside a service in one shell they are no misspelling."""

REDIRECTING_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
"""AWS's own variables, by how they begin, that would send credentials somewhere else."""

_LOCAL_ONLY = ("anonymous", "sts_endpoint", "transcribe_endpoint")
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>0|[1-9][0-9]{0,4}))?")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?!.{{254}}){_LABEL}(?:\.{_LABEL})*")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # a browser reads such a host as IPv4
_DEFAULT_PORT = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_MICROPHONE = re.compile(r"https:|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::|$)")
_ROLE_ARN = re.compile("arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}")
_SESSION = re.compile("[A-Za-z0-9_+=,.@-]{2,64}")


def is_loopback(host: str) -> bool:
    """Whether ``host``, an address or ``localhost``, is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _host(text: str) -> str | None:
    """``text`` as browsers write it, if it is an IP address, IPv6 in brackets, or a host name."""
    name = text.lower()
    try:
        if name.startswith("["):
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
        if _ENDS_IN_NUMBER.fullmatch(name):
            return str(ipaddress.IPv4Address(name))
    except ValueError:
        return None
    return name if _HOST_NAME.fullmatch(name) else None


def _address(text: str) -> tuple[str, int | None] | None:
    """Host and port of ``HOST[:PORT]``; the port is from 0 to 65535, without leading zeros."""
    match = _ADDRESS.fullmatch(text)
    host = _host(match["host"]) if match else None
    port = int(match["port"]) if match and match["port"] else None
    return (host, port) if host and (port or 0) <= 65535 else None


def _server(value: str, *schemes: str) -> str | None:
    """``value`` as browsers write an origin, if it is ``SCHEME://HOST[:PORT]`` and no more."""
    scheme, _, rest = value.partition("://")
    address = _address(rest) if scheme in schemes else None
    if address is None or address[1] == 0:
        return None
    host, port = address
    return f"{scheme}://{host}" if port in {None, _DEFAULT_PORT[scheme]} else f"{scheme}://{host}:{port}"


def _endpoint(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        server = _server(value, *schemes)
        if server is None:
            scheme = " or ".join(f"{each}://" for each in schemes)
            raise ValueError(f"must be {scheme} and a host, perhaps a port from 1 to 65535, no more")
        return server

    return AfterValidator(check)


def _is_bind(value: str) -> bool:
    address = _address(value)
    return bool(re.fullmatch("unix:/.+", value)) or (address is not None and address[1] is not None)


def _is_network(value: str) -> bool:
    try:
        return bool(ipaddress.ip_network(value))
    except ValueError:
        return False


def _which(holds: Callable[[Any], object], sentence: str) -> AfterValidator:
    def check(value: Any) -> Any:  # noqa: ANN401 (of whichever field)
        if not holds(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: object) -> int:
        text = str(value)
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return BeforeValidator(check)


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


Bind = Annotated[str, _which(_is_bind, "must be HOST:PORT, [IPv6]:PORT or unix:/PATH")]
Region = Annotated[str, _which(REGIONS.__contains__, "is not a region with Amazon Transcribe streaming")]
Origin = Annotated[
    str,
    _which(
        lambda value: _server(value, "http", "https") == value,
        "must be origins such as https://app.example.com, as browsers send them, and never *",
    ),
    _which(_MICROPHONE.match, "must be https: of other hosts than localhost no page gets the microphone"),
]
Network = Annotated[str, _which(_is_network, "must be addresses or networks such as 10.0.0.0/8")]
RoleArn = Annotated[str, _which(_ROLE_ARN.fullmatch, "must be a role: arn:aws:iam::111122223333:role/NAME")]
SessionName = Annotated[str, _which(_SESSION.fullmatch, "must be 2 to 64 letters, digits and _ + = , . @ -")]
Seconds = Annotated[int, _whole(15, MAX_URL_SECONDS)]
Few = Annotated[int, _whole(1, 64)]
Listed = BeforeValidator(_split)
Distinct = _which(lambda values: len(set(values)) == len(values), "names something twice")


class Settings(BaseModel):
    """How one deployment behaves: each field is the variable ``SCRIBEPASS_<FIELD>``; lists have commas."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    env: Literal["production", "local"] = "production"
    """``local`` allows what only a developer's machine may do."""
    bind: Bind = "127.0.0.1:8000"
    """Where to listen: HOST:PORT, [IPv6]:PORT or unix:/PATH."""
    region: Region = "us-east-1"
    """The region of URLs for callers that name none, and of the STS that is asked."""
    regions: Annotated[tuple[Region, ...], Listed, Distinct] = Field(default=(), validate_default=True)
    """The regions that callers may name; unset, ``region`` alone."""
    operations: Annotated[tuple[Operation, ...], Listed, Distinct, Field(min_length=1)] = (
        Operation.STANDARD,
    )
    """The operations that are vended: standard, medical, call-analytics."""
    role_arn: RoleArn | None = None
    """The role whose credentials sign URLs; unset, what boto3's provider chain finds signs."""
    role_session_name: SessionName = "scribepass"
    """The name of the role's session, as CloudTrail shows it."""
    sts_endpoint: Annotated[str, _endpoint("http", "https")] | None = None
    """Another STS than AWS's; only with ``env=local``."""
    transcribe_endpoint: Annotated[str, _endpoint("ws", "wss")] | None = None
    """Another Transcribe than AWS's; only with ``env=local``."""
    expires_in: Seconds = 60
    """How long a URL can be opened, in seconds, for callers that ask for nothing else; 15 to 300."""
    max_expires_in: Seconds = 300
    """The longest life of a URL that a caller may ask for, in seconds; 15 to 300."""
    allowed_origins: Annotated[tuple[Origin, ...], Listed] = ()
    """The web origins whose pages may read answers, each exactly; never ``*``."""
    api_keys_file: Path | None = None
    """The file that ``scribepass keys new`` writes: who may call."""
    anonymous: bool = False
    """Whether callers without a key are served; only with ``env=local`` and a loopback address."""
    forwarded_allow_ips: Annotated[tuple[Network, ...], Listed] = ()
    """The proxies, as addresses or networks, whose ``X-Forwarded-Proto`` is believed."""
    workers: Few = 2
    """Processes."""
    threads: Few = 8
    """Requests at once in each process."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe log lines that are written."""
    page_dir: Path | None = None
    """A folder with the static page, served at ``/``; unset, no page is served."""

    @field_validator("regions")
    @classmethod
    def _default_region_alone(cls, regions: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return regions or ((info.data["region"],) if "region" in info.data else ())

    @property
    def binds_loopback(self) -> bool:
        """Whether ``bind`` is reached from this machine only: a loopback address or a Unix socket."""
        return self.bind.startswith("unix:") or is_loopback(self.bind.rpartition(":")[0])

    @property
    def local_only(self) -> tuple[str, ...]:
        """The settings in force that are allowed in ``env=local`` on a loopback address only."""
        return tuple(name for name in _LOCAL_ONLY if getattr(self, name))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """The settings that ``environ`` describes; an empty variable is an unset one.

        Raises:
            SettingsError: with every fault; ``Problem.field`` is the variable's name.
        """
        names = {_variable(field): field for field in cls.model_fields}
        given = {field: environ[name] for name, field in names.items() if environ.get(name)}
        faulty: dict[str, Problem] = {}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            faulty = _faulty_fields(error)
            settings = cls.model_validate({field: given[field] for field in given.keys() - faulty})
        problems = [*_misspelt(environ, names), *faulty.values()]
        problems += [
            each for fields, each in _conflicts(settings, environ) if faulty.keys().isdisjoint(fields)
        ]
        if problems:
            raise SettingsError(problems)
        return settings


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _misspelt(environ: Mapping[str, str], known: Collection[str]) -> Iterator[Problem]:
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and name not in known and name not in CLIENT_VARIABLES:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; was {near[0]} meant?" if near else ""
            yield Problem(field=name, code="unknown", message=f"is not a setting{hint}")


def _faulty_fields(error: ValidationError) -> dict[str, Problem]:
    """One problem for each field: a sentence about the rule, in which the value does not appear."""
    found: dict[str, Problem] = {}
    for each in error.errors(include_url=False, include_input=False):
        text = each["msg"].removeprefix("Value error, ")
        if "expected" in each.get("ctx", {}):
            text = f"must be {each['ctx']['expected']}".replace("'", "")
        elif each["type"] == "bool_parsing":
            text = "must be true or false"
        field = str(each["loc"][0])
        found.setdefault(field, _problem(field, "value", text))
    return found


def _conflicts(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], Problem]]:
    """Faults between fields, each with the fields that must be sound for it to be one."""
    for field in settings.local_only:
        if settings.env == "production":
            yield (field,), _problem(field, "local_only", "is honoured with SCRIBEPASS_ENV=local only")
        elif not settings.binds_loopback:
            text = f"must be a loopback address while {_variable(field)} is set"
            yield (field, "bind"), _problem("bind", "local_only", text)
    if settings.env == "production":
        for name in sorted(environ):
            if name.startswith(REDIRECTING_VARIABLES) and environ[name]:
                text = "would send credentials elsewhere; production does not start with it"
                yield (), Problem(field=name, code="local_only", message=text)
    if not settings.api_keys_file and not settings.anonymous:
        text = "is needed, or nobody could call (to try: SCRIBEPASS_ENV=local and SCRIBEPASS_ANONYMOUS=true)"
        yield ("api_keys_file", "anonymous"), _problem("api_keys_file", "required", text)
    if settings.region not in settings.regions:
        text = "does not name SCRIBEPASS_REGION, which is used when a caller names no region"
        yield ("region", "regions"), _problem("regions", "conflict", text)
    if settings.expires_in > settings.max_expires_in:
        text = "is more than SCRIBEPASS_MAX_EXPIRES_IN"
        yield ("expires_in", "max_expires_in"), _problem("expires_in", "conflict", text)


def _problem(field: str, code: str, message: str) -> Problem:
    return Problem(field=_variable(field), code=code, message=message)
