"""RFC 6455, held against the endpoint as it is: a table of cases, each with its section and the answer.

Autobahn|Testsuite needs an endpoint that echoes (``tests/autobahn``); these cases have the breadth of its
categories 1 to 7, and say what *this* endpoint answers.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from scribepass.local.limits import Limits
from scribepass.local.server import LocalAws
from support.raw_socket import RawSocket
from support.streaming import local_aws, signed_url

from . import closing, framing, texts
from .case import HEARD, STREAM, Answer, Case, put

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = [*framing.CASES, *texts.CASES, *closing.CASES]
GOOD = Case(name="a good stream", section="", sends=STREAM, answer=HEARD)
LIMITS = Limits(close_gap_seconds=0, close_seconds=1)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def local() -> AsyncIterator[LocalAws]:
    """One server for all cases: none may harm the next."""
    async with local_aws(limits=LIMITS) as server:
        yield server


async def answer(url: str, case: Case, *, chopped: bool = False) -> Answer:
    """What the server answers to a case."""
    async with await RawSocket.open(url) as socket:
        return await put(socket, case, chopped=chopped)


async def test_every_case_has_a_name_of_its_own() -> None:
    """So that a failure names one case."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.name}")
async def test_the_answer(local: LocalAws, case: Case) -> None:
    """The case, whole and in pieces, is answered as the table says, and a good stream after it as ever."""
    url = signed_url(local)
    whole, chopped = await asyncio.gather(answer(url, case), answer(url, case, chopped=True))
    assert whole == case.answer
    assert chopped == case.answer
    assert await answer(url, GOOD) == HEARD
