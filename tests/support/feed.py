"""Feeds one stream to a Decoder in many ways; all of them must come to the same end."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scribepass.errors import RemoteProtocolError, Violation
from scribepass.eventstream import NEED_DATA, Decoder, Limits, Message

RANDOM_SPLITS = 5


@dataclass
class Outcome:
    """What came of a stream: its messages, then an error or bytes that were left over."""

    messages: list[Message] = field(default_factory=list)
    kind: Violation | None = None
    text: str = ""
    left_over: int = 0


def feed(chunks: Sequence[bytes], *, limits: Limits, at_end: bool = False) -> Outcome:
    """Give the chunks to a new Decoder, one by one, and read all that it has after each."""
    decoder, outcome = Decoder(limits=limits), Outcome()
    for chunk in chunks:
        decoder.receive_data(chunk)
        drain(decoder, outcome)
    return _finish(decoder, outcome, at_end=at_end)


def feed_unread(chunks: Sequence[bytes], *, limits: Limits, at_end: bool = False) -> Outcome:
    """The same, but nothing is read before all chunks are given."""
    decoder = Decoder(limits=limits)
    for chunk in chunks:
        decoder.receive_data(chunk)
    return _finish(decoder, Outcome(), at_end=at_end)


def _finish(decoder: Decoder, outcome: Outcome, *, at_end: bool) -> Outcome:
    if at_end:
        decoder.receive_eof()
    drain(decoder, outcome)
    outcome.left_over = decoder.buffered
    return outcome


def drain(decoder: Decoder, outcome: Outcome) -> None:
    """Read until the decoder needs data or breaks; once broken it must stay so, with nothing kept."""
    before = outcome.kind, outcome.text
    try:
        while (message := decoder.next_message()) is not NEED_DATA:
            outcome.messages.append(message)
    except RemoteProtocolError as error:
        outcome.kind, outcome.text = error.kind, str(error)
    else:
        assert outcome.kind is None, "a broken decoder has recovered"
    if outcome.kind is not None:
        assert before in {(None, ""), (outcome.kind, outcome.text)}, "another error than the first"
        assert decoder.buffered == 0, "a broken decoder keeps bytes"


def ways(data: bytes, *, seed: str) -> Iterator[tuple[str, list[bytes]]]:
    """The stream as one chunk, in halves, byte by byte, and cut at random, with empty chunks between."""
    yield "whole", [data]
    yield "halves", [data[: len(data) // 2], data[len(data) // 2 :]]
    yield "byte by byte", [data[at : at + 1] for at in range(len(data))]
    generator = random.Random(seed)
    for nth in range(RANDOM_SPLITS):
        cuts = sorted(generator.choices(range(len(data) + 1), k=nth * 3 + 1))
        yield f"random {nth}", [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
