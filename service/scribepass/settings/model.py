"""How one deployment behaves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from scribepass.transcribe import Operation

from . import fields
from .addresses import is_loopback

__all__ = ["SECRETS", "Model"]

SECRETS = ("secret", "store_url")
"""Fields whose value may be in a file, which ``SCRIBEPASS_<FIELD>_FILE`` names."""

_LOCAL_ONLY = ("anonymous", "sts_endpoint", "transcribe_endpoint")


class Model(BaseModel):
    """Each field is the variable ``SCRIBEPASS_<FIELD>``; lists have commas."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    env: Literal["production", "local"] = "production"
    """``local`` allows what only a developer's machine may do."""
    bind: fields.Bind = "127.0.0.1:8000"
    """Where to listen: HOST:PORT, [IPv6]:PORT or unix:/PATH."""
    operator_bind: fields.HostAndPort | None = None
    """Where operators read metrics and readiness in detail: HOST:PORT; unset, nowhere."""
    region: fields.Region = "us-east-1"
    """The region of URLs for callers that name none, and of the STS that is asked."""
    regions: Annotated[tuple[fields.Region, ...], fields.Listed, fields.Distinct] = Field(
        default=(), validate_default=True
    )
    """The regions that callers may name; unset, ``region`` alone."""
    operations: Annotated[tuple[Operation, ...], fields.Listed, fields.Distinct, Field(min_length=1)] = (
        Operation.STANDARD,
    )
    """The operations that are vended: standard, medical, call-analytics."""

    credential_mode: fields.CredentialMode = fields.CredentialMode.ASSUME_ROLE
    """Whose credentials sign: ``ambient`` (what boto3's provider chain finds), ``assume-role`` (one
    session of the role for all callers) or ``assume-role-per-caller`` (one for each)."""
    role_arn: fields.RoleArn | None = None
    """The role that is assumed."""
    role_session_name: fields.SessionName = "scribepass"
    """The name of the service's own session of the role, as CloudTrail shows it."""
    external_id: fields.ExternalId | None = None
    """The ExternalId that the role's trust policy asks for."""
    session_duration: fields.Duration | None = None
    """How long a session of the role lasts, in seconds, 900 to 43200; unset, 3600, or 900 per caller."""
    session_conditions: Annotated[tuple[fields.Condition, ...], fields.Listed, fields.Distinct] = ()
    """What the session policy holds streams to: source-ip (per caller only), requested-region,
    secure-transport."""
    source_identity: bool = False
    """Whether a caller's session carries its name as SourceIdentity; only per caller."""
    session_tags: bool = False
    """Whether a caller's session carries the tags scribepass:caller and scribepass:class; only per caller."""
    max_callers: fields.Many = 2000
    """Callers whose sessions a process keeps at once; only per caller."""
    sts_endpoint: fields.HttpEndpoint | None = None
    """Another STS than AWS's; only with ``env=local``."""
    transcribe_endpoint: fields.StreamEndpoint | None = None
    """Another Transcribe than AWS's; only with ``env=local``."""

    expires_in: fields.Seconds = 60
    """How long a URL can be opened, in seconds, for callers that ask for nothing else; 15 to 300."""
    max_expires_in: fields.Seconds = 300
    """The longest life of a URL that a caller may ask for, in seconds; 15 to 300."""
    resume_window: fields.Window = 900
    """For how long after a ticket its caller may ask for another of the same session, in seconds; up to
    14400."""

    allowed_origins: Annotated[tuple[fields.Origin, ...], fields.Listed] = ()
    """The web origins whose pages may read answers, each exactly; never ``*``."""
    api_keys_file: Path | None = None
    """The file that ``scribepass keys new`` writes: who may call."""
    issuers_file: Path | None = None
    """A TOML file of OpenID Connect issuers whose access tokens are accepted."""
    policy_file: Path | None = None
    """A TOML file that says what each caller may ask for; unset, everything that is vended here."""
    anonymous: bool = False
    """Whether callers without a key are served; only with ``env=local`` and a loopback address."""
    secret: fields.Secret | None = None
    """32 or more random characters that all processes share: ticket ids are signed, and callers named in
    logs, with keys made of it; unset, a random one for each start. ``SCRIBEPASS_SECRET_FILE`` names a
    file instead."""

    rate_per_minute: fields.Limit = 10
    """Tickets that a caller may ask for in a minute; 0 is no limit, here and below."""
    rate_burst: fields.Limit = 5
    """How many of them at once."""
    rate_per_hour: fields.Limit = 120
    """Tickets that a caller may ask for in an hour."""
    max_sessions: fields.Limit = 3
    """Tickets of a caller that are outstanding: neither reported closed nor at the end of their lease."""
    session_lease: fields.Lease = 3600
    """How long a ticket counts as outstanding unless it is reported closed, in seconds; 60 to 14400."""
    stream_quota: fields.Limit = 25
    """The AWS account's quota of concurrent streams; four fifths of it may be outstanding at once."""
    global_rate_per_second: fields.Limit = 5
    """Tickets for all callers in a second, on the average."""
    global_burst: fields.Limit = 25
    """How many of them at once."""
    failures_per_minute: fields.Limit = 20
    """Refused credentials from one address in a minute, before it is told to wait."""
    store_url: fields.StoreUrl | None = None
    """Redis or Valkey, where the processes count together (redis://, rediss://, redis+cluster://,
    valkey://); unset, each counts its share. ``SCRIBEPASS_STORE_URL_FILE`` names a file instead."""
    instances: fields.Few = 1
    """Machines or tasks that run this service: without the store each allows its share of a limit."""

    trusted_hops: fields.Hops = 0
    """Proxies in front that add to ``X-Forwarded-For``: 0 believes none of it."""
    forwarded_allow_ips: Annotated[tuple[fields.Network, ...], fields.Listed] = ()
    """The proxies, as addresses or networks, whose ``X-Forwarded-Proto`` and ``X-Forwarded-For`` are
    believed."""
    workers: fields.Few | None = None
    """Processes; unset, 2 with the store, and 1 without, whose memory then has every count exactly."""
    threads: fields.Few = 8
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

    @property
    def processes(self) -> int:
        """How many workers one instance has."""
        return self.workers or (1 if self.store_url is None else 2)

    @property
    def share(self) -> float:
        """The part of a limit that one process allows where the processes cannot count together."""
        return 1 / (self.processes * self.instances)
