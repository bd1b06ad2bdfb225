"""ffmpeg as a reader of everything that libsndfile does not know."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scribepass.client.audio import AudioFormat
from scribepass.errors import AudioUnreadable

__all__ = ["STANDARD_INPUT", "FfmpegSource", "Probe", "is_installed", "probe"]

STANDARD_INPUT = "pipe:0"

LOCAL_ONLY = ("-protocol_whitelist", "file,pipe")
"""A playlist inside a file must not make ffmpeg fetch what it names."""

PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What ffprobe found in a file's first audio stream."""

    channels: int
    sample_rate: int
    seconds: float | None


def is_installed() -> bool:
    """Whether ffmpeg and its ffprobe are on PATH."""
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def probe(path: Path, *, why: str) -> Probe:
    """What a file holds. Raises AudioUnreadable, also where ffmpeg is absent; ``why`` it is needed."""
    if not is_installed():
        raise AudioUnreadable(str(path), f"{why}, and ffmpeg, which could read it, is not on PATH")
    wanted = ("-select_streams", "a:0", "-show_entries", "stream=channels,sample_rate:format=duration")
    command = ["ffprobe", "-v", "error", *LOCAL_ONLY, *wanted, "-of", "json", f"file:{path}"]
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed program; the path is one argument, behind "file:"
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise AudioUnreadable(str(path), "ffprobe did not understand it in time") from None
    if answer.returncode:
        raise AudioUnreadable(str(path), _last_line(answer.stderr) or "ffprobe cannot read it")
    found = json.loads(answer.stdout)
    if not found.get("streams"):
        raise AudioUnreadable(str(path), "it holds no audio")
    stream, length = found["streams"][0], found.get("format", {}).get("duration")
    return Probe(
        channels=int(stream["channels"]),
        sample_rate=int(stream["sample_rate"]),
        seconds=float(length) if length else None,
    )


class FfmpegSource:
    """Whatever ffmpeg makes of ``address`` (``file:...`` or STANDARD_INPUT), as PCM of ``audio_format``."""

    def __init__(
        self,
        address: str,
        *,
        name: str,
        audio_format: AudioFormat,
        seconds: float | None = None,
    ) -> None:
        self.format = audio_format
        self.seconds = seconds
        self.bytes_per_second = audio_format.bytes_per_second
        self._address = address
        self._name = name

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Chunks of 100 ms. The child is gone when the generator is."""
        with tempfile.TemporaryFile() as complaints:
            child = await self._start(complaints)
            try:
                async for chunk in self._read(child):
                    yield chunk
                self._judge(await child.wait(), complaints)
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()

    async def _start(self, complaints: IO[bytes]) -> asyncio.subprocess.Process:
        form = self.format
        to_pcm = ("-vn", "-ac", str(form.channels), "-ar", str(form.sample_rate), "-f", "s16le", "pipe:1")
        # Its own session: Ctrl-C is for us, who end the audio and then wait for the last words.
        return await asyncio.create_subprocess_exec(
            *("ffmpeg", "-v", "error", *LOCAL_ONLY, "-i", self._address, *to_pcm),
            stdin=None if self._address == STANDARD_INPUT else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )

    async def _read(self, child: asyncio.subprocess.Process) -> AsyncGenerator[bytes, None]:
        if child.stdout is None:
            raise TypeError("ffmpeg was started without a pipe")
        heard = False
        while True:
            try:
                chunk = await child.stdout.readexactly(self.format.chunk_bytes)
            except asyncio.IncompleteReadError as end:
                if end.partial:
                    yield end.partial
                elif not heard and await child.wait() == 0:
                    raise AudioUnreadable(self._name, "it holds no audio") from None
                return
            heard = True
            yield chunk

    def _judge(self, status: int, complaints: IO[bytes]) -> None:
        if status:
            complaints.seek(0)
            said = _last_line(complaints.read()).removeprefix(f"{self._name}: ")
            raise AudioUnreadable(self._name, said or f"ffmpeg ended with {status}")


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("file:") if lines else ""
