"""The composition root: settings in, parts out. Nothing is started and nobody is asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from scribepass.callers import Authenticator, FirstOf, Open
from scribepass.callers.issuers import read_issuers
from scribepass.callers.key_file import load_keys
from scribepass.callers.oidc import Oidc
from scribepass.credentials.skew import ClockSkew
from scribepass.errors import Problem, SettingsError
from scribepass.policy import read_policy
from scribepass.quotas import Ceiling, Quota, Quotas
from scribepass.quotas.building import build_quotas
from scribepass.settings import Settings
from scribepass.telemetry import NULL_METRICS, Metrics, get_audit_log, get_log
from scribepass.vending import Deployment, Vendor

from .readiness import Readiness
from .supplying import build_supplies

__all__ = ["Parts", "build_parts", "settings_of", "utcnow"]

Clock = Callable[[], datetime]
_T = TypeVar("_T")

STREAM_SHARE = 0.8
"""Of the account's quota of streams: the rest is for whoever else uses it, and for what is counted late."""

MAX_SKEW = 120.0
"""Seconds between this clock and AWS's above which URLs would soon be refused."""

_ENVIRONMENT = Path()
_LAST_GOOD: dict[Path, Any] = {}
"""By path, also from before the fork: gunicorn's master reads all files at each HUP."""

_RANDOM_SECRET = secrets.token_bytes(32)
"""For deployments that name none. Made in gunicorn's master, so that all its workers have the same."""


_log = get_log("settings")


def utcnow() -> datetime:
    """The present, timezone-aware."""
    return datetime.now(UTC)


def _unmeasured(_issuers: Sequence[str]) -> Metrics:
    return NULL_METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of. A test gives its own.

    ``needed`` are the parts (`Readiness`) without which nobody can be served.
    """

    vendor: Vendor
    authenticator: Authenticator
    oidc: Oidc | None = None
    skew: ClockSkew = field(default_factory=ClockSkew)
    metrics: Metrics = NULL_METRICS
    needed: frozenset[str] = frozenset({"credentials", "clock"})

    @property
    def readiness(self) -> Readiness:
        """What must be at hand."""
        oidc, skew = self.oidc, self.skew
        return Readiness(
            {
                "credentials": self.vendor.ready,
                "key_set": oidc.ready if oidc else lambda: True,
                "store": self.vendor.quotas.ready,
                "clock": lambda: abs(skew.seconds or 0.0) <= MAX_SKEW,
            },
            needed=self.needed,
        )

    def start(self) -> None:
        """Begin to fetch in the background, in this process, so that the first request finds everything."""
        self.vendor.start()
        self.vendor.quotas.ready()
        if self.oidc is not None:
            self.oidc.start()


def build_parts(
    settings: Settings, *, clock: Clock = utcnow, measure: Callable[[Sequence[str]], Metrics] = _unmeasured
) -> Parts:
    """The parts of the service that ``settings`` describe.

    ``measure`` makes the metrics, given the names of the token issuers.

    A file that this process, or the one that it was forked from, has read before and that is faulty now
    counts as it was then, and an error is logged.

    Raises:
        SettingsError: files that they name are not there, or are not what they should be; every one of them.
    """
    files = _Files(settings)
    issuers = files.read("issuers_file", lambda path: read_issuers(path, local=settings.env == "local")) or ()
    keys = files.read("api_keys_file", lambda path: load_keys(path, clock=clock))
    sources = {"keys", "anonymous", *(each.name for each in issuers)}
    policy = files.read(
        "policy_file",
        lambda path: read_policy(
            path, operations=settings.operations, regions=settings.regions, sources=sources
        ),
    )
    files.read("page_dir", _check_page)
    files.refuse()
    metrics = measure([each.name for each in issuers])
    skew = ClockSkew()
    vendor = Vendor(
        _deployment(settings),
        supplies=build_supplies(settings, clock=clock, skew=skew, metrics=metrics),
        secret=settings.secret.get_secret_value().encode() if settings.secret else _RANDOM_SECRET,
        clock=clock,
        policy=policy,
        quotas=_quotas(settings, metrics=metrics),
        log=get_audit_log("vending") if settings.env == "production" else get_log("vending"),
        metrics=metrics,
    )
    oidc = Oidc(issuers, clock=clock) if issuers else None
    known = [each for each in (keys, oidc, Open() if settings.anonymous else None) if each is not None]
    # Where there are API keys too, an issuer that is away must not take their callers along.
    needed = {"credentials", "clock", *(["key_set"] if known == [oidc] else [])}
    return Parts(
        vendor=vendor,
        authenticator=FirstOf(*known),
        oidc=oidc,
        skew=skew,
        metrics=metrics,
        needed=frozenset(needed),
    )


def settings_of(environ: Mapping[str, str]) -> Settings:
    """The settings that ``environ`` describes, or those of before where a file with a secret is faulty now.

    Raises:
        SettingsError: they are faulty, and never were good in this process or the one it was forked from.
    """
    try:
        _LAST_GOOD[_ENVIRONMENT] = Settings.from_env(environ)
    except SettingsError as error:
        if _ENVIRONMENT not in _LAST_GOOD:
            raise
        fault = "; ".join(f"{each.field} {each.message}" for each in error.problems)
        _log.error("file_faulty", setting="environment", fault=fault, serving="what it said before")
    kept: Settings = _LAST_GOOD[_ENVIRONMENT]
    return kept


class _Files:
    """Reads what the settings name; the last good version of a file goes on where it is faulty now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._problems: list[Problem] = []

    def read(self, field: str, read: Callable[[Path], _T]) -> _T | None:
        """What the file holds; None where none is named, or where it is faulty and was never good."""
        path: Path | None = getattr(self._settings, field)
        if path is None:
            return None
        try:
            _LAST_GOOD[path] = read(path)
        except SettingsError as error:
            if path not in _LAST_GOOD:
                self._problems += error.problems
                return None
            fault = "; ".join(each.message for each in error.problems)
            _log.error("file_faulty", setting=field, fault=fault, serving="what it said before")
        kept: _T = _LAST_GOOD[path]
        return kept

    def refuse(self) -> None:
        """Raise SettingsError if a file cannot be used."""
        if self._problems:
            raise SettingsError(self._problems)


def _deployment(settings: Settings) -> Deployment:
    return Deployment(
        operations=settings.operations,
        regions=settings.regions,
        default_region=settings.region,
        expires_in=settings.expires_in,
        max_expires_in=settings.max_expires_in,
        resume_window=settings.resume_window,
        lease=settings.session_lease,
        quota=Quota(
            per_minute=settings.rate_per_minute,
            burst=settings.rate_burst,
            per_hour=settings.rate_per_hour,
            sessions=settings.max_sessions,
        ),
        session_tags=settings.session_tags,
        endpoint=settings.transcribe_endpoint,
    )


def _quotas(settings: Settings, *, metrics: Metrics) -> Quotas:
    return build_quotas(
        settings.store_url.get_secret_value() if settings.store_url else None,
        ceiling=Ceiling(
            sessions=ceil(settings.stream_quota * STREAM_SHARE),
            per_second=settings.global_rate_per_second,
            burst=settings.global_burst,
        ),
        failures_per_minute=settings.failures_per_minute,
        share=settings.share,
        metrics=metrics,
    )


def _check_page(folder: Path) -> None:
    try:
        message = "" if (folder / "index.html").is_file() else "has no index.html"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    if message:
        raise SettingsError([Problem(field="SCRIBEPASS_PAGE_DIR", code="unreadable", message=message)])
