"""`scribepass keys`: the key once, its hash in the file, and an end to it."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result

from scribepass.callers.api_keys import KeyRecord, new_key
from scribepass.callers.key_file import load_keys, read_keys, write_keys
from scribepass.cli import main
from scribepass.cli.exits import Exit


def keys(command: str, path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["keys", command, "--file", str(path), *arguments])


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


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
        pytest.param(["--caller", "anonymous"], Exit.USAGE, "caller must not be anonymous", id="nobody"),
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


def only(path: Path) -> KeyRecord:
    (record,) = read_keys(path)
    return record


@pytest.mark.parametrize(
    ("arguments", "days"),
    [
        pytest.param([], 365, id="unless it is said"),
        pytest.param(["--expires-in", "1"], 1, id="a day"),
        pytest.param(["--expires-in", "365"], 365, id="a year"),
    ],
)
def test_a_key_ends(path: Path, arguments: list[str], days: int) -> None:
    """After a year at the latest, and the caller is told when."""
    before = now()
    made = keys("new", path, "--caller", "page", *arguments)
    assert made.exit_code == 0
    record = only(path)
    assert record.expires_at == record.created_at + timedelta(days=days)
    assert before <= record.created_at <= now()
    assert f"good until {record.expires_at:%Y-%m-%d %H:%M}Z" in made.stderr


TOMORROW = now() + timedelta(days=1)
ELSEWHERE = TOMORROW.astimezone(timezone(timedelta(hours=-8)))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param(f"{TOMORROW:%Y-%m-%dT%H:%M:%SZ}", TOMORROW, id="a time"),
        pytest.param(f"{ELSEWHERE:%Y-%m-%dT%H:%M:%S%z}", TOMORROW, id="a time of another zone"),
        pytest.param(f"{TOMORROW:%Y-%m-%dT%H:%MZ}", TOMORROW.replace(second=0), id="without seconds"),
        pytest.param(
            f"{TOMORROW + timedelta(days=1):%Y-%m-%d}",
            (TOMORROW + timedelta(days=1)).replace(hour=0, minute=0, second=0),
            id="a date",
        ),
    ],
)
def test_the_end_may_be_named(path: Path, said: str, meant: datetime) -> None:
    """In ISO 8601; a date begins at midnight UTC."""
    assert keys("new", path, "--caller", "page", "--expires-at", said).exit_code == 0
    assert only(path).expires_at == meant


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(["--expires-in", "0"], "0 is not in the range", id="no day"),
        pytest.param(["--expires-in", "366"], "366 is not in the range", id="more than a year"),
        pytest.param(["--expires-in", "1.5"], "is not a valid integer", id="a fraction"),
        pytest.param(["--expires-at", f"{now():%Y-%m-%d}"], "must be in the future", id="today"),
        pytest.param(["--expires-at", "2099-01-01"], "by 365 days at most", id="too far"),
        pytest.param(["--expires-at", "0001-01-01T00:00+10:00"], "must be in the future", id="long ago"),
        pytest.param(["--expires-at", "tomorrow"], "does not match the format", id="no date"),
        pytest.param(["--expires-at", "2026-11-22T10:00"], "does not match the format", id="no zone"),
        pytest.param(["--expires-in", "1", "--expires-at", "2099-01-01"], "exclude each other", id="both"),
    ],
)
def test_ends_that_cannot_be(path: Path, arguments: list[str], text: str) -> None:
    """Refused, and nothing is written."""
    ended = keys("new", path, "--caller", "page", *arguments)
    assert ended.exit_code == Exit.USAGE
    assert text in " ".join(ended.stderr.split())
    assert not path.exists()


def test_more_than_two_live_keys_are_warned_of(path: Path) -> None:
    """The one in use and the one that replaces it: expired keys and other callers' do not count."""
    past = new_key("live", caller="page", now=now(), expires_at=now() - timedelta(days=1))[1]
    others = [new_key("live", caller="phone", now=now())[1] for _ in range(3)]
    write_keys(path, records=[past, *others])
    for count in (1, 2, 3, 4):
        made = keys("new", path, "--caller", "page")
        assert made.exit_code == 0
        assert made.stdout.startswith("sp_live_")
        assert (f"page now has {count} keys that are good" in made.stderr) is (count > 2)


def test_keys_are_listed(path: Path) -> None:
    """Ordered by caller and age, each with its state; nothing of a hash is shown."""
    old = new_key("test", caller="page", now=now() - timedelta(days=9), expires_at=now() - timedelta(days=1))[
        1
    ]
    endless = new_key("live", caller="page", now=now())[1]
    phone = new_key("live", caller="phone", now=now(), expires_at=now() + timedelta(hours=1))[1]
    write_keys(path, records=[phone, endless, old])
    shown = keys("list", path)
    assert (shown.exit_code, shown.stderr) == (0, "")
    rows = [[cell for cell in line.split("  ") if cell] for line in shown.stdout.splitlines()]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["id", "env", "caller", "created", "expires", "state"],
        [
            old.id,
            "test",
            "page",
            f"{old.created_at:%Y-%m-%d %H:%MZ}",
            f"{old.expires_at:%Y-%m-%d %H:%MZ}",
            "expired",
        ],
        [endless.id, "live", "page", f"{endless.created_at:%Y-%m-%d %H:%MZ}", "never", "live"],
        [
            phone.id,
            "live",
            "phone",
            f"{phone.created_at:%Y-%m-%d %H:%MZ}",
            f"{phone.expires_at:%Y-%m-%d %H:%MZ}",
            "live",
        ],
    ]
    as_json = keys("list", path, "--json")
    assert json.loads(as_json.stdout) == [
        {
            "id": each.id,
            "env": each.env,
            "caller": each.caller,
            "created_at": each.created_at.isoformat(),
            "expires_at": each.expires_at and each.expires_at.isoformat(),
            "state": state,
        }
        for each, state in ((old, "expired"), (endless, "live"), (phone, "live"))
    ]
    assert not any(each.sha256 in shown.stdout + as_json.stdout for each in (old, endless, phone))


def test_a_file_without_keys_lists_none(path: Path) -> None:
    """A head and nothing below it; an empty array."""
    write_keys(path, records=[])
    assert len(keys("list", path).stdout.splitlines()) == 1
    assert json.loads(keys("list", path, "--json").stdout) == []


@pytest.mark.parametrize("whole", [False, True], ids=["its id", "the whole key"])
def test_a_key_is_revoked(path: Path, whole: bool) -> None:
    """By what was found of it; the others stay; it is said when the service acts on it, but not the key."""
    key, record = new_key("live", caller="page", now=now())
    other = new_key("live", caller="page", now=now())[1]
    write_keys(path, records=[record, other])
    ended = keys("revoke", path, key if whole else record.id)
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert (
        f"key {record.id} of page is revoked; a running service refuses it within 5 seconds" in ended.stderr
    )
    assert key[17:] not in ended.stderr
    assert only(path) == other
    last = keys("revoke", path, other.id)
    assert last.exit_code == 0
    assert "no key is left" in last.stderr
    assert read_keys(path) == ()


@pytest.mark.parametrize("end", [None, -1], ids=["unknown", "cut"])
def test_an_id_that_is_not_there(path: Path, end: int | None) -> None:
    """Exit code 2, nothing is written, and what was given is not repeated: it may be most of a key."""
    write_keys(path, records=[new_key("live", caller="page", now=now())[1]])
    before = path.stat()
    stranger = new_key("live", caller="page", now=now())[0][:end]
    ended = keys("revoke", path, stranger)
    assert (ended.exit_code, ended.stdout) == (Exit.USAGE, "")
    assert f"no key in {path} has this id" in " ".join(ended.stderr.split())
    assert stranger[17:] not in ended.stderr
    assert path.stat() == before


@pytest.mark.parametrize("command", [("list",), ("revoke", "AAAAAAAA")], ids=lambda command: command[0])
def test_there_must_be_a_file(path: Path, command: tuple[str, ...]) -> None:
    """Neither listing nor revoking makes one."""
    ended = keys(command[0], path, *command[1:])
    assert (ended.exit_code, ended.stdout) == (Exit.USAGE, "")
    assert "cannot be read: No such file or directory" in ended.stderr
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_it_is_said_when_the_service_may_no_longer_read_the_file() -> None:
    """An operator who may replace the file, but not give it to whom it belonged, learns of it."""
    with TemporaryDirectory() as folder:  # where others than root can get to
        path = Path(folder) / "keys.json"
        write_keys(path, records=[new_key("live", caller="page", now=now())[1]])
        os.chown(path, 12345, 23456)
        path.chmod(0o644)
        path.parent.chmod(0o777)
        child = os.fork()
        if not child:
            os.setgroups([])
            os.setgid(34567)
            os.setuid(34567)
            os._exit(_warned(keys("new", path, "--caller", "page")))
        assert os.waitpid(child, 0)[1] == 0
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (34567, 0o600)


def _warned(made: Result) -> int:
    return 0 if made.exit_code == 0 and "has another owner or group than before" in made.stderr else 1
