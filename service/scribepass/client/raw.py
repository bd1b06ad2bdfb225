"""Bytes that are sent as they are: raw PCM, or audio that is already encoded, from a file or a pipe."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

from scribepass.client.audio import AudioFormat
from scribepass.errors import AudioUnreadable

__all__ = ["RawFile", "RawPipe"]

READ_AHEAD_CHUNKS = 8

CONTAINERS = {b"RIFF": "WAV", b"fLaC": "FLAC", b"OggS": "Ogg", b"FORM": "AIFF"}
"""First bytes that raw PCM would have by a chance of one in four thousand million."""


class RawFile:
    """A file of raw bytes in ``audio_format``; ``bytes_per_second`` where the format does not fix it.

    Raises AudioUnreadable.
    """

    def __init__(
        self, path: Path, *, audio_format: AudioFormat, bytes_per_second: float | None = None
    ) -> None:
        self.format = audio_format
        self.bytes_per_second = audio_format.bytes_per_second or bytes_per_second
        self._path = path
        try:
            with path.open("rb") as file:
                _refuse_container(str(path), file.read(4), audio_format)
                size = file.seek(0, os.SEEK_END)
        except OSError as error:
            raise AudioUnreadable(str(path), error.strerror or "it cannot be read") from None
        if not size:
            raise AudioUnreadable(str(path), "it is empty")
        self.seconds = size / self.bytes_per_second if self.bytes_per_second else None

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Chunks of 100 ms."""
        with self._path.open("rb") as file:
            while chunk := file.read(self.format.chunk_bytes):
                yield chunk


class RawPipe:
    """A file descriptor of raw bytes in ``audio_format``, read by a thread so that silence blocks nothing."""

    seconds: float | None = None

    def __init__(self, descriptor: int, *, audio_format: AudioFormat, name: str = "standard input") -> None:
        self.format = audio_format
        self.bytes_per_second = audio_format.bytes_per_second
        self._descriptor = descriptor
        self._name = name

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """What arrives, as it arrives, in chunks of at most 100 ms."""
        queue: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        room = threading.Semaphore(READ_AHEAD_CHUNKS)
        stopped = threading.Event()
        loop = asyncio.get_running_loop()

        def feed() -> None:
            # A daemon, reading without a buffer object: a read that nobody waits for any more may
            # stay blocked until the process ends, and must not hold it up.
            with contextlib.suppress(RuntimeError):  # the loop has closed
                while not stopped.is_set():
                    room.acquire()
                    got = self._read()
                    loop.call_soon_threadsafe(queue.put_nowait, got)
                    if not got or isinstance(got, OSError):
                        return

        threading.Thread(target=feed, name="scribepass-pipe", daemon=True).start()
        try:
            first = True
            while chunk := await queue.get():
                room.release()
                if isinstance(chunk, OSError):
                    raise AudioUnreadable(self._name, chunk.strerror or "it cannot be read")
                if first:
                    _refuse_container(self._name, chunk[:4], self.format)
                first = False
                yield chunk
            if first:
                raise AudioUnreadable(self._name, "it holds no audio")
        finally:
            stopped.set()
            room.release()

    def _read(self) -> bytes | OSError:
        try:
            return os.read(self._descriptor, self.format.chunk_bytes)
        except OSError as error:
            return error


def _refuse_container(name: str, start: bytes, form: AudioFormat) -> None:
    kind = CONTAINERS.get(start)
    if form.media_encoding == "pcm" and kind:
        raise AudioUnreadable(name, f"this is a {kind} file, not raw PCM; leave out the sample rate")
