"""The Swift client, as far as it can be tested without Swift: it is Swift by its syntax."""

import importlib
import os
import re
from pathlib import Path
from typing import Any

import pytest

MOBILE = Path(__file__).resolve().parents[2] / "web" / "mobile"
FILES = sorted((MOBILE / "swift").glob("*.swift"))
WANTED = "tree-sitter and tree-sitter-swift are not installed (make test)"


def parser() -> Any:
    """A parser of Swift. Where there is none the test is skipped; under CI it fails."""
    try:
        sitter, swift = (importlib.import_module(name) for name in ("tree_sitter", "tree_sitter_swift"))
    except ImportError:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(WANTED)
    return sitter.Parser(sitter.Language(swift.language()))


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_a_file_is_swift(path: Path) -> None:
    """Nothing in it is an error, or missing, to the grammar that editors use."""
    root = parser().parse(path.read_bytes()).root_node
    assert not root.has_error
    assert root.child_count > 1


def test_the_example_of_the_readme_is_swift() -> None:
    """It stands where a function's body would."""
    (block,) = re.findall(
        r"^```swift\n(.*?)^```$", (MOBILE / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert not parser().parse(f"func example() async {{\n{block}}}".encode()).root_node.has_error


def test_the_parser_finds_faults() -> None:
    """Otherwise the test above would say nothing."""
    assert parser().parse(b"func broken( { return }").root_node.has_error


def test_there_are_files() -> None:
    """The list above is not empty."""
    assert len(FILES) == 5
