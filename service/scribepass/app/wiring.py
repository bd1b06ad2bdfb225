"""The composition root: settings in, parts out. Nothing is started and nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from scribepass.callers import Authenticator, FirstOf, Open
from scribepass.callers.key_file import load_keys
from scribepass.credentials import CredentialSource
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.errors import Problem, SettingsError
from scribepass.settings import Settings
from scribepass.telemetry import get_log
from scribepass.transcribe import Operation
from scribepass.vending import Vendor

__all__ = ["Parts", "build_parts", "utcnow"]

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The present, timezone-aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of. A test gives its own."""

    vendor: Vendor
    authenticator: Authenticator


def build_parts(settings: Settings, *, clock: Clock = utcnow) -> Parts:
    """The parts of the service that ``settings`` describe.

    Raises:
        SettingsError: files that they name are not there, or are not what they should be; every one of them.
    """
    authenticator, problems = _authenticator(settings)
    problems += _faults_of_page(settings)
    if problems:
        raise SettingsError(problems)
    vendor = Vendor(
        credentials=_suppliers(settings, clock=clock),
        regions=settings.regions,
        default_region=settings.region,
        clock=clock,
        expires_in=settings.expires_in,
        max_expires_in=settings.max_expires_in,
        endpoint=settings.transcribe_endpoint,
        log=get_log("vending"),
    )
    return Parts(vendor=vendor, authenticator=authenticator)


def _suppliers(settings: Settings, *, clock: Clock) -> dict[Operation, RefreshAhead]:
    """One for each operation, its credentials scoped to that action; an ambient identity cannot be scoped."""
    if settings.role_arn is None:
        ambient = RefreshAhead(ProviderChain(settings.region), clock=clock)
        return dict.fromkeys(settings.operations, ambient)
    return {
        operation: RefreshAhead(_role(settings, role_arn=settings.role_arn, operation=operation), clock=clock)
        for operation in settings.operations
    }


def _role(settings: Settings, *, role_arn: str, operation: Operation) -> CredentialSource:
    return AssumeRole(
        role_arn,
        session_name=settings.role_session_name,
        actions=(operation.action,),
        region=settings.region,
        endpoint_url=settings.sts_endpoint,
    )


def _authenticator(settings: Settings) -> tuple[Authenticator, list[Problem]]:
    known: list[Authenticator] = []
    problems: list[Problem] = []
    if settings.api_keys_file:
        try:
            known.append(load_keys(settings.api_keys_file))
        except SettingsError as error:
            problems += error.problems
    if settings.anonymous:
        known.append(Open())
    return FirstOf(*known), problems


def _faults_of_page(settings: Settings) -> Iterator[Problem]:
    if settings.page_dir is None:
        return
    try:
        message = "" if (settings.page_dir / "index.html").is_file() else "has no index.html"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    if message:
        yield Problem(field="SCRIBEPASS_PAGE_DIR", code="unreadable", message=message)
