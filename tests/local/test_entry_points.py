"""Engines that others have installed."""

import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from scribepass.errors import SettingsError
from scribepass.local import recognisers
from scribepass.local.recognisers import named
from scribepass.local.recognisers.finding import BUNDLED, GROUP
from support.streaming import END, audio, local_aws, signed_url, stream

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution of one module, as an installer leaves it behind."""

    def _install(distribution: str, *, module: str, code: str, entries: dict[str, str]) -> None:
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        points = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(tmp_path)
    return _install


def documented() -> tuple[str, dict[str, str]]:
    """The plug-in of the documentation: its module, and its entry points."""
    code, _, table = (
        (recognisers.__doc__ or "").partition("    # loudness.py\n")[2].partition("    # pyproject.toml\n")
    )
    points = tomllib.loads(textwrap.dedent(table))["project"]["entry-points"][GROUP]
    return textwrap.dedent(code), points


def fault(name: str) -> tuple[str, str]:
    with pytest.raises(SettingsError) as caught:
        named(name)
    (problem,) = caught.value.problems
    return problem.code, problem.message


async def test_the_documented_plug_in(install: Install) -> None:
    """It is found by its name, and hears a stream of the server."""
    code, entries = documented()
    install("scribepass-loudness", module="loudness", code=code, entries=entries)
    engine = named("loudness:whatever")
    assert engine.name == "loudness"
    samples = (1000).to_bytes(2, "little") + (-3000).to_bytes(2, "little", signed=True)
    async with local_aws(recogniser=engine) as local:
        heard = await stream(signed_url(local), [audio(samples * 1600), audio(bytes(3200)), END])
    assert heard.finals == ["3000"]


def test_names_that_are_not_known_are_told_with_those_that_are(install: Install) -> None:
    """Engines of others stand beside ours."""
    install("ears", module="ears", code="", entries={"big-ears": "ears:engine"})
    assert fault("nose")[1] == ("'nose' is not one of big-ears, markers, pocketsphinx, scripted, sherpa-onnx")


BROKEN = {
    "its module is gone": ("", "gone:engine", "(ModuleNotFoundError: No module named 'gone')"),
    "its module fails": ("1 / 0", "ears:engine", "(ZeroDivisionError: division by zero)"),
    "it has another name": ("", "ears:engine", "(AttributeError: module 'ears' has no attribute 'engine')"),
    "it makes nothing": ("engine = 3", "ears:engine", "is not callable (ears:engine)"),
}


@pytest.mark.parametrize(("code", "value", "what"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plug_in(install: Install, code: str, value: str, what: str) -> None:
    """Whose it is, what is wrong, and what to do."""
    install("ears-for-scribepass", module="ears", code=code, entries={"ears": value})
    kind, message = fault("ears")
    assert kind == "broken"
    assert message.startswith("ears of ears-for-scribepass ")
    assert what in message
    assert message.endswith(": update or uninstall it")


ELSEWHERE = """
class Engine:
    name, languages, isolation, preload, open = "e", (), "cloud", None, None

def engine(argument):
    return Engine()
"""
NO_ENGINES = {
    "nothing": (
        "engine = lambda argument: None",
        "what it makes has no name, languages, isolation, preload, open",
    ),
    "one in a place that there is not": (
        ELSEWHERE,
        "its isolation is not one of inline, thread, process",
    ),
}


@pytest.mark.parametrize(("code", "what"), NO_ENGINES.values(), ids=NO_ENGINES)
def test_what_is_no_engine(install: Install, code: str, what: str) -> None:
    """It is told when it is chosen, not when a stream comes."""
    install("ears", module="ears", code=code, entries={"ears": "ears:engine"})
    assert fault("ears") == (
        "broken",
        f"ears is no engine: {what}; scribepass.local.recognisers says what one is",
    )


def test_two_of_one_name(install: Install) -> None:
    """Neither is guessed."""
    install("ears", module="ears", code="", entries={"ears": "ears:engine"})
    install("other-ears", module="other", code="", entries={"ears": "other:engine"})
    assert fault("ears") == ("ambiguous", "ears is in ears and other-ears: uninstall all but one")


def test_an_argument_that_is_refused(install: Install) -> None:
    """A plug-in says what is wrong with its argument as ours do."""
    code = "def engine(argument):\n    raise ValueError(f'{argument} is too loud')\n"
    install("ears", module="ears", code=code, entries={"ears": "ears:engine"})
    assert fault("ears:11") == ("value", "11 is too loud")


def test_nobody_takes_the_place_of_a_bundled_engine(install: Install) -> None:
    """Whoever installs something of the same name gets ours."""
    install("impostor", module="impostor", code="1 / 0", entries={"markers": "impostor:engine"})
    assert type(named("markers")).__module__ == BUNDLED["markers"].partition(":")[0]


def test_bundled_engines_are_entry_points_too() -> None:
    """The table in the code, which a checkout needs, is the one that is installed."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["entry-points"][GROUP] == BUNDLED
