"""Whose credentials sign: the mode that the settings name, and never another one in its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scribepass.credentials import CredentialSource, Need, Supplies
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.modes import Ambient, PerCaller, Shared
from scribepass.credentials.session_policy import Conditions
from scribepass.credentials.skew import ClockSkew
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.settings import Condition, CredentialMode, Settings
from scribepass.telemetry import Metrics
from scribepass.transcribe import Operation

__all__ = ["build_supplies"]

SHARED_SECONDS, CALLERS_SECONDS = 3600, 900


def build_supplies(
    settings: Settings, *, clock: Callable[[], datetime], skew: ClockSkew, metrics: Metrics
) -> Supplies:
    """The suppliers of ``settings.credential_mode``; ``skew`` learns the time of every STS answer."""
    role_arn = settings.role_arn
    if settings.credential_mode is CredentialMode.AMBIENT or role_arn is None:
        chain = ProviderChain(settings.region)
        return Ambient(RefreshAhead(chain, clock=clock, metrics=metrics))

    per_caller = settings.credential_mode is CredentialMode.PER_CALLER

    def role(need: Need, *actions: str) -> CredentialSource:
        return AssumeRole(
            role_arn,
            session_name=need.session,
            actions=actions or (need.action,),
            region=settings.region,
            endpoint_url=settings.sts_endpoint,
            duration=settings.session_duration or (CALLERS_SECONDS if per_caller else SHARED_SECONDS),
            external_id=settings.external_id,
            source_identity=need.session if settings.source_identity else None,
            tags=need.tags,
            conditions=_conditions(settings, address=need.address),
            clock=clock,
            skew=skew,
            metrics=metrics,
        )

    own = [_own(settings, operation) for operation in settings.operations]
    if not per_caller:
        return Shared({each.action: RefreshAhead(role(each), clock=clock, metrics=metrics) for each in own})
    # The service's own session has what a caller's has, so that it shows whether STS grants such sessions.
    actions = [each.action for each in own]
    return PerCaller(
        role,
        own=RefreshAhead(role(own[0], *actions), clock=clock, metrics=metrics),
        clock=clock,
        max_callers=settings.max_callers,
        bind_address=Condition.SOURCE_IP in settings.session_conditions,
        metrics=metrics,
    )


def _own(settings: Settings, operation: Operation) -> Need:
    name = settings.role_session_name
    tags = (("scribepass:caller", name), ("scribepass:class", "service")) if settings.session_tags else ()
    return Need(action=operation.action, region=settings.region, session=name, tags=tags)


def _conditions(settings: Settings, *, address: str | None) -> Conditions:
    chosen = settings.session_conditions
    return Conditions(
        source_ip=address if Condition.SOURCE_IP in chosen else None,
        regions=settings.regions if Condition.REQUESTED_REGION in chosen else (),
        secure_transport=Condition.SECURE_TRANSPORT in chosen,
    )
