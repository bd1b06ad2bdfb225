"""One process of the wire fuzzer: talks, many at once, each from its own seed."""

import asyncio
import itertools
import multiprocessing
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from scribepass.sigv4 import presign
from scribepass.transcribe import NEED_DATA, Operation, Role, StreamSession, Transcript, parse, stream_url
from support.frames import BINARY, frame
from support.raw_socket import RawSocket
from support.streaming import PARAMETERS, RATE, REGION, STATIC, audio

from .traffic import END, Speaker
from .transports import TRANSPORTS, Wrong

AT_ONCE = 16
GARBLED = 0.04
URL_SECONDS = 30
SAID = "one two"

CHANNELS = {"enable-channel-identification": True, "number-of-channels": 2}
KINDS = [
    *[(Operation.STANDARD, {})] * 6,
    (Operation.STANDARD, CHANNELS),
    (Operation.MEDICAL, {}),
    (Operation.CALL_ANALYTICS, {}),
    (Operation.CALL_ANALYTICS, {}),
]


@dataclass
class Tally:
    """What was done, and how it ended."""

    frames: int = 0
    talks: int = 0
    requests: int = 0
    good: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            frames=self.frames + other.frames,
            talks=self.talks + other.talks,
            requests=self.requests + other.requests,
            good=self.good + other.good,
            endings=self.endings + other.endings,
            wrong=self.wrong + other.wrong,
        )


@dataclass(kw_only=True)
class Shard:
    """Talks to the server at ``endpoint``, numbered, until the process is ended.

    Instead of one talk of ``good_each`` it holds a good stream.
    """

    endpoint: str
    seed: str
    transport: str
    good_each: int = 250
    tally: Tally = field(default_factory=Tally)
    _urls: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)

    def work(self, queued: "multiprocessing.Queue[Tally]") -> None:
        """Talk, and tell every second what came of it."""
        asyncio.run(self._work(queued))

    async def _work(self, queued: "multiprocessing.Queue[Tally]") -> None:
        numbers, told = itertools.count(), time.monotonic()
        talking = {asyncio.create_task(self._talk(next(numbers))) for _ in range(AT_ONCE)}
        while True:
            done, talking = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
            talking |= {asyncio.create_task(self._talk(next(numbers))) for _ in done}
            if time.monotonic() - told > 1 or self.tally.wrong:
                queued.put(self.tally)
                self.tally, told = Tally(), time.monotonic()

    async def _talk(self, number: int) -> None:
        try:
            await self.say(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the run is for
            what = f"{type(error).__name__}: {error}"
            self.tally.wrong.append(f"talk {self.seed}/{number}: {what}")

    async def say(self, number: int) -> None:
        """One talk. :class:`Wrong` when the server did what it must not do."""
        generator = random.Random(f"{self.seed}/{number}")
        transport = TRANSPORTS[self.transport]()
        operation, more = generator.choice(KINDS)
        url = self._url(operation, more)
        if number % self.good_each == self.good_each - 1:
            await good(self._url(Operation.STANDARD, {}))
            self.tally.good += 1
        elif generator.random() < GARBLED:
            ending = await transport.garble(url, generator)
            self.tally.requests += 1
            self.tally.endings[f"({ending})"] += 1
        else:
            signature = parse_qs(urlsplit(url).query)["X-Amz-Signature"][0]
            now = datetime.now(UTC).replace(microsecond=0)
            talk = Speaker(generator, operation=operation, seed=signature, now=now).talk()
            ending = await transport.play(url, talk.pieces, generator)
            self.tally.frames += talk.frames
            self.tally.talks += 1
            self.tally.endings[ending] += 1

    def _url(self, operation: Operation, more: dict[str, object]) -> str:
        """A URL is good for five minutes and for any number of streams."""
        key = operation.value, str(more)
        made, url = self._urls.get(key, (0.0, ""))
        if not url or time.monotonic() - made > URL_SECONDS:
            given = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE}
            params = parse(operation, {**given, **PARAMETERS[operation], **more})
            unsigned = stream_url(operation, region=REGION, params=params, endpoint=self.endpoint)
            url = presign(unsigned, credentials=STATIC, region=REGION, now=datetime.now(UTC), expires=300)
            self._urls[key] = time.monotonic(), url
        return url


async def good(url: str) -> None:
    """Hold a stream as it should be. :class:`Wrong` when it is not answered so."""
    socket = await RawSocket.open(url)
    session, finals = StreamSession(Role.CLIENT), []
    await socket.send(b"".join(frame(BINARY, each) for each in [*[audio()] * 8, END]))
    while (message := await socket.message()) is not None:
        session.receive_data(message.payload)
        while (event := session.next_event()) is not NEED_DATA:
            if not isinstance(event, Transcript):
                raise Wrong(f"a good stream got {event}")
            finals += [each.alternatives[0].transcript for each in event.results if not each.is_partial]
    socket.vanish()
    if finals != [SAID]:
        raise Wrong(f"a good stream heard {finals}")
