"""The service as gunicorn runs it, but for its clock: that runs ``SOAK_TEMPO`` times as fast as the real one.

Waits for STS keep their real length, for its answers do not come faster. Sessions are 20 minutes old when
they come: the refresh begins five minutes later, as it does with any that has 35 minutes left.
"""

import os
import random
import time
from dataclasses import replace

from scribepass.app import build_parts, create_app
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.modes import Shared
from scribepass.credentials.plan import SHARED
from scribepass.credentials.skew import ClockSkew
from scribepass.credentials.sts import AssumeRole
from scribepass.settings import Settings
from scribepass.telemetry import configure
from support.clock import Hurried

tempo = float(os.environ["SOAK_TEMPO"])
clock = Hurried(tempo, start=float(os.environ["SOAK_START"]))
settings = Settings.from_env(os.environ)
configure(settings.log_level)
skew = ClockSkew(ticks=lambda: time.monotonic() * tempo)
(operation,) = settings.operations


def late(low: float, high: float) -> float:
    """No jitter of the refresh: the worst phase is the one that is known."""
    return low if low == 0 else random.uniform(low, high)


kept = RefreshAhead(
    AssumeRole(
        settings.role_arn or "",
        session_name=settings.role_session_name,
        actions=(operation.action,),
        region=settings.region,
        endpoint_url=settings.sts_endpoint,
        clock=clock,
        skew=skew,
    ),
    clock=clock,
    plan=replace(
        SHARED,
        life=float(os.environ["SOAK_LIFE"]),
        deadline=SHARED.deadline * tempo,
        timeout=SHARED.timeout * tempo,
    ),
    tempo=tempo,
    draw=late,
)
parts = replace(build_parts(settings, clock=clock), skew=skew)
parts.vendor._supplies = Shared({operation.action: kept})
app = create_app(settings, parts=parts)
parts.start()
