"""Faults between settings, each of which is sound by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scribepass.errors import Problem

from .fields import Condition, CredentialMode
from .model import Model

__all__ = ["PREFIX", "conflicts", "problem", "variable"]

PREFIX = "SCRIBEPASS_"

REDIRECTING_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
"""AWS's own variables, by how they begin, that would send credentials somewhere else."""

Conflict = tuple[tuple[str, ...], Problem]
"""A fault, with the fields that must be sound for it to be one."""


def variable(field: str) -> str:
    """The name of a field's variable."""
    return PREFIX + field.upper()


def problem(field: str, code: str, message: str) -> Problem:
    """A fault of one field."""
    return Problem(field=variable(field), code=code, message=message)


def conflicts(settings: Model, environ: Mapping[str, str]) -> Iterator[Conflict]:
    """Every fault between fields, and between them and AWS's own variables."""
    yield from _of_environment(settings, environ)
    yield from _of_credentials(settings)
    yield from _of_callers(settings)
    yield from _of_limits(settings)


def _of_environment(settings: Model, environ: Mapping[str, str]) -> Iterator[Conflict]:
    for field in settings.local_only:
        if settings.env == "production":
            yield (field,), problem(field, "local_only", "is honoured with SCRIBEPASS_ENV=local only")
        elif not settings.binds_loopback:
            text = f"must be a loopback address while {variable(field)} is set"
            yield (field, "bind"), problem("bind", "local_only", text)
    if settings.env == "production":
        for name in sorted(environ):
            if name.startswith(REDIRECTING_VARIABLES) and environ[name]:
                text = "would send credentials elsewhere; production does not start with it"
                yield (), Problem(field=name, code="local_only", message=text)
    if settings.operator_bind is not None and settings.operator_bind == settings.bind:
        text = "must be another port than SCRIBEPASS_BIND: metrics are not for callers"
        yield ("operator_bind", "bind"), problem("operator_bind", "conflict", text)


def _of_credentials(settings: Model) -> Iterator[Conflict]:
    mode = settings.credential_mode
    if mode is CredentialMode.AMBIENT:
        for field in ("role_arn", "external_id", "session_duration", "session_conditions"):
            if getattr(settings, field):
                text = "is of no use with SCRIBEPASS_CREDENTIAL_MODE=ambient, which assumes no role"
                yield (field, "credential_mode"), problem(field, "conflict", text)
    elif settings.role_arn is None:
        text = f"is needed with SCRIBEPASS_CREDENTIAL_MODE={mode.value}; ambient needs none"
        yield ("role_arn", "credential_mode"), problem("role_arn", "required", text)
    if mode is not CredentialMode.PER_CALLER:
        given = [field for field in ("source_identity", "session_tags") if getattr(settings, field)]
        if Condition.SOURCE_IP in settings.session_conditions:
            given.append("session_conditions")
        for field in given:
            what = "has source-ip, which" if field == "session_conditions" else "is of a caller's session:"
            text = f"{what} needs SCRIBEPASS_CREDENTIAL_MODE=assume-role-per-caller"
            yield (field, "credential_mode"), problem(field, "conflict", text)
    elif settings.secret is None:
        text = "is needed with assume-role-per-caller, or sessions in CloudTrail would not lead to callers"
        yield ("secret", "credential_mode"), problem("secret", "required", text)


def _of_callers(settings: Model) -> Iterator[Conflict]:
    if not settings.api_keys_file and not settings.issuers_file and not settings.anonymous:
        text = (
            "or SCRIBEPASS_ISSUERS_FILE is needed, or nobody could call "
            "(to try: SCRIBEPASS_ENV=local and SCRIBEPASS_ANONYMOUS=true)"
        )
        yield ("api_keys_file", "issuers_file", "anonymous"), problem("api_keys_file", "required", text)
    if settings.trusted_hops and not settings.forwarded_allow_ips:
        text = "needs SCRIBEPASS_FORWARDED_ALLOW_IPS: whose X-Forwarded-For to believe"
        yield ("trusted_hops", "forwarded_allow_ips"), problem("trusted_hops", "conflict", text)
    if settings.instances > 1 and settings.secret is None:
        text = "is needed with several SCRIBEPASS_INSTANCES: what one issues another must know"
        yield ("secret", "instances"), problem("secret", "required", text)


def _counts(settings: Model) -> bool:
    """Whether there is a limit that processes can only keep together."""
    rates = (settings.rate_per_minute, settings.rate_per_hour, settings.global_rate_per_second)
    return any((*rates, settings.max_sessions, settings.stream_quota))


def _of_limits(settings: Model) -> Iterator[Conflict]:
    if settings.region not in settings.regions:
        text = "does not name SCRIBEPASS_REGION, which is used when a caller names no region"
        yield ("region", "regions"), problem("regions", "conflict", text)
    if settings.expires_in > settings.max_expires_in:
        text = "is more than SCRIBEPASS_MAX_EXPIRES_IN"
        yield ("expires_in", "max_expires_in"), problem("expires_in", "conflict", text)
    if settings.processes * settings.instances > 1 and settings.store_url is None and _counts(settings):
        text = "is needed where several processes have one limit: WORKERS and INSTANCES of 1 do without"
        yield ("store_url", "workers", "instances"), problem("store_url", "required", text)
    for burst, rate in (("rate_burst", "rate_per_minute"), ("global_burst", "global_rate_per_second")):
        if getattr(settings, rate) and not getattr(settings, burst):
            text = f"must be 1 or more while {variable(rate)} is a limit"
            yield (burst, rate), problem(burst, "conflict", text)
