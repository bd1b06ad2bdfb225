"""When a connection that nobody has closed counts as dead."""

import math

import pytest

from scribepass.client.liveness import Liveness, is_audible

RATE = 32000
SOUND = (2000).to_bytes(2, "little") * 16000
SILENCE = bytes(RATE)


@pytest.fixture
def liveness() -> Liveness:
    made = Liveness(stall=10, blocked=5, byte_rate=RATE)
    made.begin(100)
    return made


@pytest.mark.parametrize(
    ("peak", "audible"), [(0, False), (300, False), (-300, False), (1000, True), (-1000, True)]
)
def test_what_is_audible(peak: int, audible: bool) -> None:
    """One sample of speech's size is enough, a quiet room's is not."""
    pcm = bytes(100) + peak.to_bytes(2, "little", signed=True) + bytes(100)
    assert is_audible(pcm) is audible
    assert is_audible(b"") is is_audible(b"\x7f") is False


def test_silence_needs_no_answer(liveness: Liveness) -> None:
    """Hours without a sound and without a word are no sign of anything."""
    for _ in range(100):
        liveness.sent(SILENCE)
    assert liveness.due == math.inf


def test_a_short_noise_needs_none_either(liveness: Liveness) -> None:
    """A second of sound does, however it is cut; it counts from the last answer."""
    liveness.heard(104, words=False)
    for _ in range(9):
        liveness.sent(SOUND[:3200])
    assert liveness.due == math.inf
    liveness.sent(SOUND[:3200])
    assert liveness.due == 114


def test_an_answer_begins_anew(liveness: Liveness) -> None:
    """What was sent before it is answered."""
    liveness.sent(SOUND)
    liveness.heard(105, words=False)
    assert liveness.due == math.inf


def test_false_alarms_get_rarer_until_words_come(liveness: Liveness) -> None:
    """10, 20, 40 … seconds, at most 160; one word, and it is 10 again. Another connection changes nothing."""
    waited = []
    for _ in range(6):
        liveness.begin(0)
        liveness.heard(0, words=False)
        liveness.sent(SOUND)
        waited.append(liveness.due)
        assert liveness.give_up() == f"nothing came for {waited[-1]} s, though there was something to hear"
    assert waited == [10, 20, 40, 80, 160, 160]
    liveness.heard(0, words=True)
    liveness.sent(SOUND)
    assert liveness.due == 10


def test_bytes_that_do_not_leave(liveness: Liveness) -> None:
    """Five seconds in which nothing goes and nothing comes, silence or not."""
    liveness.sending(107)
    assert liveness.due == 112
    liveness.heard(110, words=False)
    assert liveness.due == 115
    assert liveness.give_up() == "nothing could be sent for 5 s"
    liveness.sent(SILENCE)
    assert liveness.due == math.inf
    liveness.heard(120, words=False)
    assert liveness.due == math.inf


def test_after_the_end_another_limit_holds(liveness: Liveness) -> None:
    """The wait for the last words is not counted here."""
    liveness.sent(SOUND)
    liveness.ended()
    assert liveness.due == math.inf
