"""However the store fails, and wherever requests go: what all processes admit in any window is bounded."""

import random

import pytest

from scribepass.quotas import Ceiling, Quota
from support.quotas import NO_CEILING, Deployment

FAULTS = {
    # name: seconds between changes of the store, and whether it forgets each time
    "dies and stays away": ((30, 300), True),
    "restarts": ((1, 90), True),
    "black hole": ((1, 90), False),
    "restarts every second": ((0.5, 2), True),
    "flaps every second": ((0.5, 2), False),
}
SECONDS = 240


def walk(deployment: Deployment, draw: random.Random, *, quota: Quota, fault: str, routing: str) -> None:
    """Requests at up to ten times the limit for four minutes, while the store comes and goes."""
    pause, forgets = FAULTS[fault]
    rate = draw.choice([0.5, 2, 10]) * (quota.per_minute or quota.per_hour) / 60
    clock, change = deployment.clock, draw.uniform(30, 100)
    while clock.monotonic() < SECONDS:
        before = clock.monotonic()
        clock.advance(min(draw.expovariate(rate), 1.0))
        if int(clock.monotonic()) != int(before):
            deployment.look()
        if clock.monotonic() >= change:
            change = clock.monotonic() + draw.uniform(*pause)
            deployment.shelf.up = not deployment.shelf.up
            if forgets and not deployment.shelf.up:
                deployment.shelf.forget()
        processes = len(deployment.processes)
        turn = int(clock.monotonic() / 17) % processes
        process = {"even": draw.randrange(processes), "one": 0, "in turns": turn}[routing]
        deployment.ask(process, quota=quota)


@pytest.mark.parametrize("routing", ["even", "one", "in turns"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_no_minute_holds_more_than_a_fifth_too_much(processes: int, fault: str, routing: str) -> None:
    """At most 1.2 times the limit in any minute; of a limit below 5 for each process, one for each."""
    for seed in range(4):
        draw = random.Random(f"{processes} {fault} {routing} {seed}")
        limit = draw.choice([10, 20, 60, 200])
        deployment = Deployment(processes)
        try:
            walk(
                deployment,
                draw,
                quota=Quota(per_minute=limit, burst=0, per_hour=0),
                fault=fault,
                routing=routing,
            )
            assert deployment.most_in(60) <= max(1.2 * limit, limit + processes), seed
            assert len(deployment.admitted) >= 1
        finally:
            deployment.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_ceiling_of_all_callers_is_bounded_too(fault: str) -> None:
    """The window of all callers together, which is short, through two processes."""
    for seed in range(4):
        deployment = Deployment(2, ceiling=Ceiling(sessions=0, per_second=5, burst=25))
        try:
            quota = Quota(per_minute=300, burst=0, per_hour=0)
            walk(deployment, random.Random(f"{fault} {seed}"), quota=quota, fault=fault, routing="even")
            assert deployment.most_in(5) <= 30
        finally:
            deployment.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_hour_is_kept_where_requests_are_spread(fault: str) -> None:
    """An hour's window is not held back after trouble; what processes admit alone they tell the store."""
    for seed in range(4):
        deployment = Deployment(2, ceiling=NO_CEILING)
        try:
            quota = Quota(per_minute=0, burst=0, per_hour=120)
            walk(deployment, random.Random(f"{fault} {seed}"), quota=quota, fault=fault, routing="even")
            assert deployment.most_in(3600) <= 1.2 * 120
        finally:
            deployment.close()
