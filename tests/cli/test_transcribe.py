"""`scribepass transcribe` as a process: what it prints, where, and how it ends."""

import asyncio
import json
import os
import re
import signal
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scribepass.cli.exits import Exit
from scribepass.transcribe import Audio, Failure, Operation, Transcript, Utterance
from support.commands import ended, run, start
from support.loopback import SIGNATURE, TOKEN, Desk, Part, Peer, playing, said, vending
from support.stack import environment
from support.tools import needs

RATE = 16000
PCM = bytes(range(256)) * 50
KEY = "sp_live_abcdefgh_" + "k" * 43 + "123456"


def contents(path: str) -> bytes:
    return Path(path).read_bytes()


def wav(folder: Path, pcm: bytes = PCM, *, channels: int = 1, rate: int = RATE) -> str:
    path = folder / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return str(path)


class Both:
    """A service and a Transcribe, and what the latter heard."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.heard: list[bytes] = []
        self.part: Part = self.hello

    async def play(self, peer: Peer) -> None:
        await self.part(peer)

    async def hello(self, peer: Peer) -> None:
        self.heard.append(await peer.hear_all())
        await peer.say(said("hel", is_partial=True), said("hello there"))
        await peer.say(Transcript(), said("good bye", 2.0, result_id="r2"))


@pytest_asyncio.fixture
async def both() -> AsyncIterator[Both]:
    """Both, running for one test."""
    made = Both()
    async with playing(made.play) as stage, vending(stage.url) as made.desk:
        yield made


async def test_a_file_becomes_text(both: Both, tmp_path: Path) -> None:
    """Finals on stdout, one a line; every sample sent; the parameters follow from the file."""
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url)
    assert (done.code, done.out, done.err) == (0, "hello there\ngood bye\n", "")
    assert both.heard == [PCM]
    assert both.desk.asked == [
        {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE, "operation": "standard"}
    ]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            "srt",
            "1\n00:00:00,000 --> 00:00:01,000\nhello there\n\n2\n00:00:02,000 --> 00:00:03,000\ngood bye\n",
            id="srt",
        ),
        pytest.param(
            "vtt",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhello there\n\n"
            "00:00:02.000 --> 00:00:03.000\ngood bye\n",
            id="vtt",
        ),
    ],
)
async def test_subtitles(both: Both, tmp_path: Path, output: str, expected: str) -> None:
    """The whole of stdout is the file."""
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url, "--output", output)
    assert (done.code, done.out, done.err) == (0, expected, "")


async def test_json_lines(both: Both, tmp_path: Path) -> None:
    """One final a line in AWS's shape, no partials."""
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url, "--output", "json")
    results = [json.loads(line) for line in done.out.splitlines()]
    assert [each["Alternatives"][0]["Transcript"] for each in results] == ["hello there", "good bye"]
    assert [each["IsPartial"] for each in results] == [False, False]


async def test_partials_on_request(both: Both, tmp_path: Path) -> None:
    """Where stderr is no terminal, partials are lines of it, and only if asked for."""
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url, "--partials")
    assert (done.out, done.err) == ("hello there\ngood bye\n", "hel\n")


async def test_options_become_parameters(both: Both, tmp_path: Path) -> None:
    """Options and -p reach the service by AWS's names; the key goes into a header; stereo is kept."""
    done = await run(
        *("transcribe", wav(tmp_path, channels=2), "--service", both.desk.url, "--language", "de-DE"),
        *("--region", "eu-central-1", "--operation", "standard", "-p", "enable-channel-identification=true"),
        *("-p", "number-of-channels=2", "-p", "vocabulary-name=a=b"),
        SCRIBEPASS_API_KEY=KEY,
    )
    assert done.code == 0
    assert both.heard == [PCM]
    assert f"Authorization: Bearer {KEY}".lower() in both.desk.heads[0].lower()
    assert both.desk.asked == [
        {
            "language-code": "de-DE",
            "media-encoding": "pcm",
            "sample-rate": RATE,
            "operation": "standard",
            "region": "eu-central-1",
            "enable-channel-identification": "true",
            "number-of-channels": "2",
            "vocabulary-name": "a=b",
        }
    ]


async def test_identified_languages_get_no_default(both: Both, tmp_path: Path) -> None:
    """en-US is not added where the language is to be found out."""
    flags = ("-p", "identify-language=TRUE", "-p", "language-options=en-US,de-DE")
    await run("transcribe", wav(tmp_path), "--service", both.desk.url, *flags)
    assert "language-code" not in both.desk.asked[0]


@pytest.mark.parametrize("options", [("--rate", "8000"), ("--rate", "8000", "--encoding", "g711-ulaw")])
async def test_raw_audio_from_a_pipe(both: Both, options: tuple[str, ...]) -> None:
    """Standard input is sent byte for byte, as what --rate and --encoding say that it is."""
    done = await run("transcribe", "-", "--service", both.desk.url, "--pace", "fast", *options, stdin=PCM)
    assert (done.code, done.out) == (0, "hello there\ngood bye\n")
    assert both.heard == [PCM]
    assert both.desk.asked[0]["sample-rate"] == 8000
    assert both.desk.asked[0]["media-encoding"] == (options[3] if len(options) > 2 else "pcm")


async def test_a_wav_in_a_pipe(both: Both, tmp_path: Path) -> None:
    """With ffmpeg a pipe may hold a file of any kind."""
    needs("ffmpeg")
    done = await run("transcribe", "-", "--service", both.desk.url, stdin=contents(wav(tmp_path)))
    assert (done.code, done.out) == (0, "hello there\ngood bye\n")
    assert both.heard == [PCM]


async def test_a_call(tmp_path: Path) -> None:
    """Call Analytics: two channels, utterances with their roles."""
    utterance = Utterance(
        utterance_id="u",
        is_partial=False,
        participant_role="AGENT",
        begin_offset_millis=0,
        end_offset_millis=900,
        transcript="hello",
    )

    async def part(peer: Peer) -> None:
        await peer.hear()
        await peer.hear_all()
        await peer.say(utterance)

    operation = Operation.CALL_ANALYTICS
    async with playing(part, operation=operation) as stage, vending(stage.url, operation=operation) as desk:
        path = wav(tmp_path, channels=2)
        done = await run("transcribe", path, "--service", desk.url, "--operation", operation.value)
    assert (done.code, done.out) == (0, "AGENT: hello\n")


async def fails(peer: Peer) -> None:
    await peer.hear()
    await peer.say(said("so far"), Failure(kind="LimitExceededException", message="Too many."))


async def lost(peer: Peer) -> None:
    await peer.hear()
    peer.connection.transport.abort()


async def noise(peer: Peer) -> None:
    await peer.connection.send(bytes(100))


@pytest.mark.parametrize(
    ("part", "out", "err"),
    [
        pytest.param(fails, "so far\n", "scribepass: LimitExceededException: Too many.\n", id="exception"),
        pytest.param(lost, "", "scribepass: ConnectionLost: the connection was closed", id="lost"),
        pytest.param(noise, "", "scribepass: ", id="noise"),
    ],
)
async def test_a_failed_stream_exits_5(both: Both, tmp_path: Path, part: Part, out: str, err: str) -> None:
    """What was final is printed; the reason is one line; the exit code says that it was the stream."""
    both.part = part
    done = await run("transcribe", wav(tmp_path, PCM * 4), "--service", both.desk.url, "--patience", "0")
    assert (done.code, done.out) == (Exit.STREAM, out)
    assert done.err.startswith(err)
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param("text", "hello there\ngood bye\n", id="text"),
        pytest.param(
            "srt",
            "1\n00:00:00,000 --> 00:00:01,000\nhello there\n\n2\n00:00:01,000 --> 00:00:02,000\ngood bye\n",
            id="srt",
        ),
        pytest.param("json", [("hello there", 0.0), ("good bye", 1.0)], id="json"),
    ],
)
async def test_a_lost_connection_is_resumed(
    both: Both, tmp_path: Path, output: str, expected: str | list[tuple[str, float]]
) -> None:
    """On stdout it is as if nothing had happened, times too; stderr says what did, with nothing secret."""

    async def first(peer: Peer) -> None:
        both.part = second
        heard = 0
        while heard < RATE * 2:
            event = await peer.hear()
            heard += len(event.chunk) if isinstance(event, Audio) else 0
        await peer.say(said("hello there"), said("good", 0.8, result_id="r2", is_partial=True))
        await asyncio.sleep(0.5)  # a reset takes what has arrived and was not read yet
        peer.connection.transport.abort()

    async def second(peer: Peer) -> None:
        both.heard.append(await peer.hear_all())
        await peer.say(said("good bye", 0.4, result_id="r3"))

    both.part = first
    options = ("--pace", "fast", "--output", output, "--partials")
    done = await run("transcribe", wav(tmp_path, PCM * 5), "--service", both.desk.url, *options)
    assert done.code == Exit.OK
    if output == "json":
        finals = [json.loads(line) for line in done.out.splitlines()]
        assert [(each["Alternatives"][0]["Transcript"], each["StartTime"]) for each in finals] == expected
    else:
        assert done.out == expected
    assert both.heard == [(PCM * 5)[RATE * 2 * 6 // 10 :]]
    partial, failed, resumed = done.err.splitlines()
    assert partial == "good"
    assert failed == "scribepass: ConnectionLost: the connection was closed without a word; reconnecting"
    assert re.fullmatch(r"scribepass: resumed; \d\.\d s of audio sent again", resumed)
    assert both.desk.asked[1]["ticket-id"] == "tk_1"


async def test_subtitles_of_a_failed_stream_are_printed(both: Both, tmp_path: Path) -> None:
    """What waits for the end does not wait for a good one."""
    both.part = fails
    options = ("--output", "vtt", "--patience", "0")
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url, *options)
    assert done.code == Exit.STREAM
    assert "so far" in done.out


async def test_a_refused_ticket_exits_4(both: Both, tmp_path: Path) -> None:
    """Each fault that the service found is a line."""
    both.desk.status = 400
    both.desk.answer = {
        "detail": "The request cannot be signed.",
        "problems": [
            {"field": "language-code", "code": "value", "message": "is not a language"},
            {"field": "vocabulary-name", "code": "pattern", "message": "has a space"},
        ],
    }
    done = await run("transcribe", wav(tmp_path), "--service", both.desk.url)
    assert (done.code, done.out) == (Exit.REFUSED, "")
    assert done.err.splitlines() == [
        "scribepass: the service refused a ticket (400): The request cannot be signed.",
        "scribepass: language-code: is not a language",
        "scribepass: vocabulary-name: has a space",
    ]


async def test_no_service_exits_6(tmp_path: Path) -> None:
    """Nobody there: the address is named."""
    done = await run("transcribe", wav(tmp_path), "--service", "http://127.0.0.1:1")
    assert done.code == Exit.UNREACHABLE
    assert done.err.startswith("scribepass: no answer from http://127.0.0.1:1: ")


@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        pytest.param((), Exit.USAGE, "Say what to transcribe", id="nothing"),
        pytest.param(("a.wav", "--mic"), Exit.USAGE, "Say what to transcribe", id="a file and the mic"),
        pytest.param(("none.wav",), Exit.INPUT, "none.wav: No such file or directory", id="no such file"),
        pytest.param(("a.wav", "--encoding", "pcm"), Exit.USAGE, "--encoding needs --rate", id="half of raw"),
        pytest.param(("a.wav", "-p", "x"), Exit.USAGE, "is not NAME=VALUE", id="a parameter without value"),
        pytest.param(
            ("a.wav", "-p", "sample-rate=8000"), Exit.USAGE, "sample-rate follows from the audio", id="a rate"
        ),
        pytest.param(
            ("a.wav", "--language", "de-DE", "-p", "language-code=fr-FR"),
            Exit.USAGE,
            "language-code is given more than once",
            id="two languages",
        ),
        pytest.param(
            ("a.wav", "--service", "ftp://x"), Exit.USAGE, "the service is named by", id="no service"
        ),
        pytest.param(("-", "--rate", "8000"), Exit.INPUT, "input: it holds no audio", id="empty pipe"),
        pytest.param(
            ("--mic", "-p", "number-of-channels=2"), Exit.USAGE, "--mic records one channel", id="stereo mic"
        ),
    ],
)
async def test_what_is_refused_before_anything_is_asked(
    arguments: tuple[str, ...], code: int, err: str
) -> None:
    """Faults of the command line and of the input, each with its exit code."""
    done = await run("transcribe", *arguments, SCRIBEPASS_SERVICE="http://127.0.0.1:1")
    assert (done.code, done.out) == (code, "")
    assert err in done.err


async def interrupted(both: Both, *arguments: str, times: int, which: int = signal.SIGINT) -> tuple[int, str]:
    """Start on an hour of silence, interrupt once the first words were taken, and again if so asked."""
    again = asyncio.Event()

    async def part(peer: Peer) -> None:
        await peer.hear()
        await peer.say(said("first words"), said("la", 1.0, result_id="r2", is_partial=True))
        both.heard.append(await peer.hear_all())
        again.set()
        if times > 1:
            await peer.connection.wait_closed()
        else:
            await peer.say(said("last words", 1.0, result_id="r2"))

    both.part = part
    process = await start("transcribe", *arguments, "--partials", "--service", both.desk.url)
    assert process.stderr is not None
    assert await process.stderr.readline() == b"la\n"
    process.send_signal(which)
    await again.wait()
    if times > 1:
        process.send_signal(which)
    done = await ended(process)
    assert done.err == ""
    return done.code, done.out


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_an_interrupt_ends_the_audio_and_waits_for_the_last_words(
    both: Both, tmp_path: Path, which: int
) -> None:
    """Once: the stream is ended as it should be, what becomes final is printed, and the exit code says so."""
    path = wav(tmp_path, bytes(2 * RATE * 3600))
    outcome = await interrupted(both, path, times=1, which=which)
    assert outcome == (Exit.INTERRUPTED, "first words\nlast words\n")
    assert len(both.heard[0]) < 2 * RATE * 60


async def test_an_interrupt_while_the_source_is_silent(both: Both) -> None:
    """A pipe from which nothing comes does not hold up the end."""
    reading, writing = os.pipe()
    os.write(writing, bytes(3200))
    talking = asyncio.Event()

    async def part(peer: Peer) -> None:
        await peer.hear()
        talking.set()
        await peer.hear_all()
        await peer.say(said("last words"))

    both.part = part
    process = await start("transcribe", "-", "--rate", "16000", "--service", both.desk.url, stdin=reading)
    await talking.wait()
    process.send_signal(signal.SIGINT)
    done = await ended(process, seconds=20)
    os.close(reading)
    os.close(writing)
    assert (done.code, done.out, done.err) == (Exit.INTERRUPTED, "last words\n", "")


async def test_a_second_interrupt_gives_up(both: Both, tmp_path: Path) -> None:
    """Twice: no more waiting; what was final is printed, subtitles too."""
    path = wav(tmp_path, bytes(2 * RATE * 3600))
    code, out = await interrupted(both, path, "--output", "srt", times=2)
    assert code == Exit.INTERRUPTED
    assert out == "1\n00:00:00,000 --> 00:00:01,000\nfirst words\n"


@pytest.mark.parametrize("part", [Both.hello, fails, lost], ids=["good", "failed", "lost"])
async def test_nothing_secret_is_printed(both: Both, tmp_path: Path, part: Part) -> None:
    """With every logger at DEBUG: no signature, no token, no key, in a good run and in a bad one."""
    both.part = (lambda peer: Both.hello(both, peer)) if part is Both.hello else part
    done = await run(
        *("transcribe", wav(tmp_path), "--service", both.desk.url, "--patience", "0"),
        SCRIBEPASS_LOG_LEVEL="debug",
        SCRIBEPASS_API_KEY=KEY,
        PYTHONASYNCIODEBUG="1",
    )
    assert '"level": "debug"' in done.err
    for secret in (SIGNATURE, TOKEN, KEY, "X-Amz-Signature="):
        assert secret not in done.err + done.out


async def test_a_reader_that_goes_away(both: Both, tmp_path: Path) -> None:
    """`scribepass transcribe FILE | head -1` ends without a traceback."""
    command = f"{sys.executable} -m scribepass transcribe {wav(tmp_path)} --service {both.desk.url} | true"
    shell = await asyncio.create_subprocess_shell(command, stderr=asyncio.subprocess.PIPE)
    _, err = await shell.communicate()
    assert b"Traceback" not in err


@pytest.mark.parametrize("output", ["text", "srt"])
async def test_a_full_disk_is_said_in_words(output: str, both: Both, tmp_path: Path) -> None:
    """One sentence, and no traceback."""
    ours = f"transcribe {wav(tmp_path)} --service {both.desk.url} --output {output}"
    shell = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m scribepass {ours} > /dev/full",
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    _, err = await shell.communicate()
    assert shell.returncode == Exit.FAILED
    assert err == b"scribepass: cannot read or write: No space left on device\n"


async def test_a_closed_standard_input_cannot_be_read(both: Both) -> None:
    """It is no pipe, and no terminal either."""
    command = f"{sys.executable} -m scribepass transcribe - --rate 16000 --service {both.desk.url} <&-"
    shell = await asyncio.create_subprocess_shell(command, stderr=asyncio.subprocess.PIPE, env=environment())
    _, err = await shell.communicate()
    assert shell.returncode == Exit.INPUT
    assert err == b"scribepass: standard input: it is closed\n"
