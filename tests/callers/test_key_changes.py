"""Changes of the key file: each whole, private, and none lost."""

import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_changes import add_key, revoke_key, write_keys
from scribepass.callers.key_records import read_keys
from support.clock import START

KEY, RECORD = new_key("live", caller="web-app", now=START, expires_at=START + timedelta(days=365))
OTHER, OTHER_RECORD = new_key("live", caller="phone", now=START)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_what_is_written_is_read(path: Path) -> None:
    """Every record comes back equal, and the authenticator knows the key."""
    assert add_key(path, record=RECORD) == (RECORD,)
    assert add_key(path, record=OTHER_RECORD) == (RECORD, OTHER_RECORD)
    assert read_keys(path) == (RECORD, OTHER_RECORD)
    assert json.loads(path.read_text())["version"] == 2


def test_the_file_is_private_and_holds_no_key(path: Path) -> None:
    """Readable by its owner only, hashes only, and nothing else is left in the folder."""
    add_key(path, record=RECORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY[17:-6] not in path.read_text()
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(path: Path) -> None:
    """The replacement is one step: before it, the file is as it was."""
    add_key(path, record=RECORD)
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        write_keys(path, records=[RECORD, None])  # type: ignore[list-item]
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """No half-written file with hashes stays in the folder."""
    (tmp_path / "keys.json").mkdir()
    with pytest.raises(OSError, match=r"keys\.json"):
        write_keys(tmp_path / "keys.json", records=[RECORD])
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_two_that_add_at_once_lose_no_key(path: Path) -> None:
    """The second waits for the first, and adds to what it wrote."""
    records = [new_key("live", caller=f"caller-{number}", now=START)[1] for number in range(12)]
    threads = [threading.Thread(target=add_key, args=(path,), kwargs={"record": each}) for each in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.id for each in read_keys(path)} == {each.id for each in records}


def test_the_one_who_revokes_loses_no_key_of_others(path: Path) -> None:
    """Ten are added and ten revoked at the same time: each change is made, none is undone."""
    old = [new_key("live", caller=f"old-{number}", now=START)[1] for number in range(10)]
    new = [new_key("live", caller=f"new-{number}", now=START)[1] for number in range(10)]
    write_keys(path, records=old)
    threads = [threading.Thread(target=add_key, args=(path,), kwargs={"record": each}) for each in new]
    threads += [threading.Thread(target=revoke_key, args=(path,), kwargs={"key_id": each.id}) for each in old]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.id for each in read_keys(path)} == {each.id for each in new}


def test_a_key_is_revoked_by_its_id(path: Path) -> None:
    """Its record comes back; an id that is not there changes nothing, not even the file's time."""
    write_keys(path, records=[RECORD, OTHER_RECORD])
    before = path.stat()
    assert revoke_key(path, key_id="AAAAAAAA") is None
    assert path.stat() == before
    assert revoke_key(path, key_id=RECORD.id) == RECORD
    assert read_keys(path) == (OTHER_RECORD,)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o400])
def test_who_could_read_the_file_still_can(path: Path, mode: int) -> None:
    """The service may be another user than the operator: owner, group and permissions stay."""
    add_key(path, record=RECORD)
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()
    add_key(path, record=OTHER_RECORD)
    revoke_key(path, key_id=RECORD.id)
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


def test_a_link_goes_on_leading_to_the_file(tmp_path: Path) -> None:
    """What is replaced is the file behind it."""
    (tmp_path / "etc").mkdir()
    real, link = tmp_path / "keys.json", tmp_path / "etc" / "keys.json"
    link.symlink_to(real)
    add_key(link, record=RECORD)
    add_key(link, record=OTHER_RECORD)
    assert link.is_symlink()
    assert read_keys(real) == read_keys(link) == (RECORD, OTHER_RECORD)


def test_a_file_that_cannot_keep_its_readers_has_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The permissions of another's group are not given to ours."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    add_key(path, record=RECORD)
    path.chmod(0o664)
    monkeypatch.setattr(os, "fchown", refuse)
    add_key(path, record=OTHER_RECORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys(path) == (RECORD, OTHER_RECORD)


def test_a_member_of_the_group_keeps_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not give the file to its owner leaves at least the group where it is."""
    given, fchown = [], os.fchown

    def as_another_user(handle: int, owner: int, group: int) -> None:
        given.append((owner, group))
        if owner != -1:
            raise PermissionError(1, "Operation not permitted")
        fchown(handle, owner, group)

    add_key(path, record=RECORD)
    path.chmod(0o640)
    before = path.stat()
    monkeypatch.setattr(os, "fchown", as_another_user)
    add_key(path, record=OTHER_RECORD)
    assert given == [(before.st_uid, before.st_gid), (-1, before.st_gid)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
