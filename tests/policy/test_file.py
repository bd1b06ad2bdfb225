"""The policy file on the disk."""

from pathlib import Path

import pytest

from scribepass.callers import ANONYMOUS
from scribepass.errors import SettingsError
from scribepass.policy import read_policy
from scribepass.transcribe import Operation


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text("[default]\nmax_expires_in = 20\n")
    return path


def test_it_is_read(path: Path) -> None:
    """As text in UTF-8."""
    assert read_policy(path).rules_of(ANONYMOUS).max_expires_in == 20
    path.write_text("# für alle\n[default]\n", encoding="utf-8")
    assert read_policy(path).rules_of(ANONYMOUS).max_expires_in == 300


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff[default]", "is not text in UTF-8"),
        (b"[default", "is not TOML: "),
        (b"", "default is missing"),
        (b"[default]\nregion = 1", "default.region is nothing that a policy has"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault(path: Path, content: bytes | None, message: str) -> None:
    """At the start the service does not start; the variable is named."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=message) as refused:
        read_policy(path)
    assert {each.field for each in refused.value.problems} == {"SCRIBEPASS_POLICY_FILE"}


def test_a_file_that_anybody_may_write_is_refused(path: Path) -> None:
    """Its locks would be anybody's to take off."""
    path.chmod(0o646)
    with pytest.raises(SettingsError, match="writable by everybody"):
        read_policy(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Said as the system says it."""
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_policy(tmp_path)


def test_what_the_deployment_vends_is_passed_on(path: Path) -> None:
    """A lock that medical streams lack is sound where none are vended; regions and issuers must be known."""
    path.write_text('[default.locked]\ncontent-redaction-type = "PII"\n[issuers]\nstaff = "default"\n')
    with pytest.raises(SettingsError, match="medical"):
        read_policy(path)
    options = {"operations": [Operation.STANDARD], "sources": ["keys", "staff"]}
    read_policy(path, **options)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"issuers\.staff"):
        read_policy(path, operations=[Operation.STANDARD], sources=["keys"])
    path.write_text('[default]\nregions = ["eu-west-1"]\n')
    read_policy(path, regions=["us-east-1", "eu-west-1"])
    with pytest.raises(SettingsError, match=r"default\.regions has nothing"):
        read_policy(path, regions=["us-east-1"])
