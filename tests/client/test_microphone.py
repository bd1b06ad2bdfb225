"""The microphone, with a library that behaves as sounddevice does and records what it is told."""

import asyncio
import sys
import threading
from importlib.abc import MetaPathFinder
from types import TracebackType
from typing import Any, Self

import pytest

from scribepass.client.audio import AudioFormat
from scribepass.client.microphone import MAX_WAITING_SECONDS, Microphone, sounddevice
from scribepass.errors import AudioUnreadable


class PortAudio:
    """sounddevice as far as it is used: devices, their rates, and a stream that calls back from a thread."""

    class PortAudioError(Exception):
        """What sounddevice raises."""

    def __init__(self, *, rates: set[int], recording: list[bytes], broken: str = "") -> None:
        self.rates = rates
        self.recording = recording
        self.broken = broken
        self.opened: dict[str, Any] = {}
        self.stopped = threading.Event()
        self.recorder = threading.Thread()

    def query_devices(self, device: int | str | None, kind: str) -> dict[str, Any]:
        if device == "nothing":
            raise ValueError("No input device matching 'nothing'")
        return {"name": "built-in", "kind": kind, "default_samplerate": 48000.0}

    def check_input_settings(self, *, samplerate: int, **_rest: object) -> None:
        if samplerate not in self.rates:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def RawInputStream(self, **options: Any) -> "Stream":  # noqa: N802
        if self.broken:
            raise self.PortAudioError(self.broken)
        self.opened = options
        return Stream(self)


class Stream:
    """Calls back from a thread of its own, once for each block."""

    def __init__(self, library: PortAudio) -> None:
        self._library = library

    def __enter__(self) -> Self:
        callback = self._library.opened["callback"]
        recording = self._library.recording
        self._library.recorder = threading.Thread(
            target=lambda: [callback(memoryview(block), 0, None, None) for block in recording]
        )
        self._library.recorder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.recorder.join()
        self._library.stopped.set()


async def test_blocks_are_heard_in_order_and_the_device_is_closed() -> None:
    """What the callback is given comes out, 16-bit mono in blocks of 100 ms; leaving stops the device."""
    library = PortAudio(rates={16000}, recording=[b"one ", b"two "])
    microphone = Microphone(library, device=2)
    chunks = microphone.chunks()
    assert [await anext(chunks), await anext(chunks)] == [b"one ", b"two "]
    await chunks.aclose()
    assert library.stopped.is_set()
    assert microphone.format == AudioFormat(sample_rate=16000)
    wanted = {"samplerate": 16000, "blocksize": 1600, "channels": 1, "dtype": "int16", "device": 2}
    assert {name: library.opened[name] for name in wanted} == wanted


def test_a_device_without_16_khz_records_at_its_own_rate() -> None:
    """The declared rate is the real one, never a wish."""
    library = PortAudio(rates={48000}, recording=[])
    assert Microphone(library).format == AudioFormat(sample_rate=48000)


async def test_a_network_that_is_far_too_slow_is_told() -> None:
    """After a minute of sound that nobody took, recording ends with a sentence; nothing is lost quietly."""
    minute = MAX_WAITING_SECONDS * 10
    library = PortAudio(rates={16000}, recording=[b"first"])
    chunks = Microphone(library).chunks()
    assert await anext(chunks) == b"first"
    for number in range(minute + 50):
        library.opened["callback"](b"%d" % number, 0, None, None)
    await asyncio.sleep(0)
    heard = [await anext(chunks) for _ in range(minute)]
    assert heard == [b"%d" % number for number in range(minute)]
    with pytest.raises(AudioUnreadable, match="is the network slow"):
        await anext(chunks)


@pytest.mark.parametrize(
    ("device", "broken", "reason"),
    [
        pytest.param("nothing", "", "No input device matching", id="no such device"),
        pytest.param(None, "Device unavailable [PaErrorCode -9985]", "Device unavailable", id="in use"),
    ],
)
async def test_a_microphone_that_cannot_be_opened(device: str | None, broken: str, reason: str) -> None:
    """PortAudio's own words come out as an error of ours."""
    library = PortAudio(rates={16000}, recording=[], broken=broken)
    with pytest.raises(AudioUnreadable, match=f"microphone: {reason}"):
        await anext(Microphone(library, device=device).chunks())


class Missing(MetaPathFinder):
    """An importer that finds sounddevice absent, or its PortAudio."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def find_spec(self, fullname: str, *_rest: object) -> None:
        if fullname == "sounddevice":
            raise self.error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        pytest.param(ModuleNotFoundError("no"), "pip install sounddevice", id="no package"),
        pytest.param(OSError("PortAudio library not found"), "apt install libportaudio2", id="no PortAudio"),
    ],
)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str) -> None:
    """Without sounddevice, or without PortAudio below it, the message says what to install."""
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(error), *sys.meta_path])
    with pytest.raises(AudioUnreadable, match=remedy):
        sounddevice()
