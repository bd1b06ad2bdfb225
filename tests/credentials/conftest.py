"""Caches whose threads end with the test."""

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from scribepass.credentials import CredentialSource
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.plan import SHARED
from support.clock import Clock
from support.credentials import Make


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Iterator[Make]:
    """Makes a cache on the test's clock, without jitter unless asked for."""
    made: list[RefreshAhead] = []

    def build(source: CredentialSource, **options: object) -> RefreshAhead:
        plan = {each.name: options.pop(each.name) for each in fields(SHARED) if each.name in options}
        defaults = {
            "draw": lambda low, _high: low,
            "monotonic": clock.monotonic,
            "plan": replace(SHARED, **plan),
        }
        cache = RefreshAhead(source, clock=clock, **{**defaults, **options})
        made.append(cache)
        return cache

    yield build
    for each in made:
        each.close()
