"""What stands in the key file: read whole or not at all."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_changes import add_key, write_keys
from scribepass.callers.key_records import MAX_BYTES, read_keys
from scribepass.errors import SettingsError
from support.clock import START

KEY, RECORD = new_key("live", caller="web-app", now=START, expires_at=START + timedelta(days=365))
OTHER, OTHER_RECORD = new_key("live", caller="phone", now=START)


def open_files() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def as_file(version: object = 2, **changed: object) -> str:
    """A file of one key, with members changed."""
    member = {
        "id": RECORD.id,
        "env": "live",
        "caller": "web-app",
        "sha256": RECORD.sha256,
        "created_at": START.isoformat(),
        "expires_at": None,
    }
    return json.dumps({"version": version, "keys": [{**member, **changed}]})


WITHOUT_EXPIRY = as_file().replace(', "expires_at": null', "")


def test_a_file_of_version_1_is_read(path: Path) -> None:
    """Its keys have no end. What is written next is of version 2, and they still have none."""
    members = {
        "id": OTHER_RECORD.id,
        "env": "live",
        "caller": "phone",
        "sha256": OTHER_RECORD.sha256,
        "created_at": START.isoformat(),
    }
    path.write_text(json.dumps({"version": 1, "keys": [members]}))
    assert read_keys(path) == (OTHER_RECORD,)
    add_key(path, record=RECORD)
    assert read_keys(path) == (OTHER_RECORD, RECORD)
    written = json.loads(path.read_text())
    assert (written["version"], written["keys"][0]["expires_at"]) == (2, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\0" * 300, id="zeros"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("2", id="a number"),
        pytest.param('"keys"', id="a string"),
        pytest.param('{"version": 1}', id="no keys"),
        pytest.param('{"keys": []}', id="no version"),
        pytest.param(as_file(version=3), id="a later version"),
        pytest.param(as_file(version=0), id="an earlier version"),
        pytest.param(as_file(version=2.0), id="a fraction for the version"),
        pytest.param(as_file(version="2"), id="a string for the version"),
        pytest.param(as_file(version=[]), id="a list for the version"),
        pytest.param(WITHOUT_EXPIRY.replace("2", "true", 1), id="true for version 1"),
        pytest.param('{"version": 2, "keys": {}, "more": 1}', id="a member that is not known"),
        pytest.param('{"version": 1, "version": 2, "keys": []}', id="a member twice"),
        pytest.param(as_file().replace('"env"', '"caller": "root", "env"'), id="a caller twice"),
        pytest.param('{"version": 2, "keys": [1]}', id="no record"),
        pytest.param('{"version": 2, "keys": [[]]}', id="a list for a record"),
        pytest.param('{"version": 2, "keys": 1}', id="no list"),
        pytest.param('{"version": 2, "keys": "ab"}', id="a string for a list"),
        pytest.param('{"version": 2, "keys": {"a": 1}}', id="an object for a list"),
        pytest.param(as_file(version=1), id="an expiry in version 1"),
        pytest.param(WITHOUT_EXPIRY, id="no expiry in version 2"),
        pytest.param(as_file(not_before="2026-01-01"), id="a rule that is not known"),
        pytest.param(as_file(sha256=KEY), id="a key instead of its hash"),
        pytest.param(as_file(sha256="0" * 63), id="a short hash"),
        pytest.param(as_file(sha256=RECORD.sha256.upper()), id="a hash in capitals"),
        pytest.param(as_file(sha256=1), id="a number for a hash"),
        pytest.param(as_file(id=None), id="no id"),
        pytest.param(as_file(id="AAAAAAA\n"), id="a line break in an id"),
        pytest.param(as_file(env=["live"]), id="a list for an environment"),
        pytest.param(as_file(caller=""), id="no caller"),
        pytest.param(as_file(caller="issuer|sub"), id="a caller of another source"),
        pytest.param(as_file(caller={}), id="an object for a caller"),
        pytest.param(as_file(created_at="2026-11-22"), id="a naive time"),
        pytest.param(as_file(created_at=None), id="no time"),
        pytest.param(as_file(expires_at="2026-11-22T00:00:00"), id="a naive end"),
        pytest.param(as_file(expires_at=""), id="an empty end"),
        pytest.param(as_file(expires_at=1_800_000_000), id="a number for an end"),
        pytest.param(as_file(expires_at=False), id="false for an end"),
        pytest.param(as_file(expires_at="never"), id="a word for an end"),
        pytest.param(as_file(expires_at="9999-12-31T23:59:59-12:00"), id="an end after all time"),
        pytest.param(as_file(created_at="0001-01-01T00:00:00+12:00"), id="a time before all time"),
        pytest.param(json.dumps({"version": 2, "keys": json.loads(as_file())["keys"] * 2}), id="an id twice"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param('{"version": ' + "9" * 100_000 + "}", id="a number without end"),
        pytest.param(as_file() + " " * MAX_BYTES, id="huge"),
        pytest.param("\ufeff" + as_file(), id="a byte order mark"),
        pytest.param(as_file().encode("utf-16"), id="UTF-16"),
        pytest.param(as_file().replace("web", "\ud800", 1).encode("utf-8", "surrogatepass"), id="not UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(path: Path, text: str | bytes) -> None:
    """Fail closed: no key at all is taken from a file with anything unexpected in it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as raised:
        read_keys(path)
    assert KEY[17:] not in str(raised.value)
    assert RECORD.sha256 not in str(raised.value)


def test_a_file_that_is_cut_anywhere_is_refused(path: Path) -> None:
    """Whichever byte is the last that was written, up to the closing brace."""
    write_keys(path, records=[RECORD, OTHER_RECORD])
    whole = path.read_bytes()
    last = whole.rindex(b"}")
    for end in range(last + 1):
        path.write_bytes(whole[:end])
        with pytest.raises(SettingsError, match="is not a file that"):
            read_keys(path)
    path.write_bytes(whole[: last + 1])
    assert read_keys(path) == (RECORD, OTHER_RECORD)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 36)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(Path.mkdir, "cannot be read: Is a directory", id="a folder"),
        pytest.param(os.mkfifo, "is no regular file", id="a pipe that nobody writes to"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "is no regular file", id="a device"),
        pytest.param(sparse, "is larger than 4194304 bytes", id="64 GiB of nothing"),
        pytest.param(lambda path: path.symlink_to(path), "cannot be read", id="a link to itself"),
        pytest.param(lambda path: path.symlink_to("absent"), "cannot be read", id="a link to nothing"),
    ],
)
def test_what_is_no_file_is_refused_at_once(path: Path, make: Callable[[Path], object], message: str) -> None:
    """Nothing is waited for, and nothing stays open."""
    make(path)
    before = open_files()
    with pytest.raises(SettingsError, match=message):
        read_keys(path)
    assert open_files() == before


def test_a_missing_file_is_refused(path: Path) -> None:
    """And is not made by reading."""
    with pytest.raises(SettingsError, match="cannot be read"):
        read_keys(path)
    assert not path.exists()


def test_a_file_that_everybody_may_write_is_refused(path: Path) -> None:
    """Else any process of the machine could let itself in."""
    add_key(path, record=RECORD)
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="writable by everybody"):
        read_keys(path)
