"""One frozen object from ``SCRIBEPASS_*`` variables; every fault is reported at once.

The environment comes in as a mapping. Who reads ``os.environ`` is an edge: ``app/wsgi.py``,
``app/gunicorn_conf.py`` and the CLI. Unset means production, and production refuses whatever would
weaken it. No value is ever echoed, because any variable may hold a secret by mistake.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
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

__all__ = ["Settings", "is_loopback"]

PREFIX = "SCRIBEPASS_"
CLIENT_VARIABLES = frozenset({"SCRIBEPASS_API_KEY", "SCRIBEPASS_SERVICE", "SCRIBEPASS_TEST_DATA"})
"""Read by the client and by the tests: beside a service in one shell they are no misspelling."""

REDIRECTING_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
"""AWS's own variables, by how they begin, that would send credentials somewhere else."""

_LOCAL_ONLY = ("anonymous", "sts_endpoint", "transcribe_endpoint")
_BIND = re.compile(r"unix:/.+|(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")
_ENDPOINT = r"^%s://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?$"
_ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}$"
_ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[1-9][0-9]{0,4})?")
_LOCAL_ORIGIN = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?")


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


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _bind(value: str) -> str:
    match = _BIND.fullmatch(value)
    if match is None or int(match["port"] or 0) > 65535:
        raise ValueError("must be HOST:PORT, [IPv6]:PORT or unix:/PATH")
    return value


def _region(value: str) -> str:
    if value not in REGIONS:
        raise ValueError("is not a region with Amazon Transcribe streaming")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(
            "must be origins such as https://app.example.com, in lower case, without a path and never *"
        )
    if value.startswith("http:") and not _LOCAL_ORIGIN.fullmatch(value):
        raise ValueError("must be https: browsers give no microphone to other pages than those of localhost")
    return value


def _network(value: str) -> str:
    ipaddress.ip_network(value)
    return value


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


Region = Annotated[str, AfterValidator(_region)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]
Seconds = Annotated[int, Field(ge=15, le=300)]
Listed = BeforeValidator(_split)
Distinct = AfterValidator(_distinct)


class Settings(BaseModel):
    """How one deployment behaves: each field is the variable ``SCRIBEPASS_<FIELD>``; lists have commas."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    env: Literal["production", "local"] = "production"
    """``local`` allows what only a developer's machine may do."""
    bind: Annotated[str, AfterValidator(_bind)] = "127.0.0.1:8000"
    """Where to listen: HOST:PORT, [IPv6]:PORT or unix:/PATH."""
    region: Region = "us-east-1"
    """The region of URLs for callers that name none, and of the STS that is asked."""
    regions: Annotated[tuple[Region, ...], Listed, Distinct] = Field(default=(), validate_default=True)
    """The regions that callers may name; unset, ``region`` alone."""
    operations: Annotated[tuple[Operation, ...], Listed, Distinct, Field(min_length=1)] = (
        Operation.STANDARD,
    )
    """The operations that are vended: standard, medical, call-analytics."""
    role_arn: Annotated[str, Field(pattern=_ROLE_ARN)] | None = None
    """The role whose credentials sign URLs; unset, what boto3's provider chain finds signs."""
    role_session_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]{2,64}$")] = "scribepass"
    """The name of the role's session, as CloudTrail shows it."""
    sts_endpoint: Annotated[str, Field(pattern=_ENDPOINT % "https?")] | None = None
    """Another STS than AWS's; only with ``env=local``."""
    transcribe_endpoint: Annotated[str, Field(pattern=_ENDPOINT % "wss?")] | None = None
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
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes."""
    threads: Annotated[int, Field(ge=1, le=64)] = 8
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
        match = _BIND.fullmatch(self.bind)
        return match is None or match["port"] is None or is_loopback(match["v6"] or match["host"])

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
        problems = list(_misspelt(environ, names))
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            faulty = {str(each["loc"][0]) for each in error.errors()}
            problems += _field_problems(error)
            settings = cls.model_validate({field: given[field] for field in given.keys() - faulty})
        else:
            faulty = set()
        problems += [
            problem for fields, problem in _conflicts(settings, environ) if not faulty.intersection(fields)
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


def _field_problems(error: ValidationError) -> list[Problem]:
    """One problem for each variable, in pydantic's words about the rule; the value itself is left out."""
    found: dict[str, Problem] = {}
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = _variable(str(each["loc"][0]))
        text = each["msg"].removeprefix("Value error, ")
        if each["type"] == "value_error" and str(each["loc"][0]) == "forwarded_allow_ips":
            text = "must be addresses or networks such as 10.0.0.0/8"
        found.setdefault(name, Problem(field=name, code="value", message=text))
    return list(found.values())


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
