"""The microphone, through PortAudio by the package sounddevice, which is asked for only here."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator
from typing import Any

from scribepass.client.audio import AudioFormat
from scribepass.errors import AudioUnreadable

__all__ = ["Microphone", "sounddevice"]

NAME = "microphone"
WANTED_RATE = 16000
"""AWS's guide calls it the best trade-off for speech."""

MAX_WAITING_SECONDS = 60
"""What a slow network may leave unsent: 2 MB. Beyond it the recording ends; it never loses a part quietly."""


def sounddevice() -> Any:  # noqa: ANN401 - a module without types
    """The module sounddevice. Raises AudioUnreadable with the way to get what is missing."""
    try:
        return importlib.import_module("sounddevice")
    except ImportError:
        reason = "the package sounddevice is missing; get it with: pip install sounddevice"
    except OSError:
        reason = "the library PortAudio is missing; on Debian and Ubuntu: apt install libportaudio2"
    raise AudioUnreadable(NAME, reason)


class Microphone:
    """A recording device, mono, 16 kHz where it can. ``library`` is sounddevice or what behaves like it.

    ``device`` is sounddevice's: a number, a part of a name, None for the default.
    """

    seconds: float | None = None
    bytes_per_second: float | None = None

    def __init__(self, library: Any, *, device: int | str | None = None) -> None:  # noqa: ANN401
        self._library = library
        self._device = device
        try:
            rate = self._rate()
        except (ValueError, library.PortAudioError) as error:
            raise AudioUnreadable(NAME, _sentence(error)) from None
        self.format = AudioFormat(sample_rate=rate)

    def _rate(self) -> int:
        found = self._library.query_devices(self._device, "input")
        try:
            self._library.check_input_settings(
                device=self._device, channels=1, dtype="int16", samplerate=WANTED_RATE
            )
        except self._library.PortAudioError:
            return int(found["default_samplerate"])
        return WANTED_RATE

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Blocks of 100 ms as they are recorded. Never ends by itself."""
        loop = asyncio.get_running_loop()
        blocks = MAX_WAITING_SECONDS * self.format.sample_rate * 2 // self.format.chunk_bytes
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()

        def put(block: bytes) -> None:
            if queue.qsize() < blocks:
                queue.put_nowait(block)
            elif queue.qsize() == blocks:
                queue.put_nowait(None)

        def recorded(data: Any, _frames: int, _time: object, _status: object) -> None:  # noqa: ANN401
            loop.call_soon_threadsafe(put, bytes(data))

        with self._open(recorded):
            while (block := await queue.get()) is not None:
                yield block
        raise AudioUnreadable(
            NAME, f"{MAX_WAITING_SECONDS} s of sound could not be sent; is the network slow?"
        )

    def _open(self, recorded: Any) -> Any:  # noqa: ANN401
        try:
            return self._library.RawInputStream(
                samplerate=self.format.sample_rate,
                blocksize=self.format.chunk_bytes // 2,
                device=self._device,
                channels=1,
                dtype="int16",
                callback=recorded,
            )
        except self._library.PortAudioError as error:
            raise AudioUnreadable(NAME, _sentence(error)) from None


def _sentence(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else "it cannot be opened"
