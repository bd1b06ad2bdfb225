"""A short run of the wire fuzzer against a server in a process of its own."""

from pathlib import Path

from fuzz.wire import Fuzz


def test_damaged_frames_on_the_wire(tmp_path: Path) -> None:
    """4,000 frames are taken or refused as they should be; the server lives, and writes of no exception."""
    fuzz = Fuzz(frames=4000, seed=6, good_each=20)
    assert fuzz.run(tmp_path) == []
    assert {"finished", "BadRequestException"} <= set(fuzz.tally.endings)
    assert fuzz.tally.good
