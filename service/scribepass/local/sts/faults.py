"""Faults on demand: what the next calls of STS meet instead of an answer, or with it.

``StsFaults`` is a queue that tests and the control API fill; :class:`~.actions.Sts` takes from it. Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

__all__ = ["NAMED", "FaultKind", "StsFault", "StsFaults", "has_body"]

_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class FaultKind(enum.StrEnum):
    """What happens to a call."""

    ERROR = "error"  # an error of STS, with the fault's code, status and message
    SLOW = "slow"  # the true answer, late
    HANG = "hang"  # no answer until the connection closes
    RESET = "reset"  # the connection is reset
    TRUNCATED = "truncated"  # half of the true answer's body, then the end of the connection
    GARBAGE = "garbage"  # a page of HTML with the fault's status, as from a proxy


def has_body(status: int) -> bool:
    """Whether an answer can have this status and a body (RFC 9110, 6.4.1)."""
    return status in list(HTTPStatus) and status >= 200 and status not in _BODILESS


@dataclass(frozen=True, slots=True, kw_only=True)
class StsFault:
    """One fault. ``delay_seconds`` is how long the call waits for it, whatever its kind."""

    kind: FaultKind = FaultKind.ERROR
    code: str = "InternalFailure"
    status: int = 500
    message: str = ""
    delay_seconds: float = 0.0

    def __post_init__(self) -> None:
        """ValueError for a status that no answer with a body has, or a delay that is none."""
        if not has_body(self.status):
            raise ValueError("status must be one of HTTP whose answers have a body")
        if not 0 <= self.delay_seconds <= 3600:
            raise ValueError("delay_seconds must be between 0 and 3600")


@dataclass(slots=True)
class _Planned:
    fault: StsFault
    times: int
    action: str | None


@dataclass(slots=True)
class StsFaults:
    """Faults that are to come, first in, first out."""

    _planned: list[_Planned] = field(default_factory=list)

    def add(self, fault: StsFault, times: int = 1, action: str | None = None) -> None:
        """Let the next ``times`` calls meet ``fault``, or only those of ``action``. ValueError below 1."""
        if times < 1:
            raise ValueError("times must be at least 1")
        self._planned.append(_Planned(fault, times, action))

    def take(self, action: str) -> StsFault | None:
        """The fault that a call of ``action`` meets, which is then used up; None if there is none for it."""
        for planned in self._planned:
            if planned.action in (None, action):
                planned.times -= 1
                if not planned.times:
                    self._planned.remove(planned)
                return planned.fault
        return None

    def clear(self) -> None:
        """Forget all of them."""
        self._planned.clear()


NAMED: Mapping[str, StsFault] = {
    "Throttling": StsFault(code="Throttling", status=400, message="Rate exceeded"),
    "ServiceUnavailable": StsFault(
        code="ServiceUnavailable",
        status=503,
        message="The request has failed due to a temporary failure of the server.",
    ),
    "InternalFailure": StsFault(
        code="InternalFailure",
        status=500,
        message="The request processing has failed because of an unknown error, exception or failure.",
    ),
    "ExpiredToken": StsFault(
        code="ExpiredToken", status=403, message="The security token included in the request is expired"
    ),
    "AccessDenied": StsFault(code="AccessDenied", status=403, message="Access denied"),
    "RegionDisabledException": StsFault(
        code="RegionDisabledException",
        status=403,
        message="STS is not activated in this region for account:123456789012. Your account administrator "
        "can activate STS in this region using the IAM Console.",
    ),
    "IDPCommunicationError": StsFault(
        code="IDPCommunicationError",
        status=400,
        message="The identity provider that was asked to verify the token could not be reached.",
    ),
}
"""Errors of STS that clients must live with, with AWS's texts, by their codes."""
