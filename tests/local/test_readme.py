"""The README of the local AWS: its tables are the code's, its commands and examples work."""

import dataclasses
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scribepass.cli.local import Options, command
from scribepass.cli.local_environment import PREFIX, check
from scribepass.local.faults import FaultKind
from scribepass.local.limits import Limits
from scribepass.local.recognisers import named
from scribepass.local.recognisers.finding import BUNDLED
from scribepass.local.recognisers.scripted import told
from scribepass.local.resources import Resources
from scribepass.local.shaping.asked import AGES, DEFAULT_LEVEL
from scribepass.local.sts.faults import NAMED
from scribepass.local.sts.faults import FaultKind as StsFaultKind
from scribepass.local.sts.roles_file import load
from scribepass.local.sts.service import _NOT_ACTED_ON
from scribepass.testing.running import Running
from scribepass.testing.view import LocalAws
from support.local_readme import (
    LOCAL,
    blocks,
    greeted,
    greeting_head,
    options_table,
    readme,
    routes_table,
    rows,
    section,
)
from support.readme import CHECKOUT
from support.stack import environment
from support.tools import needs

pytest_plugins = "pytester"

ASSUMED = "As AWS does, and what is assumed"


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("table", [options_table, routes_table], ids=lambda each: each.__name__)
def test_a_table_says_what_the_code_says(table) -> None:
    """Every option with its variable, and every request of the control API."""
    assert table() in readme()


def test_no_placeholder_is_left() -> None:
    """Everything that was to be filled in was."""
    assert not re.findall(r"@[A-Z]+@", readme())


def test_links_lead_somewhere() -> None:
    """In the checkout, and, since they stay in this folder, where it is installed."""
    targets = re.findall(r"\]\(([^)#:]+)\)", readme())
    assert targets
    for target in targets:
        assert (LOCAL / target).is_file(), target
        assert ".." not in target


def test_it_starts_as_shown() -> None:
    """The first lines of what is printed."""
    assert blocks("text") == [f"{greeting_head()}\n"]


def test_the_hints_are_those_that_are_printed() -> None:
    """What to change for each client, and how to trust the authority, as the command says it."""
    printed = re.sub(r"/home/me/\S+/ca\.pem", "ca.pem", greeted())
    pointed, trusted = section("Point your SDK at it").split("| who | how |")
    for line in re.findall(r"^\| (?!---|client)(.+) \|$", pointed, re.MULTILINE):
        for words in code(line.split(" | ")[1]):
            assert words in printed or words == ":8443", words
    hints = code("".join(re.findall(r"^\|(.+)\|$", trusted, re.MULTILINE)))
    assert len(hints) == 5
    for words in hints:
        assert words in printed


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if line.startswith("scribepass")]
)
def test_a_command_is_one(line: str) -> None:
    """Each option exists, and its value is taken."""
    _, name, *arguments = shlex.split(line)
    assert name == command.name
    options(arguments)


def options(arguments: list[str]) -> Options:
    with command.make_context("local", arguments) as context:
        chosen = Options(log_level=None, **context.params)
    assert chosen.engine()
    chosen.plans()
    return chosen


def test_the_variables_of_the_container_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell would pass them on."""
    (block,) = [block for block in blocks("sh") if block.startswith("docker")]
    words = shlex.split(block.replace("\\\n", " "))
    variables = dict(words[at + 1].split("=", 1) for at, word in enumerate(words) if word == "-e")
    check(variables, [each.name for each in command.params if each.name])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    chosen = options([])
    assert len(variables) == 6
    assert (chosen.host, chosen.i_know, chosen.allow_host) == ("0.0.0.0", True, {"aws-test"})  # noqa: S104
    assert chosen.state == Path("/state")
    assert chosen.engine().name == "scripted"
    assert [fault.kind for plan in chosen.plans() for fault in plan.faults] == [FaultKind.DROP]


def test_variables_are_named_by_their_prefix() -> None:
    """No name of the README that begins so is of no option."""
    known = {
        f"{PREFIX}_{(each.name or '').upper()}" for each in command.params if isinstance(each, click.Option)
    }
    assert set(re.findall(rf"{PREFIX}_[A-Z_]+[A-Z]", readme())) == known


def test_every_engine_is_described() -> None:
    """Those that are bundled, and no other."""
    shown = {row[0].strip("`").partition(":")[0] for row in rows("Engines")}
    assert shown == set(BUNDLED)
    assert named("pocketsphinx:fast").languages == ("en",)


def test_the_files_of_the_examples_are_accepted(tmp_path: Path) -> None:
    """A script, filters, categories and roles, as they stand."""
    script, filters, categories, roles = blocks("toml")
    assert told(tomllib.loads(script)).languages == ()
    paths = [tmp_path / name for name in ("filters.toml", "categories.toml", "roles.toml")]
    for path, text in zip(paths, (filters, categories, roles), strict=True):
        path.write_text(text)
    account = Resources.read(vocabulary_filters=paths[0], categories=paths[1])
    assert list(account.vocabulary_filters) == ["rude-en"]
    assert [rule.name for rule in account.categories] == ["network-complaint"]
    assert load(paths[2])


def test_every_fault_is_described() -> None:
    """Of streams by the table, of STS by kind and by code."""
    assert [row[0].strip("`") for row in rows("Faults")] == [kind.value for kind in FaultKind]
    kinds, codes = re.search(
        r"STS fails with (.+?) as its `kind`\.\s+The errors (.+?) have", section("Faults"), re.DOTALL
    ).groups()
    assert code(kinds) == [kind.value for kind in StsFaultKind]
    assert code(codes) == list(NAMED)


def test_every_limit_is_described() -> None:
    """In their order, with their defaults."""
    shown = {row[0].strip("`"): row[1] for row in rows("Limits")}
    limits = dataclasses.asdict(Limits()) | {"recognition_processes": "3 for each core"}
    assert list(shown.items()) == [
        (name, value if isinstance(value, str) else str(int(value) if value == int(value) else value))
        for name, value in limits.items()
    ]
    assert Limits().recognition_processes == 3 * (os.cpu_count() or 1)


def test_the_levels_of_stabilisation() -> None:
    """The figures that AWS does not document."""
    text = " ".join(section(ASSUMED).split())
    *ages, oldest = map(str, AGES.values())
    levels = ", ".join(f"`{name}`" for name in AGES)
    assert f"is `{DEFAULT_LEVEL}` unless" in text
    assert f"{', '.join(ages)} or {oldest} s for {levels}" in text


def test_what_sts_does_not_act_on() -> None:
    """The members that are answered 501."""
    (listed,) = re.findall(r"would have to ignore: (.+?), and names", section(ASSUMED), re.DOTALL)
    assert code(listed) == list(_NOT_ACTED_ON)


def test_the_extras_are_there() -> None:
    """What is installed with pip."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    for extras in re.findall(r"pip install 'scribepass\[(.+?)\]'", readme()):
        assert set(extras.split(",")) <= project["optional-dependencies"].keys()


def test_every_module_is_in_the_table() -> None:
    """Which file is which: all modules and packages, and no other."""
    named_ = code("".join(row[0] for row in rows("Which file is which")))
    modules = {path.name for path in LOCAL.glob("*.py")} - {"__init__.py"}
    packages = {f"{path.parent.name}/" for path in LOCAL.glob("*/__init__.py")}
    assert len(named_) == len(set(named_))
    assert set(named_) == modules | packages


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


def test_the_requests_of_the_control_api_are_answered(running: Running) -> None:
    """By curl, as they stand, but for the port."""
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl")]
    assert len(commands) == 9
    for line in commands:
        here = line.replace("http://127.0.0.1:8445", str(running.local.control_url))
        _, *arguments = shlex.split(here)
        asked = [needs("curl"), "--silent", "--fail-with-body", "--noproxy", "*", *arguments]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, env=environment())
        assert done.returncode == 0, (line, done.stdout)
        assert json.loads(done.stdout)


def test_the_fixture_has_what_is_listed(running: Running) -> None:
    """Each name of it, and no other."""
    (listed,) = re.findall(r"^It has (.+?)\. The fixture", section("In pytest"), re.DOTALL | re.MULTILINE)
    there = {name for name in dir(LocalAws(running)) if not name.startswith("_")}
    assert set(code(listed)) == there


def test_the_tests_of_the_example_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, in a process that has the plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (example,) = blocks("python")
    pytester.makepyfile(example)
    done = pytester.runpytest_subprocess("-p", "scribepass.testing", timeout=100)
    done.assert_outcomes(passed=3)
