"""sherpa-onnx: the files of models, and the library itself, with a model that hears how loud it is.

No model that knows speech is at hand, so no word here was ever spoken.
"""

import asyncio
import random
from array import array
from pathlib import Path

import pytest

from scribepass.errors import SettingsError
from scribepass.local.recognisers import Engine, Options, named
from scribepass.local.recognisers.sherpa_files import files_in
from scribepass.transcribe import Result
from support.sherpa import model
from support.streaming import END, audio, local_aws, signed_url, stream

RATE = 16_000

FOLDERS = {
    "a transducer, 8-bit where there is one": (
        "m",
        ["encoder-1.onnx", "encoder-1.int8.onnx", "decoder-1.onnx", "joiner-1.onnx"],
        (
            "transducer",
            {"encoder": "encoder-1.int8.onnx", "decoder": "decoder-1.onnx", "joiner": "joiner-1.onnx"},
        ),
    ),
    "a Paraformer": (
        "m",
        ["encoder.onnx", "decoder.int8.onnx"],
        ("paraformer", {"encoder": "encoder.onnx", "decoder": "decoder.int8.onnx"}),
    ),
    "a Zipformer": ("m", ["ctc-1.onnx", "ctc-1.int8.onnx"], ("zipformer2_ctc", {"model": "ctc-1.int8.onnx"})),
    "NeMo's": ("nemo-fast-80ms", ["model.onnx"], ("nemo_ctc", {"model": "model.onnx"})),
    "WeNet's": ("m", ["wenet.onnx"], ("wenet_ctc", {"model": "wenet.onnx"})),
    "T-one": ("t-one-russian", ["model.onnx"], ("t_one_ctc", {"model": "model.onnx"})),
}


@pytest.mark.parametrize(("folder", "names", "expected"), FOLDERS.values(), ids=FOLDERS)
def test_files_of_a_model(
    tmp_path: Path, folder: str, names: list[str], expected: tuple[str, dict[str, str]]
) -> None:
    """What kind of model a folder holds is seen by the names of its files."""
    home = tmp_path / folder
    home.mkdir()
    for name in (*names, "tokens.txt"):
        (home / name).touch()
    found = files_in(home)
    kind, files = expected
    assert found.kind == kind
    assert found.files == {name: str(home / file) for name, file in {"tokens": "tokens.txt", **files}.items()}
    assert found.languages == ()


def test_languages_of_a_model(tmp_path: Path) -> None:
    """A file beside the model says which languages it knows."""
    for name in ("model.onnx", "tokens.txt"):
        (tmp_path / name).touch()
    (tmp_path / "languages.txt").write_text("en\nde\n")
    assert files_in(tmp_path).languages == ("en", "de")


MISSING = {
    "no folder": (None, "tokens.txt is missing"),
    "no tokens": (["encoder.onnx"], "tokens.txt is missing"),
    "no network": (["tokens.txt"], "there is no *.onnx beside tokens.txt"),
    "half a model": (["tokens.txt", "encoder.onnx", "joiner.onnx"], "decoder*.onnx is missing"),
}


@pytest.mark.parametrize(("names", "what"), MISSING.values(), ids=MISSING)
def test_what_is_missing(tmp_path: Path, names: list[str] | None, what: str) -> None:
    """A folder without a model is refused with the name of what is not there."""
    for name in names or []:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"\.onnx|tokens") as caught:
        files_in(tmp_path / "none" if names is None else tmp_path)
    assert what in str(caught.value)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    pytest.importorskip(
        "sherpa_onnx", reason="sherpa-onnx is not installed: pip install 'scribepass[sherpa]'"
    )
    folder = model(tmp_path_factory.mktemp("model"))
    (folder / "languages.txt").write_text("en")
    return named(f"sherpa-onnx:{folder}")


def fault(name: str) -> str:
    with pytest.raises(SettingsError) as caught:
        named(name)
    (problem,) = caught.value.problems
    return problem.message


@pytest.mark.usefixtures("engine")
def test_folders_that_cannot_be_loaded(tmp_path: Path) -> None:
    """What is missing, or what the library says of it."""
    assert fault("sherpa-onnx") == "sherpa-onnx needs the folder of a streaming model: sherpa-onnx:FOLDER"
    assert fault(f"sherpa-onnx:{tmp_path}") == f"{tmp_path} holds no model: tokens.txt is missing"
    (model(tmp_path) / "encoder.onnx").write_bytes(b"<html>not found</html>")
    assert fault(f"sherpa-onnx:{tmp_path}").startswith(f"{tmp_path} cannot be loaded as a transducer: ")


def sound(seconds: float, *, rate: int = RATE) -> bytes:
    generator = random.Random(5)
    return array("h", (generator.randint(-9000, 9000) for _ in range(round(seconds * rate)))).tobytes()


def silence(seconds: float, *, rate: int = RATE) -> bytes:
    return bytes(round(seconds * rate) * 2)


SOUNDS = silence(1) + sound(0.5) + silence(1.5) + sound(0.3) + silence(0.2)


def hear(engine: Engine, pcm: bytes, *, rate: int = RATE, size: int = 3200) -> list[Result]:
    recogniser = engine.open(Options(sample_rate=rate))
    pieces = (pcm[at : at + size] for at in range(0, len(pcm), size))
    said = [each for piece in pieces for each in recogniser.feed(piece)] + list(recogniser.finish())
    recogniser.close()
    return [each for each in said if isinstance(each, Result)]


def said(results: list[Result]) -> list[tuple[str, bool]]:
    return [(each.alternatives[0].transcript, each.is_partial) for each in results]


def test_segments(engine: Engine) -> None:
    """Partials grow under one id to a final at a pause; a second segment has times of the stream."""
    results = hear(engine, SOUNDS)
    assert said(results) == [
        ("go", True), ("go for", True), ("go forward", True), ("go forward ten", True),
        ("go forward ten", False),
        ("go", True), ("go for", True), ("go for", False),
    ]  # fmt: skip
    assert len({each.result_id for each in results[:5]}) == len({each.result_id for each in results[5:]}) == 1
    items = [item for each in results if not each.is_partial for item in each.alternatives[0].items]
    assert [item.content for item in items] == ["go", "forward", "ten", "go", "for"]
    assert [item.start_time for item in items] == pytest.approx([0.96, 1.12, 1.44, 3.04, 3.2], abs=0.01)
    assert all(item.confidence is not None and 0 < item.confidence <= 1 for item in items)
    assert {item.confidence for item in results[0].alternatives[0].items} == {None}


@pytest.mark.parametrize("size", [2, 999, 1_000_000])
def test_chunk_size_does_not_matter(engine: Engine, size: int) -> None:
    """The same results, with the same times, however the audio is cut."""
    expected = [(each.is_partial, each.start_time, each.alternatives) for each in hear(engine, SOUNDS)]
    assert [
        (each.is_partial, each.start_time, each.alternatives) for each in hear(engine, SOUNDS, size=size)
    ] == expected


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_other_rates(engine: Engine, rate: int) -> None:
    """Audio at another rate is brought to the model's; times stay those of the stream."""
    results = hear(engine, silence(1, rate=rate) + sound(0.3, rate=rate) + silence(1.5, rate=rate), rate=rate)
    assert [each for each in said(results) if not each[1]] == [("go for", False)]
    assert results[-1].start_time == pytest.approx(1.0, abs=0.1)


def test_nothing(engine: Engine) -> None:
    """Silence is not a word, and neither is no audio."""
    assert hear(engine, silence(4)) == hear(engine, b"") == []


async def test_through_the_server(engine: Engine) -> None:
    """Streams at once share the model and not their words; a language that it does not know is refused."""
    messages = [*(audio(SOUNDS[at : at + 6400]) for at in range(0, len(SOUNDS), 6400)), END]
    async with local_aws(recogniser=engine) as local:
        streams = [stream(signed_url(local), messages) for _ in range(4)]
        heard = await asyncio.gather(*streams)
        refused = await stream(signed_url(local, language_code="de-DE"), [END])
    assert [each.finals for each in heard] == [["go forward ten", "go for"]] * 4
    assert refused.failure is not None
    assert refused.failure.kind == "BadRequestException"
