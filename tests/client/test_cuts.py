"""The connection to a local AWS is cut at random moments: each number in the audio is heard once, in time."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from scribepass.client import Notice, Resumed, Timing, transcribe
from scribepass.client.tickets import ClientTicket
from scribepass.local.recognisers.markers import Markers
from scribepass.transcribe import Operation, Transcript, parse, stream_url
from support import markers
from support.loopback import FORMAT
from support.streaming import REGION, local_aws, signed

NUMBERS = 24
AUDIO = markers.count(NUMBERS)
FAST = Timing(speed=1000, stall=1, blocked=1, drain=2)
SEEDS = range(20)


@dataclass(kw_only=True)
class Cutter:
    """A TCP proxy that resets the nth connection after so many bytes of one direction."""

    upstream: int
    cuts: list[tuple[str, int]]
    port: int = 0
    done: list[tuple[str, int]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        side, after = self.cuts.pop(0) if self.cuts else ("", 0)
        there = await asyncio.open_connection("127.0.0.1", self.upstream)
        directions = [("up", reader, there[1]), ("down", there[0], writer)]
        passing = [
            asyncio.create_task(pump(source, target, after if name == side else None))
            for name, source, target in directions
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            if any(each.done() and each.result() for each in passing):
                self.done.append((side, after))
            else:
                await asyncio.wait(passing, timeout=1)
        finally:
            for each in passing:
                each.cancel()
            await asyncio.wait(passing)
            for end in (writer, there[1]):
                end.transport.abort()


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, limit: int | None) -> bool:
    """Pass bytes on; true once ``limit`` of them have passed."""
    passed = 0
    with contextlib.suppress(OSError):
        while limit is None or passed < limit:
            data = await source.read(65536 if limit is None else min(65536, limit - passed))
            if not data:
                target.write_eof()
                return False
            passed += len(data)
            target.write(data)
            await target.drain()
        return True
    return False


@contextlib.asynccontextmanager
async def cutting(cuts: list[tuple[str, int]]) -> AsyncIterator[Cutter]:
    async with local_aws(recogniser=Markers(segment=4)) as local:
        cutter = Cutter(upstream=local.port, cuts=cuts)
        server = await asyncio.start_server(cutter.serve, "127.0.0.1", 0)
        async with server:
            cutter.port = server.sockets[0].getsockname()[1]
            yield cutter


class Signing:
    """Tickets for what listens on ``port``, each of the same session."""

    def __init__(self, port: int) -> None:
        self._endpoint = f"ws://127.0.0.1:{port}"
        self.over = 0

    async def closed(self, _ticket: ClientTicket) -> None:
        self.over += 1

    async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
        session = "11111111-2222-3333-4444-555555555555"
        stream = {name: value for name, value in params.items() if name != "ticket-id"}
        parsed = parse(Operation.STANDARD, {**stream, "session-id": session})
        url = stream_url(Operation.STANDARD, region=REGION, params=parsed, endpoint=self._endpoint)
        return ClientTicket(
            url=signed(url),
            session_id=session,
            ticket_id="tk_1",
            operation=Operation.STANDARD,
            region=REGION,
            parameters={name: str(value) for name, value in stream.items()},
            expires_in=60,
        )


async def chunks() -> AsyncIterator[bytes]:
    for at in range(0, len(AUDIO), 3200):
        yield AUDIO[at : at + 3200]


def random_cuts(seed: int) -> list[tuple[str, int]]:
    """Four: before the request, in the handshake, anywhere in the audio, anywhere in the results."""
    chance = random.Random(seed)
    kinds = [("up", 0), ("up", 600), ("down", 250), ("up", len(AUDIO) * 11 // 10), ("down", 12_000)]
    return [(side, chance.randint(0, most)) for side, most in chance.choices(kinds, (1, 2, 2, 8, 8), k=4)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_number_is_heard_once(seed: int) -> None:
    """Whatever is cut: 1 to N in order, at their times, and the session is given back once."""
    notices: list[Notice] = []
    finals = []
    async with cutting(random_cuts(seed)) as cutter:
        tickets = Signing(cutter.port)
        events = transcribe(chunks(), tickets=tickets, params=FORMAT, timing=FAST, on_notice=notices.append)
        async for event in events:
            assert isinstance(event, Transcript)
            finals += [each for each in event.results if not each.is_partial]
    items = [item for final in finals for item in final.alternatives[0].items]
    assert [int(item.content) for item in items] == list(range(1, NUMBERS + 1))
    for item in items:
        assert (item.start_time, item.end_time) == pytest.approx(markers.times(int(item.content)), abs=0.01)
    assert tickets.over == 1
    assert cutter.done
    assert sum(isinstance(each, Resumed) for each in notices) <= len(cutter.done)
