"""`scribepass keys new`: the key once, its hash in the file."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from scribepass.callers.key_file import load_keys
from scribepass.cli import main
from scribepass.cli.exits import Exit


def test_a_new_key_is_printed_once_and_works(tmp_path: Path) -> None:
    """Only the key is on stdout, so that it pipes; its secret is not in the file; the service knows it."""
    path = tmp_path / "keys.json"
    made = CliRunner().invoke(main, ["keys", "new", "--file", str(path), "--caller", "page", "--env", "test"])
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert key.startswith("sp_test_")
    assert key.rpartition("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    caller = load_keys(path).authenticate({"x-api-key": key})
    assert caller is not None
    assert caller.id == "page"
    assert "only time" in made.stderr
    assert key not in made.stderr


def test_keys_are_added(tmp_path: Path) -> None:
    """A second key leaves the first where it is: that is how one is replaced without a gap."""
    path = tmp_path / "keys.json"
    made = [
        CliRunner().invoke(main, ["keys", "new", "--file", str(path), "--caller", "page"]).stdout.strip()
        for _ in range(2)
    ]
    assert len(json.loads(path.read_text())["keys"]) == 2
    assert all(load_keys(path).authenticate({"x-api-key": key}) for key in made)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        pytest.param(["--caller", "a b"], Exit.USAGE, "--caller or --env: caller must match", id="caller"),
        pytest.param(["--caller", "a", "--env", "Live"], Exit.USAGE, "env must match", id="env"),
        pytest.param([], Exit.USAGE, "Missing option '--caller'", id="no caller"),
    ],
)
def test_names_that_cannot_be(tmp_path: Path, arguments: list[str], code: int, text: str) -> None:
    """A malformed name is refused and nothing is written."""
    path = tmp_path / "keys.json"
    ended = CliRunner().invoke(main, ["keys", "new", "--file", str(path), *arguments])
    assert ended.exit_code == code
    assert text in ended.stderr
    assert not path.exists()


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that is not there, and a file that is something else, are told apart; neither is touched."""
    missing = tmp_path / "none" / "keys.json"
    ended = CliRunner().invoke(main, ["keys", "new", "--file", str(missing), "--caller", "a"])
    assert (ended.exit_code, ended.stdout) == (Exit.FAILED, "")
    assert "cannot be written: No such file or directory" in ended.stderr
    other = tmp_path / "other.json"
    other.write_text("[1, 2]")
    ended = CliRunner().invoke(main, ["keys", "new", "--file", str(other), "--caller", "a"])
    assert (ended.exit_code, ended.stdout) == (Exit.USAGE, "")
    assert "is not a file that `scribepass keys new` writes" in ended.stderr
    assert other.read_text() == "[1, 2]"
