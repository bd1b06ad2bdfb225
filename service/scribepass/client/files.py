"""Audio files: WAV, FLAC and whatever else libsndfile reads; anything else through ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scribepass.client.audio import AudioFormat, AudioSource
from scribepass.client.ffmpeg import FfmpegSource, probe
from scribepass.client.raw import RawFile
from scribepass.errors import AudioUnreadable

__all__ = ["MAX_RATE", "MIN_RATE", "SoundFileSource", "open_file", "open_raw"]

MIN_RATE, MAX_RATE = 8000, 48000
"""Sample rates that Transcribe takes, API reference, MediaSampleRateHertz."""

FULL_SCALE = 32768


def open_file(path: Path, *, channels: int = 1) -> AudioSource:
    """The audio of a file as 16-bit PCM with 1 or 2 channels, at the file's own rate.

    Asked for one channel, the mean of all of them; asked for two, exactly the two that are there.
    Raises AudioUnreadable, whose text says what would help.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise AudioUnreadable(str(path), error.strerror or "it cannot be opened") from None
    try:
        source: AudioSource = SoundFileSource(path, channels=channels)
    except (soundfile.SoundFileError, TypeError):
        # TypeError: a name that ends in .raw, whose rate soundfile cannot know.
        return _through_ffmpeg(path, channels=channels, why="this is no WAV or FLAC file")
    rate = source.format.sample_rate
    if MIN_RATE <= rate <= MAX_RATE:
        return source
    return _through_ffmpeg(path, channels=channels, why=f"Transcribe does not take {rate} Hz")


def open_raw(path: Path, *, audio_format: AudioFormat) -> AudioSource:
    """A file whose bytes are sent as they are. Raises AudioUnreadable.

    What is encoded is paced by its mean rate, where libsndfile can tell how long it is.
    """
    if audio_format.bytes_per_second is not None:
        return RawFile(path, audio_format=audio_format)
    try:
        rate = path.stat().st_size / float(soundfile.info(path).duration)
    except (OSError, soundfile.SoundFileError, ZeroDivisionError, TypeError):
        rate = None
    return RawFile(path, audio_format=audio_format, bytes_per_second=rate)


class SoundFileSource:
    """A file that libsndfile reads. Integer PCM of 16 bits comes out bit for bit; a float above 1 clips."""

    def __init__(self, path: Path, *, channels: int) -> None:
        self._path = path
        self._file: Any = soundfile.SoundFile(path)
        check_channels(str(path), found=self._file.channels, wanted=channels)
        if not self._file.frames:
            raise AudioUnreadable(str(path), "it holds no audio")
        self.format = AudioFormat(sample_rate=self._file.samplerate, channels=channels)
        self.seconds: float | None = self._file.frames / self._file.samplerate
        self.bytes_per_second = self.format.bytes_per_second

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Blocks of 100 ms, read from disk as they are asked for."""
        frames = self.format.chunk_bytes // (2 * self.format.channels)
        with self._file:
            while len(block := self._read(frames)):
                block = np.clip(np.nan_to_num(block), -1, 1)
                yield _pcm(block if self.format.channels == block.shape[1] else block.mean(axis=1))

    def _read(self, frames: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        try:
            block: np.ndarray[Any, np.dtype[np.float32]] = self._file.read(
                frames, dtype="float32", always_2d=True
            )
        except soundfile.SoundFileError as error:
            raise AudioUnreadable(str(self._path), str(error)) from None
        return block


def check_channels(name: str, *, found: int, wanted: int) -> None:
    """Raise AudioUnreadable where two channels are to be told apart and there are not two."""
    if wanted > 1 and found != wanted:
        reason = f"these parameters need {wanted} channels, and it has {found}"
        raise AudioUnreadable(name, reason)


def _pcm(samples: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    # float32 holds every 16-bit value exactly, so scaling back by the same power of two loses nothing.
    scaled = np.minimum(np.rint(samples * FULL_SCALE), FULL_SCALE - 1)
    return bytes(scaled.astype("<i2").data)


def _through_ffmpeg(path: Path, *, channels: int, why: str) -> AudioSource:
    found = probe(path, why=why)
    check_channels(str(path), found=found.channels, wanted=channels)
    inside = MIN_RATE <= found.sample_rate <= MAX_RATE
    return FfmpegSource(
        f"file:{path}",
        name=str(path),
        audio_format=AudioFormat(sample_rate=found.sample_rate if inside else 16000, channels=channels),
        seconds=found.seconds,
    )
