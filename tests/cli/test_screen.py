"""The terminal while one waits: redrawn in place on stderr, and never in the way of results."""

import asyncio
import io
import os
import pty
import re
import wave
from pathlib import Path

import pytest
from rich.console import Console

from scribepass.cli.notices import sentence
from scribepass.cli.results import Results
from scribepass.cli.screen import Screen
from scribepass.client import Dropped, Notice, Paused, Reconnecting, Resumed
from scribepass.errors import StreamFailed
from scribepass.transcribe import Result, Transcript
from support.loopback import Peer, playing, said, vending
from support.stack import environment, scribepass

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """As much of a terminal as a redrawn display uses: rows of text, a cursor, erasing."""

    def __init__(self, output: str) -> None:
        self.rows = [""]
        self.row = self.column = 0
        self.everything = ESCAPES.sub("", output)
        for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
            self._take(token)

    def _take(self, token: str) -> None:
        if token == "\r":
            self.column = 0
        elif token == "\n":
            self.row += 1
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif token == "\x1b[2K":
            self.rows[self.row] = ""
        elif token.endswith("A") and token.startswith("\x1b["):
            self.row -= int(token[2:-1] or 1)
        elif not token.startswith("\x1b"):
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + token + row[self.column + len(token) :]
            self.column += len(token)

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows).strip("\n")


def drawn(screen_output: io.StringIO) -> Terminal:
    return Terminal(screen_output.getvalue().replace("\n", "\r\n"))


@pytest.fixture
def output() -> io.StringIO:
    """What a terminal of 60 columns was sent."""
    return io.StringIO()


def console(output: io.StringIO) -> Console:
    return Console(file=output, force_terminal=True, width=60, legacy_windows=False, _environ={})


def test_partials_and_progress_are_redrawn(output: io.StringIO) -> None:
    """The latest partial of each result and the progress are seen, once each, in place."""
    with Screen(seconds=10.0, listening=False, partials=None, console=console(output)) as screen:
        screen.show("r1", "hel")
        screen.show("r1", "hello")
        screen.show("r2", "good")
        screen.advance(5.0)
        seen = drawn(output)
        assert seen.text.splitlines()[:2] == ["hello", "good"]
        assert seen.text.count("5 of 10 s") == 1
        assert "hel\n" not in seen.text
    assert drawn(output).text == ""


def test_a_final_takes_the_place_of_its_partial(
    output: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results go to stdout alone; on stderr nothing of theirs remains."""
    with Screen(seconds=None, listening=False, partials=None, console=console(output)) as screen:
        screen.show("r1", "hel")
        screen.forget("r1")
        screen.write("hello\n")
        assert "hel" not in drawn(output).text
    assert capsys.readouterr().out == "hello\n"


def test_a_note_stays(output: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """What happened to the stream is a line of stderr, outside what is redrawn, and never on stdout."""
    with Screen(seconds=None, listening=False, partials=None, console=console(output)) as screen:
        screen.show("r1", "hel")
        screen.note("scribepass: resumed")
        assert drawn(output).text == "hel"
    assert capsys.readouterr() == ("", "scribepass: resumed\n")


def test_a_withdrawn_partial_is_not_shown(output: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """A result that comes once more without alternatives leaves the screen, and prints nothing."""
    withdrawn = Result(result_id="r1", start_time=0, end_time=1, is_partial=True)
    plain = Console(file=io.StringIO(), width=60)
    with Screen(seconds=None, listening=False, partials=None, console=console(output)) as screen:
        results = Results("text", screen=screen)
        results.take(said("hel", is_partial=True))
        assert drawn(output).text == "hel"
        results.take(Transcript(results=(withdrawn,)))
        screen.advance(0)
        assert drawn(output).text == ""
    with Screen(seconds=None, listening=False, partials=True, console=plain) as screen:
        Results("json", screen=screen).take(Transcript(results=(withdrawn,)))
    assert (plain.file.getvalue(), capsys.readouterr().out) == ("", "")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("notice", "line"),
    [
        (
            Reconnecting(error=StreamFailed("X", "y"), attempt=1, delay=0),
            "scribepass: X: y; reconnecting",
        ),
        (
            Reconnecting(error=StreamFailed("X", "y"), attempt=2, delay=0.75),
            "scribepass: X: y; reconnecting in 0.8 s",
        ),
        (Paused(error=StreamFailed("X", "y")), "scribepass: X: y; waiting for audio"),
        (Resumed(resent=1.25), "scribepass: resumed; 1.2 s of audio sent again"),
        (Dropped(seconds=0.1, total=2.1), "scribepass: 0.1 s of audio dropped, 2.1 s so far"),
    ],
)
def test_each_notice_is_a_line(notice: Notice, line: str) -> None:
    """What happened, and what is done about it."""
    assert sentence(notice) == line


def test_listening_says_how_to_end(output: io.StringIO) -> None:
    """A microphone has no progress, only a way out."""
    with Screen(seconds=None, listening=True, partials=None, console=console(output)):
        assert drawn(output).text == "● listening; Ctrl-C ends"


def test_partials_can_be_switched_off(output: io.StringIO) -> None:
    """--no-partials keeps the progress."""
    with Screen(seconds=10.0, listening=False, partials=False, console=console(output)) as screen:
        screen.show("r1", "hello")
        assert "hello" not in drawn(output).text
        assert "of 10 s" in drawn(output).text


def test_words_are_not_markup(output: io.StringIO) -> None:
    """Brackets in a partial, such as a redacted [NAME], are shown."""
    with Screen(seconds=None, listening=False, partials=None, console=console(output)) as screen:
        screen.show("r1", "[bold]my name is [NAME][/bold]")
        assert drawn(output).text == "[bold]my name is [NAME][/bold]"


def test_without_a_terminal_nothing_is_drawn(output: io.StringIO) -> None:
    """In a pipe or a log: silence, or one line for each partial if they are asked for."""
    plain = Console(file=output, width=60)
    with Screen(seconds=10.0, listening=True, partials=None, console=plain) as screen:
        screen.show("r1", "hello")
        screen.advance(5.0)
    assert output.getvalue() == ""
    with Screen(seconds=10.0, listening=True, partials=True, console=plain) as screen:
        screen.show("r1", "hello [x] " + "word " * 20)
    assert output.getvalue() == "hello [x] " + "word " * 20 + "\n"


async def words(peer: Peer) -> None:
    await peer.hear()
    await peer.say(said("hel", is_partial=True))
    await peer.hear_all()
    await peer.say(Transcript(), said("hello there"), said("good bye", 2.0, result_id="r2"))


async def in_a_terminal(folder: Path, *, stdout: int | None) -> tuple[str, bytes]:
    """Run on two tenths of a second of silence; what the terminal was sent, and what stdout was."""
    path = folder / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(6400))
    master, slave = pty.openpty()
    async with playing(words) as stage, vending(stage.url) as desk:
        process = await asyncio.create_subprocess_exec(
            *scribepass("transcribe", str(path), "--service", desk.url),
            stdin=slave,
            stdout=stdout or slave,
            stderr=slave,
            env=environment(TERM="xterm", COLUMNS="80"),
        )
        os.close(slave)
        shown = asyncio.create_task(asyncio.to_thread(read_all, master))
        out, _ = await process.communicate()
        assert process.returncode == 0
    return (await shown).decode(), out or b""


def read_all(master: int) -> bytes:
    shown = b""
    try:
        while data := os.read(master, 65536):
            shown += data
    except OSError:  # the other side has closed
        pass
    os.close(master)
    return shown


async def test_a_real_terminal_ends_with_the_results(tmp_path: Path) -> None:
    """Partial and progress were seen; what stays is the transcript, once."""
    shown, _ = await in_a_terminal(tmp_path, stdout=None)
    terminal = Terminal(shown)
    assert "hel" in terminal.everything
    assert "of 0 s" in terminal.everything
    assert terminal.text == "hello there\ngood bye"


async def test_results_pipe_while_the_terminal_shows_progress(tmp_path: Path) -> None:
    """With stdout in a pipe, the pipe gets the results and the terminal the rest, and is left clean."""
    shown, out = await in_a_terminal(tmp_path, stdout=asyncio.subprocess.PIPE)
    assert out == b"hello there\ngood bye\n"
    terminal = Terminal(shown)
    assert "hel" in terminal.everything
    assert terminal.text == ""
