"""What is kept of what was seen, and how much of it."""

from datetime import UTC, datetime

from scribepass.local.journal import _AUDIO_BYTES, _RECORDS, Journal, Record, Rejection
from scribepass.transcribe import Operation, Transcript
from support.loopback import final

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def record() -> Record:
    return Record(
        operation=Operation.STANDARD,
        transport="websocket",
        session_id="s",
        signer="arn",
        parameters={},
        opened_at=NOW,
        sample_rate=16_000,
    )


def opened(journal: Journal) -> Record:
    made = record()
    journal.open(made)
    return made


def test_words() -> None:
    """A partial is what may change; a final ends it and stays."""
    journal = Journal()
    stream = opened(journal)
    journal.say(stream, Transcript(results=(final("go", is_partial=True),)))
    assert (stream.partial, stream.transcripts) == ("go", [])
    journal.say(stream, Transcript(results=(final("go on"),)))
    journal.say(stream, Transcript(results=()))
    assert (stream.partial, stream.transcripts) == ("", ["go on"])


def test_watchers_are_told_of_everything() -> None:
    """Opening, audio, events, the end, and refusals."""
    journal, seen = Journal(), []
    journal.watch(seen.append)
    stream = opened(journal)
    journal.hear(stream, b"\0\0", seconds=0.1)
    journal.say(stream, Transcript(results=()))
    journal.end(stream, "finished")
    refused = Rejection(
        operation=Operation.MEDICAL, transport="http2", at=NOW, kind="BadRequestException", message="no"
    )
    journal.reject(refused)
    assert seen == [stream, stream, stream, stream, refused]
    assert journal.rejections == (refused,)


def test_memory_is_bounded() -> None:
    """The oldest sound goes first, then the oldest record; none of what is counted is lost."""
    journal = Journal()
    first, second = opened(journal), opened(journal)
    half = bytes(_AUDIO_BYTES // 2)
    for stream in (first, second, second):
        journal.hear(stream, half, seconds=1)
    assert (len(first.audio), len(second.audio)) == (0, _AUDIO_BYTES)
    assert (first.audio_seconds, second.audio_seconds) == (1, 2)
    for _ in range(_RECORDS):
        opened(journal)
    assert [each.number for each in journal] == list(range(3, _RECORDS + 3))
    assert not second.audio
    journal.hear(second, half, seconds=1)
    assert not second.audio


def test_forgetting() -> None:
    """Nothing is left, numbers begin anew, and a stream that is open is not taken up again."""
    journal = Journal()
    stream = opened(journal)
    journal.hear(stream, b"\0\0", seconds=0.1)
    journal.forget()
    journal.hear(stream, b"\0\0", seconds=0.1)
    journal.end(stream, "finished")
    assert (list(journal), bytes(stream.audio)) == ([], b"")
    assert opened(journal).number == 1
