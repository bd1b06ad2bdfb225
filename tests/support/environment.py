"""An environment in which nothing of this machine configures AWS or scribepass."""

import os
from pathlib import Path

import pytest


def no_aws(monkeypatch: pytest.MonkeyPatch, *, home: Path) -> None:
    """Take away this machine's AWS settings, files and metadata."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SCRIBEPASS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
