"""Choosing an engine by name."""

import sys
from pathlib import Path

import pytest

from scribepass.errors import SettingsError
from scribepass.local.recognisers import named


def fault(name: str) -> tuple[str, str]:
    with pytest.raises(SettingsError) as caught:
        named(name)
    (problem,) = caught.value.problems
    assert problem.field == "recogniser"
    return problem.code, problem.message


def test_known_engines(tmp_path: Path) -> None:
    """``pocketsphinx`` is there, ``scripted:FILE`` reads its file."""
    script = tmp_path / "a:b.json"
    script.write_text('["hello"]')
    assert named("pocketsphinx").name == named("pocketsphinx:fast").name == "pocketsphinx"
    assert named(f"scripted:{script}").name == "scripted"


def test_unknown_engines() -> None:
    """The answer names those that there are."""
    assert fault("whisper") == (
        "unknown",
        "'whisper' is not one of markers, pocketsphinx, scripted, sherpa-onnx",
    )
    assert fault("") == ("unknown", "'' is not one of markers, pocketsphinx, scripted, sherpa-onnx")


def test_faults_of_an_argument(tmp_path: Path) -> None:
    """A file that is missing, or bad, or not wanted."""
    assert fault("scripted") == ("value", "scripted needs a file: scripted:FILE")
    assert fault("pocketsphinx:model") == (
        "value",
        "pocketsphinx takes no argument but fast: pocketsphinx:fast",
    )
    assert fault(f"scripted:{tmp_path}/none.json")[0] == "value"
    bad = tmp_path / "bad.toml"
    bad.write_text("lines = 3")
    assert fault(f"scripted:{bad}") == ("script", f"{bad}: lines: must be a list")


def test_an_engine_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, with the command."""
    for module, library in (("pocketsphinx", "pocketsphinx"), ("sherpa", "sherpa_onnx")):
        monkeypatch.delitem(sys.modules, f"scribepass.local.recognisers.{module}", raising=False)
        monkeypatch.setitem(sys.modules, library, None)
    assert fault("pocketsphinx") == (
        "not_installed",
        "pocketsphinx needs pocketsphinx, which is not installed: pip install 'scribepass[local]'",
    )
    assert fault("sherpa-onnx:model") == (
        "not_installed",
        "sherpa-onnx needs sherpa_onnx, which is not installed: pip install 'scribepass[local,sherpa]'",
    )
