"""Audio files of every kind become the same 16-bit PCM."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from scribepass.client.audio import AudioFormat, AudioSource
from scribepass.client.files import open_file, open_raw
from scribepass.errors import AudioUnreadable
from support.tools import needs

RATE = 16000
LEFT = np.rint(12000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype("<i2")
RIGHT = (LEFT // 3).astype("<i2")
STEREO = np.stack([LEFT, RIGHT], axis=1)


async def pcm(source: AudioSource) -> np.ndarray:
    chunks = [chunk async for chunk in source.chunks()]
    assert all(len(chunk) == source.format.chunk_bytes for chunk in chunks[:-1])
    samples = np.frombuffer(b"".join(chunks), dtype="<i2")
    return samples.reshape(-1, source.format.channels)


def written(path: Path, samples: np.ndarray, *, rate: int = RATE, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


@pytest.mark.parametrize(
    ("name", "how", "off"),
    [
        pytest.param("a.wav", {"subtype": "PCM_U8"}, 256, id="WAV of 8 bits"),
        pytest.param("a.wav", {"subtype": "PCM_16"}, 0, id="WAV of 16 bits"),
        pytest.param("a.wav", {"subtype": "PCM_24"}, 0, id="WAV of 24 bits"),
        pytest.param("a.wav", {"subtype": "PCM_32"}, 0, id="WAV of 32 bits"),
        pytest.param("a.wav", {"subtype": "FLOAT"}, 0, id="WAV of floats"),
        pytest.param("a.wav", {"subtype": "DOUBLE"}, 0, id="WAV of doubles"),
        pytest.param("a.wav", {"subtype": "PCM_16", "format": "WAVEX"}, 0, id="WAVE_FORMAT_EXTENSIBLE"),
        pytest.param("a.wav", {"subtype": "PCM_24", "format": "WAVEX"}, 0, id="EXTENSIBLE of 24 bits"),
        pytest.param("a.wav", {"subtype": "ULAW"}, 520, id="WAV of mu-law"),
        pytest.param("a.flac", {"subtype": "PCM_16"}, 0, id="FLAC"),
        pytest.param("a.flac", {"subtype": "PCM_24"}, 0, id="FLAC of 24 bits"),
        pytest.param("a.aiff", {"subtype": "PCM_16"}, 0, id="AIFF, big-endian"),
        pytest.param("misnamed.mp3", {"subtype": "PCM_16", "format": "WAV"}, 0, id="WAV by another name"),
    ],
)
async def test_files_come_out_as_they_went_in(
    tmp_path: Path, name: str, how: dict[str, str], off: int
) -> None:
    """16 bits or more: bit for bit. Fewer: within what they can hold."""
    path = written(tmp_path / name, (LEFT / 32768.0).astype("float64"), **how)
    source = open_file(path, channels=1)
    heard = await pcm(source)
    assert source.format == AudioFormat(sample_rate=RATE)
    assert source.seconds == 1.0
    assert np.abs(heard[:, 0].astype(int) - LEFT).max() <= off


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
async def test_lossy_files_that_libsndfile_reads(tmp_path: Path, name: str) -> None:
    """Ogg Vorbis and MP3 need no ffmpeg."""
    source = open_file(written(tmp_path / name, LEFT / 32768.0), channels=1)
    heard = await pcm(source)
    assert abs(len(heard) - RATE) < RATE / 5
    assert 10000 < np.abs(heard).max() < 14000


async def test_stereo_is_mixed_or_kept(tmp_path: Path) -> None:
    """For one channel the mean of both; for two, both, interleaved."""
    path = written(tmp_path / "a.wav", STEREO)
    mixed = await pcm(open_file(path, channels=1))
    assert np.abs(mixed[:, 0] - STEREO.mean(axis=1)).max() <= 1
    kept = open_file(path, channels=2)
    assert kept.format.channels == 2
    assert np.array_equal(await pcm(kept), STEREO)


@pytest.mark.parametrize("channels", [1, 4])
def test_two_channels_must_be_there(tmp_path: Path, channels: int) -> None:
    """Channel identification of a file with one channel, or with four, is refused and not made up."""
    path = written(tmp_path / "a.wav", np.zeros((RATE, channels), dtype="<i2"))
    with pytest.raises(AudioUnreadable, match=f"need 2 channels, and it has {channels}"):
        open_file(path, channels=2)


async def test_a_float_out_of_range_clips(tmp_path: Path) -> None:
    """Floats above full scale, and such as are no number, become samples and not noise."""
    samples = np.array([2.0, -2.0, 0.5, np.nan, np.inf], dtype="float32")
    heard = await pcm(open_file(written(tmp_path / "a.wav", samples, subtype="FLOAT"), channels=1))
    assert heard[:4, 0].tolist() == [32767, -32768, 16384, 0]
    assert heard[4, 0] == 32767


async def test_a_truncated_wav_gives_what_it_holds(tmp_path: Path) -> None:
    """A recording whose writer was killed has a header that promises more; what is there is read."""
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(LEFT.tobytes())
    path.write_bytes(path.read_bytes()[: 44 + 8000])
    assert np.array_equal((await pcm(open_file(path, channels=1)))[:, 0], LEFT[:4000])


def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"this is no audio at all", "no WAV or FLAC file, and ffmpeg", id="text"),
        pytest.param(b"", "no WAV or FLAC file, and ffmpeg", id="empty"),
    ],
)
def test_without_ffmpeg_the_message_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    """What libsndfile does not know is refused in a sentence that says what could read it."""
    no_ffmpeg(monkeypatch, tmp_path)
    (tmp_path / "a.m4a").write_bytes(content)
    with pytest.raises(AudioUnreadable, match=reason):
        open_file(tmp_path / "a.m4a", channels=1)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A missing file, a folder, and a WAV without a sample are told apart."""
    with pytest.raises(AudioUnreadable, match="No such file"):
        open_file(tmp_path / "none.wav", channels=1)
    with pytest.raises(AudioUnreadable, match="Is a directory"):
        open_file(tmp_path, channels=1)
    with pytest.raises(AudioUnreadable, match="holds no audio"):
        open_file(written(tmp_path / "a.wav", LEFT[:0]), channels=1)


def test_a_rate_beyond_transcribes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """96 kHz is not sent as it is; without ffmpeg the message says why."""
    path = written(tmp_path / "a.wav", LEFT, rate=96000)
    no_ffmpeg(monkeypatch, tmp_path)
    with pytest.raises(AudioUnreadable, match="does not take 96000 Hz"):
        open_file(path, channels=1)


def encoded(tmp_path: Path, name: str, *options: str, channels: int = 1, rate: int = RATE) -> Path:
    needs("ffmpeg")
    samples = STEREO if channels == 2 else LEFT
    wav = written(tmp_path / "source.wav", samples, rate=rate)
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(wav), *options, str(tmp_path / name)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("a.m4a", ("-c:a", "aac"), id="AAC"),
        pytest.param("a.mka", ("-c:a", "flac"), id="Matroska"),
        pytest.param("-a.m4a", ("-c:a", "aac"), id="a name like an option"),
    ],
)
async def test_ffmpeg_reads_the_rest(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    """What libsndfile does not know comes through ffmpeg at its own rate, with its length."""
    encoded(tmp_path, "x" + Path(name).suffix, *options).rename(tmp_path / name)
    source = open_file(tmp_path / name, channels=1)
    heard = await pcm(source)
    assert source.format == AudioFormat(sample_rate=RATE)
    assert source.seconds == pytest.approx(1.0, abs=0.15)
    assert len(heard) == pytest.approx(RATE, abs=0.15 * RATE)
    assert 10000 < np.abs(heard).max() < 14000


async def test_ffmpeg_keeps_two_channels_and_invents_none(tmp_path: Path) -> None:
    """Two channels of an encoded file stay apart; one is not doubled."""
    stereo = encoded(tmp_path, "a.mka", "-c:a", "flac", channels=2)
    assert np.array_equal(await pcm(open_file(stereo, channels=2)), STEREO)
    mono = encoded(tmp_path, "b.mka", "-c:a", "flac")
    with pytest.raises(AudioUnreadable, match="need 2 channels, and it has 1"):
        open_file(mono, channels=2)


async def test_ffmpeg_resamples_what_transcribe_does_not_take(tmp_path: Path) -> None:
    """A file of 96 kHz is sent at 16 kHz."""
    needs("ffmpeg")
    source = open_file(written(tmp_path / "a.wav", LEFT, rate=96000), channels=1)
    assert source.format.sample_rate == 16000
    assert len(await pcm(source)) == pytest.approx(16000 / 6, abs=50)


def test_a_picture_holds_no_audio(tmp_path: Path) -> None:
    """A file that ffmpeg knows and that has no sound, and one that nobody knows, are refused in words."""
    needs("ffmpeg")
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=s=16x16", "-frames:v", "1"]
    subprocess.run([*command, str(tmp_path / "a.png")], check=True, stdin=subprocess.DEVNULL)
    with pytest.raises(AudioUnreadable, match="holds no audio"):
        open_file(tmp_path / "a.png", channels=1)
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(AudioUnreadable, match="Invalid data"):
        open_file(tmp_path / "a.txt", channels=1)


async def test_leaving_early_ends_ffmpeg(tmp_path: Path) -> None:
    """A consumer that stops after one chunk leaves no child behind."""
    source = open_file(encoded(tmp_path, "a.m4a", "-c:a", "aac"), channels=1)
    chunks = source.chunks()
    assert len(await anext(chunks)) == 3200
    await chunks.aclose()


@pytest.mark.parametrize(
    ("encoding", "seconds"),
    [
        pytest.param("pcm", 1.0, id="PCM: two bytes a sample"),
        pytest.param("g711-ulaw", 2.0, id="mu-law: one byte a sample"),
    ],
)
async def test_raw_files_are_sent_as_they_are(tmp_path: Path, encoding: str, seconds: float) -> None:
    """Raw bytes are not touched, and their length follows from their size."""
    path = tmp_path / "a.raw"
    path.write_bytes(LEFT.tobytes())
    source = open_raw(path, audio_format=AudioFormat(sample_rate=RATE, media_encoding=encoding))
    assert b"".join([chunk async for chunk in source.chunks()]) == LEFT.tobytes()
    assert source.seconds == seconds


async def test_encoded_files_are_paced_by_their_mean_rate(tmp_path: Path) -> None:
    """A FLAC file that is sent as FLAC goes out, byte for byte, in the time it takes to hear."""
    path = written(tmp_path / "a.flac", LEFT)
    source = open_raw(path, audio_format=AudioFormat(sample_rate=RATE, media_encoding="flac"))
    assert b"".join([chunk async for chunk in source.chunks()]) == path.read_bytes()
    assert source.seconds == pytest.approx(1.0)
    assert source.bytes_per_second == pytest.approx(path.stat().st_size)


async def test_encoded_files_of_unknown_length_are_not_paced(tmp_path: Path) -> None:
    """Bytes whose time nobody can tell have no rate."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"opus, perhaps")
    source = open_raw(path, audio_format=AudioFormat(sample_rate=RATE, media_encoding="ogg-opus"))
    assert (source.bytes_per_second, source.seconds) == (None, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"RIFF....WAVE", "this is a WAV file", id="WAV given as raw"),
        pytest.param(b"fLaC....", "this is a FLAC file", id="FLAC given as raw"),
    ],
)
def test_raw_files_that_cannot_be(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A header that would be heard as a click, or as noise for an hour, is noticed."""
    path = tmp_path / "a.raw"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioUnreadable, match=reason):
        open_raw(path, audio_format=AudioFormat(sample_rate=RATE))
