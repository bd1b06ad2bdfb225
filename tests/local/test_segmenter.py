"""Where utterances begin and end."""

import pytest

from scribepass.local.recognisers.segmenter import DEFAULT, FRAME_BYTES, Piece, Place, Rules, Segmenter

SPEECH, SILENCE = b"\x01", b"\x00"


def audio(pattern: str) -> bytes:
    """Frames of 30 ms: ``#`` is judged to be speech. The third byte of each numbers it."""
    return b"".join(
        bytes([judged == "#", 0, number % 256]) + bytes(FRAME_BYTES - 3)
        for number, judged in enumerate(pattern)
    )


def is_speech(frame: bytes) -> bool:
    assert len(frame) == FRAME_BYTES
    return frame[0] == 1


def cut(pcm: bytes, *, size: int = 3200, rules: Rules = DEFAULT) -> list[Piece]:
    segmenter = Segmenter(is_speech, rules=rules)
    pieces = [piece for at in range(0, len(pcm), size) for piece in segmenter.feed(pcm[at : at + size])]
    return [*pieces, *segmenter.finish()]


def utterances(pieces: list[Piece]) -> list[tuple[int, int]]:
    """First and last frame of each utterance."""
    found, start = [], 0
    for piece in pieces:
        if piece.place is Place.FIRST:
            start = round(piece.start / 0.03)
        if piece.place is Place.LAST:
            last = round(piece.start / 0.03) if piece.pcm else round(piece.start / 0.03) - 1
            found.append((start, last))
    return found


CASES = {
    "silence": ("." * 40, []),
    "four of eight are not speech": ("." * 20 + "#.#.#.#." + "." * 30, []),
    "five of eight start, with half a second before": ("." * 30 + "#" * 5 + "." * 30, [(18, 54)]),
    "scattered speech starts at the fifth of eight": ("." * 30 + "#.##.##" + "." * 30, [(20, 56)]),
    "no more before than there is": ("#" * 5 + "." * 30, [(0, 24)]),
    "a pause of 0.57 s does not end it": ("#" * 5 + "." * 19 + "#" * 5 + "." * 30, [(0, 48)]),
    "a pause of 0.6 s does": ("#" * 5 + "." * 20 + "#" * 5 + "." * 30, [(0, 24), (25, 49)]),
    "from 5 s on, 0.2 s are enough": ("#" * 167 + "." * 7 + "." * 30, [(0, 173)]),
    "from 9 s on, 0.09 s are enough": ("#" * 300 + "." * 3 + "." * 30, [(0, 302)]),
    "12 s are the most, and nothing is lost": ("#" * 405 + "." * 30, [(0, 399), (400, 424)]),
    "one frame after a cut is not speech enough": ("#" * 401 + "." * 30, [(0, 399)]),
    "the end of the audio is the end": ("." * 10 + "#" * 6, [(0, 15)]),
}


@pytest.mark.parametrize(("pattern", "expected"), CASES.values(), ids=CASES)
def test_rules(pattern: str, expected: list[tuple[int, int]]) -> None:
    """It starts at 5 of 8, takes 0.5 s from before, and ends at a pause that shrinks with its length."""
    assert utterances(cut(audio(pattern))) == expected


@pytest.mark.parametrize("size", [1, 2, 641, 959, 960, 961, 3200, 1_000_000])
def test_chunk_size_does_not_matter(size: int) -> None:
    """The same audio gives the same pieces however it is cut."""
    pcm = audio("." * 9 + "#" * 40 + "." * 25 + "#" * 9)
    assert cut(pcm, size=size) == cut(pcm)


def test_every_byte_of_an_utterance_is_handed_out_once() -> None:
    """Pre-roll, middle and end join without a gap; what is shorter than a frame comes at the end."""
    pcm = audio("." * 20 + "#" * 30) + b"\x07\x08\x09"
    pieces = cut(pcm)
    start = round(pieces[0].start / 0.03) * FRAME_BYTES
    assert b"".join(piece.pcm for piece in pieces) == pcm[start:-1]
    assert [piece.place for piece in pieces[:2]] == [Place.FIRST, Place.MIDDLE]
    assert pieces[-1].place is Place.LAST


def test_finish_without_an_utterance_gives_nothing() -> None:
    """Silence to the end has no last piece."""
    assert cut(audio("." * 7)) == []
