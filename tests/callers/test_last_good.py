"""What is handed down from process to process."""

from scribepass.callers.last_good import _HEADER, LastGood


def test_memory_that_two_wrote_at_once_is_not_believed() -> None:
    """A mixture is told from what was put, and a process then falls back on what it put itself."""
    last = LastGood(100)
    assert last.get() is None
    for data in (b"first", b"", b"x" * 100, b"last"):
        last.put(data)
        assert last.get() == data
    for place in range(_HEADER + 4):
        mixed = LastGood(100)
        mixed.put(b"last")
        mixed._shared[place] ^= 0xFF
        assert mixed.get() == b"last"
        mixed._own = None
        assert mixed.get() is None
