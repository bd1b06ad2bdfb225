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

    def role(*actions: str, of: Need | None = None) -> CredentialSource:
        seconds = SHARED_SECONDS if of is None else CALLERS_SECONDS
        return AssumeRole(
            role_arn,
            session_name=of.session if of else settings.role_session_name,
            actions=actions,
            region=settings.region,
            endpoint_url=settings.sts_endpoint,
            duration=settings.session_duration or seconds,
            external_id=settings.external_id,
            source_identity=of.session if of and settings.source_identity else None,
            tags=of.tags if of else (),
            conditions=_conditions(settings, address=of.address if of else None),
            clock=clock,
            skew=skew,
            metrics=metrics,
        )

    if settings.credential_mode is CredentialMode.ASSUME_ROLE:
        return Shared(
            {
                each.action: RefreshAhead(role(each.action), clock=clock, metrics=metrics)
                for each in settings.operations
            }
        )
    return PerCaller(
        lambda need: role(need.action, of=need),
        own=RefreshAhead(role(*(_actions(settings.operations))), clock=clock, metrics=metrics),
        clock=clock,
        max_callers=settings.max_callers,
        bind_address=Condition.SOURCE_IP in settings.session_conditions,
        metrics=metrics,
    )


def _actions(operations: tuple[Operation, ...]) -> list[str]:
    return [each.action for each in operations]


def _conditions(settings: Settings, *, address: str | None) -> Conditions:
    chosen = settings.session_conditions
    return Conditions(
        source_ip=address if Condition.SOURCE_IP in chosen else None,
        regions=settings.regions if Condition.REQUESTED_REGION in chosen else (),
        secure_transport=Condition.SECURE_TRANSPORT in chosen,
    )
