"""The README against the code: tables, links, and the shape of what it shows."""

import re

import pytest

from bench import codec, presigning
from bench.race import Race
from scribepass.settings import Settings
from support.readme import CHECKOUT, README, blocks, commands_table, exits_table, settings_table


@pytest.mark.parametrize(
    "table", [settings_table, commands_table, exits_table], ids=lambda each: each.__name__
)
def test_a_table_says_what_the_code_says(table) -> None:
    """Every setting, command and exit code is in the README, in the code's own words."""
    assert table() in README


def test_no_placeholder_is_left() -> None:
    """Everything that was to be filled in was."""
    assert not re.findall(r"@[A-Z]+@", README)


def test_relative_links_lead_somewhere() -> None:
    """Files that the README and the folders' READMEs point to exist."""
    for document in (
        CHECKOUT / "README.md",
        *CHECKOUT.glob("*/README.md"),
        CHECKOUT / "service" / "scribepass" / "local" / "README.md",
        *CHECKOUT.glob("tests/*/*/README.md"),
    ):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_make_run_prints_what_the_readme_shows() -> None:
    """The lines of the first start stand in the bootstrap script and in `scribepass up`."""
    shown = blocks("text")[0]
    bootstrap = (CHECKOUT / ".ci" / "bootstrap").read_text()
    greeting = (CHECKOUT / "service" / "scribepass" / "cli" / "up.py").read_text()
    assert 'say "making $venv with Python $version"' in bootstrap
    assert 'say "installing the packages of $lock"' in bootstrap
    first = r"^making \.venv with Python 3\.\d+\ninstalling the packages of requirements\.lock$"
    assert re.search(first, shown, re.MULTILINE)
    for words in ("in Chrome, Edge, Firefox or Safari,", "allow the microphone and speak.", "Ctrl-C stops."):
        assert words in shown
        assert words in greeting


def test_make_test_ends_as_the_readme_shows() -> None:
    """The last lines are pytest's count and the coverage of the pure parts."""
    assert re.search(r"^=+ \d+ passed.* in [\d.]+s .*=+$", blocks("text")[1], re.MULTILINE)


def test_the_figures_are_those_of_the_benchmark() -> None:
    """Every contestant of `make bench` is in the README with its wanted ratio, and reached it there."""
    figures = blocks("text")[2]
    for race in [*presigning.races(Race), *codec.races(Race)]:
        assert race.title in figures
        section = figures.partition(race.title)[2]
        for name in race.contestants:
            ratio = float(re.search(rf"^{re.escape(name)} +[\d.]+ +([\d.]+)", section, re.MULTILINE)[1])
            assert ratio >= race.wanted.get(name, 0)


def test_the_settings_of_the_aws_example_are_accepted() -> None:
    """What `Against AWS` exports is a valid production environment."""
    exported = dict(re.findall(r"^export (\w+)=(\S+)$", blocks("sh")[0], re.MULTILINE))
    settings = Settings.from_env(exported)
    assert settings.env == "production"
    assert settings.role_arn is not None


def test_the_makefile_has_the_targets_that_the_readme_names() -> None:
    """Every `make …` of the README exists."""
    makefile = (CHECKOUT / "Makefile").read_text()
    for target in set(re.findall(r"`?\$? ?make ([a-z]+)", README)) - {"it", "sure"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
