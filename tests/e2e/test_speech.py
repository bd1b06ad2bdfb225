"""Speech goes in at one end and words come out at the other, through every real process in between."""

import asyncio
import json
from pathlib import Path

import pytest

from scribepass.local.recognisers import Options, named
from scribepass.local.recognisers.pocketsphinx import decoder
from support.shared import SHARED, shared
from support.speech import EXACT, pcm_of, words
from support.stack import Stack, environment, scribepass

AT_ONCE = 3
CLIPS = sorted(path.stem for path in (SHARED / "audio").glob("*.wav")) or ["audio"]


def heard_directly(clip: Path) -> list[str]:
    """The words that the engine gives for the same samples, with nothing in between.

    The decoder is a new one, as every stream has: it remembers the noise of what it has heard.
    """
    decoder.cache_clear()
    recogniser = named("pocketsphinx").open(Options(sample_rate=16000))
    pcm = pcm_of(clip)
    results = [
        each for start in range(0, len(pcm), 3200) for each in recogniser.feed(pcm[start : start + 3200])
    ]
    results += recogniser.finish()
    recogniser.close()
    return words(" ".join(result.alternatives[0].transcript for result in results if not result.is_partial))


async def transcribed(clip: Path, service: str) -> list[str]:
    command = scribepass("transcribe", str(clip), "--service", service, "--output", "json")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment()
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    results = [json.loads(line) for line in out.decode().splitlines()]
    assert all(not result["IsPartial"] for result in results)
    return words(" ".join(result["Alternatives"][0]["Transcript"] for result in results))


async def all_transcribed(clips: dict[str, Path], service: str) -> dict[str, list[str]]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(clip: Path) -> list[str]:
        async with turns:
            return await transcribed(clip, service)

    heard = await asyncio.gather(*(one(clip) for clip in clips.values()))
    return dict(zip(clips, heard, strict=True))


@pytest.fixture(scope="module")
def heard(stack: Stack) -> dict[str, list[str]]:
    """What `scribepass transcribe`, paced at real time, prints for every clip."""
    return asyncio.run(all_transcribed({name: shared(f"audio/{name}.wav") for name in CLIPS}, stack.service))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", CLIPS)
def test_the_words_equal_those_of_the_engine_alone(name: str, heard: dict[str, list[str]]) -> None:
    """Service, signature, WebSocket, event stream and child process change no word."""
    clip = shared(f"audio/{name}.wav")
    assert heard[name] == heard_directly(clip)
    assert heard[name]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", EXACT)
def test_exact_clips_give_their_transcript(name: str, heard: dict[str, list[str]]) -> None:
    """On the clips that the engine knows, what was said is what is read."""
    assert heard[name] == words(shared(f"audio/{name}.txt").read_text())
