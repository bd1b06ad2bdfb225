"""service/README.md: its tables are the code's, its examples work, and its promises are held by tests."""

import ast
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from scribepass.callers.issuers import read_issuers
from scribepass.cli import main
from scribepass.policy import parse
from scribepass.quotas import Ceiling, Quota
from scribepass.settings import Settings
from support.tables import errors_table, metrics_table

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "service" / "README.md").read_text()
PROMISES = re.findall(r"^\| (.+?) \| `(tests/[^`]+)` \| (.+?) \|$", README, re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("table", [errors_table, metrics_table], ids=lambda each: each.__name__)
def test_a_table_says_what_the_code_says(table) -> None:
    """Every error and every metric, in the code's own words."""
    assert table() in README


def test_no_placeholder_is_left() -> None:
    """Everything that was to be filled in was."""
    assert not re.findall(r"@[A-Z]+@", README)


def test_the_issuers_of_the_example_are_accepted(tmp_path: Path) -> None:
    """The file as it stands is one that the service reads."""
    path = tmp_path / "issuers.toml"
    path.write_text(blocks("toml")[0])
    assert [each.name for each in read_issuers(path, local=False)] == ["corp", "patients"]


def test_the_policy_of_the_example_is_accepted() -> None:
    """The file as it stands is one that the service reads, beside the example of issuers."""
    parse(blocks("toml")[1], sources={"keys", "anonymous", "corp", "patients"})


def test_the_commands_for_keys_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, with the id that the first one gave."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    id_ = ""
    for line in blocks("sh")[0].splitlines():
        words = [id_ if word == "ID" else word for word in shlex.split(line)]
        assert words[0] == "scribepass"
        done = runner.invoke(main, words[1:])
        assert done.exit_code == 0, done.output
        if "new" in words:
            id_ = re.search(r"sp_live_([A-Za-z0-9]{8})_", done.output)[1]


def test_the_defaults_of_the_limits_are_the_settings() -> None:
    """The numbers of the table stand in the settings and in the quotas alike."""
    fields = {name: field.default for name, field in Settings.model_fields.items()}
    caller = (fields["rate_per_minute"], fields["rate_burst"], fields["rate_per_hour"])
    assert f"| {', '.join(map(str, caller))} | 429 `rate_limited` |" in README
    assert f"| {fields['max_sessions']} | 429 `too_many_sessions` |" in README
    together = (fields["global_rate_per_second"], fields["global_burst"])
    assert f"| {', '.join(map(str, together))} | 503 `at_capacity` |" in README
    assert f"| {fields['failures_per_minute']} | 429 `too_many_failures` |" in README
    quota, ceiling = Quota(), Ceiling()
    assert (quota.per_minute, quota.burst, quota.per_hour) == caller
    assert (quota.sessions, ceiling.sessions) == (fields["max_sessions"], fields["stream_quota"] * 4 // 5)
    assert (ceiling.per_second, ceiling.burst) == together


def test_there_are_promises() -> None:
    """The table below is not empty."""
    assert len(PROMISES) >= 20


@pytest.mark.parametrize(("promise", "test", "measured"), PROMISES, ids=[each[1] for each in PROMISES])
def test_a_promise_names_a_test_that_exists(promise: str, test: str, measured: str) -> None:
    """Its file, its function, and a value that was measured."""
    file, _, function = test.partition("::")
    tree = ast.parse((CHECKOUT / file).read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert function in names
    assert promise
    assert measured
