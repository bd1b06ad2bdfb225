"""The READMEs of the folders, and the policies of infra/, against what stands there."""

import json
import re
from pathlib import Path

import pytest

from scribepass.app.headers import page_policy
from scribepass.transcribe import Operation, host_of

CHECKOUT = Path(__file__).resolve().parents[1]
WEB = CHECKOUT / "web"
WEB_README = (WEB / "README.md").read_text()
POLICIES = sorted((CHECKOUT / "infra" / "iam").glob("*.json"))


def test_every_file_of_the_page_is_in_its_table() -> None:
    """Which file is which: all of them, and no other."""
    (table,) = re.findall(r"## Which file is which\n(.*?)\n## ", WEB_README, re.DOTALL)
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    named = set()
    for row in rows:
        first, *others = re.findall(r"`([^`]+)`", row)
        folder = first.rpartition("/")[0]
        named |= {first, *(f"{folder}/{other}" if folder else other for other in others)}
    there = {
        path.relative_to(WEB).as_posix()
        for pattern in ("*.html", "*.css", "*.svg", "config.json", "page/**/*", "scribepass/*")
        for path in WEB.glob(pattern)
        if path.is_file()
    }
    assert named == there


def test_the_policy_of_the_page_is_the_one_that_the_service_sends() -> None:
    """Whoever serves the page from elsewhere can copy the README's policy."""
    (shown,) = re.findall(r"```\n(default-src.*?)```", WEB_README, re.DOTALL)
    sent = page_policy([f"wss://{host_of('us-east-1')}"])
    assert {each.strip() for each in shown.split(";")} == {each.strip() for each in sent.split(";")}


def test_the_example_of_the_library_imports_what_it_exports() -> None:
    """The names in the README's program are those of index.js."""
    (names,) = re.findall(r'import \{ (.+?) \} from "\./scribepass/index\.js"', WEB_README)
    exported = (WEB / "scribepass" / "index.js").read_text()
    for name in names.split(", "):
        assert re.search(rf"\b{name}\b", exported)


@pytest.mark.parametrize("path", POLICIES, ids=[path.name for path in POLICIES])
def test_a_policy_is_named_and_tight(path: Path) -> None:
    """Each is in the table, allows one action, and names no wildcard action."""
    assert path.name in (CHECKOUT / "infra" / "README.md").read_text()
    (statement,) = json.loads(path.read_text())["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] in {Operation.STANDARD.action, "sts:AssumeRole"}


def test_there_are_policies() -> None:
    """The list above is not empty."""
    assert len(POLICIES) == 3
