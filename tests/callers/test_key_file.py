"""The key file: whole, private, and never half understood."""

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from scribepass.callers import Caller
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key, load_keys, read_keys, write_keys
from scribepass.errors import SettingsError, Unauthenticated
from support.clock import START
from support.logs import captured

KEY, RECORD = new_key("live", caller="web-app", now=START)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_what_is_written_is_read(path: Path) -> None:
    """Every record comes back equal, and the authenticator knows the key."""
    add_key(path, record=RECORD)
    _, second = new_key("live", caller="phone", now=START)
    add_key(path, record=second)
    assert read_keys(path) == (RECORD, second)
    assert load_keys(path).authenticate({"x-api-key": KEY}) == Caller(id="web-app")


def test_the_file_is_private_and_holds_no_key(path: Path) -> None:
    """Readable by its owner only, hashes only, and nothing else is left in the folder."""
    add_key(path, record=RECORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY[17:] not in path.read_text()
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


def as_file(**changed: object) -> str:
    """A file of one key, with members changed."""
    member = {
        "id": RECORD.id,
        "env": "live",
        "caller": "web-app",
        "sha256": RECORD.sha256,
        "created_at": START.isoformat(),
    }
    return json.dumps({"version": 1, "keys": [{**member, **changed}]})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param('{"version": 1}', id="no keys"),
        pytest.param('{"version": 2, "keys": []}', id="a later version"),
        pytest.param('{"version": 1, "keys": {}, "more": 1}', id="a member that is not known"),
        pytest.param('{"version": 1, "keys": [1]}', id="no record"),
        pytest.param('{"version": 1, "keys": 1}', id="no list"),
        pytest.param(as_file(expires_at="2026-01-01"), id="a rule that is not known"),
        pytest.param(as_file(sha256=KEY), id="a key instead of its hash"),
        pytest.param(as_file(sha256="0" * 63), id="a short hash"),
        pytest.param(as_file(sha256=1), id="a number for a hash"),
        pytest.param(as_file(caller=""), id="no caller"),
        pytest.param(as_file(created_at="2026-11-22"), id="a naive time"),
        pytest.param(as_file(created_at=None), id="no time"),
        pytest.param(json.dumps({"version": 1, "keys": json.loads(as_file())["keys"] * 2}), id="an id twice"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param(as_file().replace("web", "\ud800", 1).encode("utf-8", "surrogatepass"), id="not UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(path: Path, text: str | bytes) -> None:
    """Fail closed: no key at all is taken from a file with anything unexpected in it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as raised:
        load_keys(path)
    assert KEY not in str(raised.value)


def test_a_file_without_keys_is_refused(path: Path) -> None:
    """Nobody could call."""
    write_keys(path, records=[])
    assert read_keys(path) == ()
    with pytest.raises(SettingsError, match="holds no key"):
        load_keys(path)


def test_a_missing_file_is_refused(path: Path) -> None:
    """And is not made by reading."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load_keys(path)
    assert not path.exists()


def test_a_file_that_everybody_may_write_is_refused(path: Path) -> None:
    """Else any process of the machine could let itself in."""
    add_key(path, record=RECORD)
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="writable by everybody"):
        load_keys(path)


def broken(path: Path) -> None:
    path.write_text("{")


def unsafe(path: Path) -> None:
    path.chmod(0o666)


@pytest.mark.parametrize("spoil", [broken, Path.unlink, unsafe], ids=["broken", "missing", "writable"])
def test_keys_that_were_read_outlive_their_file(path: Path, spoil: Callable[[Path], None]) -> None:
    """They go on being good, no key of the spoilt file is; and it is said once for each fault."""
    add_key(path, record=RECORD)
    load_keys(path)
    spoil(path)
    with captured() as log:
        for _ in range(3):
            assert load_keys(path).authenticate({"x-api-key": KEY}) == Caller(id="web-app")
    (line,) = log.named("api_keys_unreadable")
    assert line["level"] == "error"
    path.unlink(missing_ok=True)
    second_key, second = new_key("live", caller="phone", now=START)
    write_keys(path, records=[second])
    mended = load_keys(path)
    assert mended.authenticate({"x-api-key": second_key}) == Caller(id="phone")
    with pytest.raises(Unauthenticated):
        mended.authenticate({"x-api-key": KEY})
    spoil(path)
    with captured() as log:
        assert load_keys(path).authenticate({"x-api-key": second_key}) == Caller(id="phone")
    assert log.named("api_keys_unreadable")


def test_the_last_key_can_be_taken_away(path: Path) -> None:
    """A file that is whole and holds no key means that: from then on nobody is let in."""
    add_key(path, record=RECORD)
    load_keys(path)
    write_keys(path, records=[])
    with captured() as log:
        nobody = load_keys(path)
    with pytest.raises(Unauthenticated):
        nobody.authenticate({"x-api-key": KEY})
    assert log.named("api_keys_none")
