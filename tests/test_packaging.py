"""What `pip install scribepass` brings."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_the_wheel_holds_every_module_and_its_types(wheel: list[str]) -> None:
    """All modules, and the marker that they are typed."""
    modules = (CHECKOUT / "service").rglob("*.py")
    assert {path.relative_to(CHECKOUT / "service").as_posix() for path in modules} <= set(wheel)
    assert "scribepass/py.typed" in wheel


def test_the_wheel_holds_the_page(wheel: list[str]) -> None:
    """`scribepass up` has a page to serve without a checkout: every file that the browser asks for."""
    page = {
        path.relative_to(CHECKOUT / "web").as_posix()
        for pattern in ("*.html", "*.css", "*.svg", "page/*.js", "scribepass/*.js")
        for path in (CHECKOUT / "web").glob(pattern)
    }
    assert page
    assert {f"scribepass/_web/{name}" for name in page} <= set(wheel)


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    """No tests, no infrastructure."""
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"scribepass"}
