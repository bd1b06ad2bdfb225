"""Damages frames, repairs their checksums, and gives them to the decoder.

A fuzzer that leaves the checksums alone tests the checksum and nothing behind it. Run::

    python tests/fuzz/fuzz_eventstream.py --executions 1000000 --seed 7

Every execution must end in messages or RemoteProtocolError, the same whether the bytes come whole or cut at
random; what is accepted must be what encoding it gives; no decoder may keep bytes once it is broken. The
first violation ends the run and shows its input in hex.
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    CHECKOUT = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(CHECKOUT / "service"), str(CHECKOUT / "tests")]

from scribepass.eventstream import DEFAULT, TRANSCRIBE, Limits
from support.feed import Outcome, feed
from support.messages import enframe
from support.vectors import load, unhex

LIMITS = (DEFAULT, TRANSCRIBE, Limits(message_bytes=400, headers_bytes=100, header_count=3, value_bytes=20))
TELLING = (0, 1, 2, 3, 5, 7, 9, 10, 11, 12, 15, 16, 127, 128, 254, 255)
TELLING_LENGTHS = (0, 11, 12, 15, 16, 17, 2**15 - 1, 2**15, 2**16, 2**17, 2**24, 2**31, 2**32 - 16, 2**32 - 1)
LONGEST_SEED = 2000


def seeds() -> list[tuple[bytes, bytes]]:
    """Headers and payload of every vector, valid or not, that is about one frame of modest length."""
    found = []
    for case in load("valid.json") + load("invalid.json"):
        data = unhex(case["bytes"])
        if 16 <= len(data) <= LONGEST_SEED:
            middle = 12 + int.from_bytes(data[4:8], "big")
            found.append((data[12:middle], data[middle:-4]))
    return found


def damage(data: bytes, other: bytes, generator: random.Random) -> bytes:
    """One to four edits: bits, bytes, telling bytes, cuts, repetitions, pieces of another seed."""
    changed = bytearray(data)
    for _ in range(generator.randrange(1, 5)):
        at, end = sorted(generator.choices(range(len(changed) + 1), k=2))
        match generator.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << generator.randrange(8)
            case 1 if at < len(changed):
                changed[at] = generator.choice(TELLING)
            case 2:
                changed[at:at] = generator.randbytes(generator.randrange(1, 4))
            case 3:
                del changed[at : min(end, at + 8)]
            case 4:
                changed[at:at] = changed[at:end]
            case 5 if other:
                start, stop = sorted(generator.choices(range(len(other) + 1), k=2))
                changed[at:at] = other[start:stop]
            case _:
                changed[at:at] = bytes([generator.choice(TELLING)])
    return bytes(changed[: 2 * LONGEST_SEED])


def stream(corpus: list[tuple[bytes, bytes]], generator: random.Random) -> bytes:
    """One to three frames: mostly damaged headers, seldom lengths that lie or wrong checksums."""
    data = b""
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        (block, payload), (other, _) = generator.choice(corpus), generator.choice(corpus)
        if generator.random() < 0.9:
            block = damage(block, other, generator)
        lies: dict[str, int] = {}
        if generator.random() < 0.1:
            near = generator.randrange(len(block) + len(payload) + 20)
            lies[generator.choice(("total", "headers"))] = generator.choice((*TELLING_LENGTHS, near, near))
        data += enframe(block, payload, **lies)
        if generator.random() < 0.03:
            data = damage(data, other, generator)
    return data


def cut(data: bytes, generator: random.Random) -> list[bytes]:
    cuts = sorted(generator.choices(range(len(data) + 1), k=generator.randrange(1, 6)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def execute(corpus: list[tuple[bytes, bytes]], generator: random.Random) -> Outcome:
    """One execution. Raises AssertionError, or whatever escaped the decoder, with the input as a note."""
    data, limits = stream(corpus, generator), generator.choice(LIMITS)
    try:
        whole = feed([data], limits=limits, at_end=True)
        assert feed(cut(data, generator), limits=limits, at_end=True) == whole, "cutting matters"
        accepted = b"".join(message.encode() for message in whole.messages)
        assert data.startswith(accepted), "something was accepted that encoding does not give"
        assert whole.kind is not None or accepted == data, "bytes were neither accepted nor refused"
    except BaseException as error:
        error.add_note(f"limits: {limits}\ninput: {data.hex()}")
        raise
    return whole


def run(executions: int, *, seed: int) -> Counter[str]:
    """That many executions; how many streams were read to their end, and how the others were refused."""
    corpus, generator = seeds(), random.Random(seed)
    ends: Counter[str] = Counter()
    for _ in range(executions):
        outcome = execute(corpus, generator)
        ends[outcome.kind.value if outcome.kind else "accepted"] += 1
    return ends


def main() -> None:
    """Run from a shell, and say how fast it went."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    began = time.perf_counter()
    ends = run(arguments.executions, seed=arguments.seed)
    seconds = time.perf_counter() - began
    print(", ".join(f"{end} {count:,}" for end, count in ends.most_common()))
    print(
        f"{arguments.executions:,} executions, seed {arguments.seed}, {arguments.executions / seconds:,.0f}/s"
    )


if __name__ == "__main__":
    main()
