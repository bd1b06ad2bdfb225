"""When credentials are renewed, and how long one waits: the numbers of the two kinds of session."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OF_CALLER", "SHARED", "Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All in seconds. ``ahead`` and ``mandatory`` are meant for credentials that last ``life``.

    ``ahead`` is left when the refresh begins, ``mandatory`` when requests begin to wait for it: the latter
    is twice the usual life of a URL. Requests wait for an attempt until ``deadline`` after its start; after
    ``timeout`` it is left behind. After a failure requests bring about no other for ``pace``, and for
    ``denied`` where the fault is one that lasts.
    """

    life: float
    ahead: float
    mandatory: float = 120.0
    deadline: float = 3.0
    timeout: float = 5.0
    pace: float
    denied: float


SHARED = Plan(life=3600.0, ahead=2100.0, pace=1.0, denied=5.0)
"""One session for everybody. Role chaining caps its life at an hour; 35 of its minutes ride out an outage of
30, where botocore's 15 would ride out 14. STS's quota, which cannot be raised, allows a call a second."""

OF_CALLER = Plan(life=900.0, ahead=420.0, pace=4.0, denied=60.0)
"""A session for each caller, as short as STS makes them. A caller is served within 5 s of STS's return."""
