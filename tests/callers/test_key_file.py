"""The key file while the service runs: what changes in it counts, and what breaks it does not."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from scribepass.callers import Caller, key_file
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import KeyFile, add_key, load_keys, read_keys, revoke_key, write_keys
from scribepass.callers.key_records import MAX_BYTES, Stamp, read, stamp_of
from scribepass.errors import SettingsError, Unauthenticated
from support.clock import START, Clock
from support.logs import captured

KEY, RECORD = new_key("live", caller="web-app", now=START, expires_at=START + timedelta(days=365))
OTHER, OTHER_RECORD = new_key("live", caller="phone", now=START)
WEB_APP = Caller(id="web-app", key_id=RECORD.id)
PHONE = Caller(id="phone", key_id=OTHER_RECORD.id)


def open_files() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_file_without_keys_is_refused(path: Path) -> None:
    """Nobody could call."""
    write_keys(path, records=[])
    assert read_keys(path) == ()
    for _ in range(2):
        with pytest.raises(SettingsError, match="holds no key"):
            load_keys(path)


def broken(path: Path) -> None:
    path.write_text("{")


def unsafe(path: Path) -> None:
    path.chmod(0o666)


@pytest.mark.parametrize("spoil", [broken, Path.unlink, unsafe], ids=["broken", "missing", "writable"])
def test_keys_that_were_read_outlive_their_file(path: Path, spoil: Callable[[Path], None]) -> None:
    """They go on being good, no key of the spoilt file is; and it is said once for each fault."""
    add_key(path, record=RECORD)
    load_keys(path, clock=Clock())
    spoil(path)
    with captured() as log:
        for _ in range(3):
            assert load_keys(path, clock=Clock()).authenticate({"x-api-key": KEY}) == WEB_APP
    (line,) = log.named("api_keys_unreadable")
    assert line["level"] == "error"
    path.unlink(missing_ok=True)
    write_keys(path, records=[OTHER_RECORD])
    mended = load_keys(path)
    assert mended.authenticate({"x-api-key": OTHER}) == PHONE
    with pytest.raises(Unauthenticated):
        mended.authenticate({"x-api-key": KEY})
    spoil(path)
    with captured() as log:
        assert load_keys(path).authenticate({"x-api-key": OTHER}) == PHONE
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


class Watched:
    """A `KeyFile` on a clock that moves by hand, and its file."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Clock()
        if not path.exists():
            write_keys(path, records=[RECORD, OTHER_RECORD])
        self.keys = KeyFile(path, clock=self.clock, monotonic=self.clock.monotonic)

    def knows(self, key: str) -> bool:
        try:
            return self.keys.authenticate({"x-api-key": key}) is not None
        except Unauthenticated:
            return False

    def settle(self) -> None:
        """Let it look as often as it wants to."""
        for _ in range(3):
            self.clock.advance(1)
            assert self.knows(OTHER)


def test_a_revoked_key_is_refused_within_five_seconds(path: Path) -> None:
    """And one that is added is good; whenever in the second the last look was."""
    for fraction in (0.0, 0.5, 0.999):
        watched = Watched(path)
        watched.clock.advance(fraction)
        assert watched.knows(KEY)
        revoke_key(path, key_id=RECORD.id)
        new, record = new_key("live", caller="new", now=START)
        add_key(path, record=record)
        watched.clock.advance(1.5)
        assert not watched.knows(KEY)
        assert watched.knows(new)
        assert watched.knows(OTHER)
        path.unlink()


def test_the_file_is_looked_at_once_a_second(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand requests in a second cost one look; a file that does not change is not read again."""
    watched = Watched(path)
    watched.settle()
    looks, reads = [], []
    stamp_of, read = key_file.stamp_of, key_file.read
    monkeypatch.setattr(key_file, "stamp_of", lambda path: looks.append(path) or stamp_of(path))
    monkeypatch.setattr(key_file, "read", lambda path: reads.append(path) or read(path))
    for _ in range(1000):
        assert watched.knows(KEY)
        watched.clock.advance(0.01)
    assert 9 <= len(looks) <= 10
    assert reads == []


def in_place(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def replaced(path: Path, text: bytes) -> None:
    (path.parent / "new").write_bytes(text)
    (path.parent / "new").replace(path)


def relinked(path: Path, text: bytes) -> None:
    """As Kubernetes does: the name leads through a link, and the link is swapped."""
    (path.parent / "next").mkdir()
    (path.parent / "next" / "keys.json").write_bytes(text)
    (path.parent / "link").symlink_to(path.parent / "next" / "keys.json")
    (path.parent / "link").replace(path)


def with_its_old_time(path: Path, text: bytes) -> None:
    """As rsync and tar do."""
    before = path.stat()
    path.write_bytes(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [in_place, replaced, relinked, with_its_old_time])
def test_a_change_is_seen_however_it_is_made(path: Path, change: Callable[[Path, bytes], None]) -> None:
    """Of the same size, too: the key's hash is another's."""
    watched = Watched(path)
    watched.settle()
    text = path.read_bytes()
    changed = text.replace(RECORD.sha256.encode(), b"0" * 64)
    assert len(changed) == len(text)
    change(path, changed)
    watched.clock.advance(1)
    assert not watched.knows(KEY)
    assert watched.knows(OTHER)


def test_a_change_that_leaves_no_trace_is_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two changes in one tick of the file system's clock, of which the first was read."""
    watched = Watched(path)
    write_keys(path, records=[RECORD])
    stamp = stamp_of(path)
    monkeypatch.setattr(key_file, "stamp_of", lambda _path: stamp)
    monkeypatch.setattr(key_file, "read", lambda path: (path.read_bytes(), stamp))
    watched.clock.advance(1)
    assert watched.knows(KEY)
    write_keys(path, records=[OTHER_RECORD])
    watched.clock.advance(1)
    assert not watched.knows(KEY)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def huge(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" " * MAX_BYTES)


def a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


SPOILT = [broken, Path.unlink, unsafe, emptied, a_folder, a_pipe, huge, a_loop]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_file_changes_nothing(path: Path, spoil: Callable[[Path], None]) -> None:
    """The keys of before stay good, and no others are; said once, as an error, and once when it is over."""
    watched = Watched(path)
    watched.settle()
    open_before = open_files()
    with captured() as log:
        spoil(path)
        for _ in range(20):
            watched.clock.advance(1)
            assert watched.knows(KEY)
            assert not watched.knows(new_key("live", caller="x")[0])
        (line,) = log.all
        assert (line["event"], line["level"]) == ("api_keys_unreadable", "error")
        assert open_files() == open_before
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        write_keys(path, records=[OTHER_RECORD])
        for _ in range(5):
            watched.clock.advance(1)
            assert not watched.knows(KEY)
            assert watched.knows(OTHER)
        (_, line) = log.all
        assert (line["event"], line["level"], line["keys"]) == ("api_keys_read", "info", 1)


def test_permissions_that_come_back_are_seen(path: Path) -> None:
    """Though neither time of writing, size nor inode have changed."""
    watched = Watched(path)
    watched.settle()
    with captured() as log:
        path.chmod(0o666)
        watched.clock.advance(1)
        assert watched.knows(KEY)
        path.chmod(0o600)
        watched.clock.advance(1)
        assert watched.knows(KEY)
    assert [line["event"] for line in log.all] == ["api_keys_unreadable", "api_keys_read"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_changes_nothing(path: Path) -> None:
    """The keys of before stay good."""
    watched = Watched(path)
    path.chmod(0)
    with captured() as log:
        watched.clock.advance(1)
        assert watched.knows(KEY)
    (line,) = log.all
    assert line["fault"] == "cannot be read: Permission denied"


def test_each_fault_is_told(path: Path) -> None:
    """One that follows another is another line."""
    watched = Watched(path)
    with captured() as log:
        for spoil in (broken, unsafe, Path.unlink):
            spoil(path)
            for _ in range(3):
                watched.clock.advance(1)
                assert watched.knows(KEY)
    faults = [line["fault"] for line in log.named("api_keys_unreadable")]
    assert faults == [
        "is not a file that `scribepass keys new` writes",
        "is writable by everybody",
        "cannot be read: No such file or directory",
    ]


def test_a_file_without_keys_ends_them_all(path: Path) -> None:
    """It is whole, so it is meant; a key that is made afterwards is good."""
    watched = Watched(path)
    write_keys(path, records=[])
    with captured() as log:
        for _ in range(3):
            watched.clock.advance(1)
            assert not watched.knows(KEY)
            assert not watched.knows(OTHER)
    (line,) = log.all
    assert (line["event"], line["level"]) == ("api_keys_none", "error")
    add_key(path, record=OTHER_RECORD)
    watched.clock.advance(1)
    assert watched.knows(OTHER)


def test_keys_that_have_all_expired_are_told(path: Path) -> None:
    """The service starts, for other callers may come another way; but nobody comes by a key."""
    write_keys(path, records=[RECORD])
    clock = Clock(START + timedelta(days=366))
    with captured() as log:
        keys = KeyFile(path, clock=clock, monotonic=clock.monotonic)
    assert log.named("api_keys_none")
    with pytest.raises(Unauthenticated):
        keys.authenticate({"x-api-key": KEY})


def test_a_key_expires_without_a_change_of_the_file(path: Path) -> None:
    """By the clock that was given."""
    watched = Watched(path)
    watched.clock.advance(365 * 86400 - 1)
    assert watched.knows(KEY)
    watched.clock.advance(1)
    assert not watched.knows(KEY)
    assert watched.knows(OTHER)


class Gate:
    """A way to read the file at which the first that comes waits until it is let go."""

    def __init__(self) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()
        self.count = 0

    def read(self, path: Path) -> tuple[bytes, Stamp]:
        self.count += 1
        found = read(path)
        if self.count == 1:
            self.reached.set()
            assert self.let_go.wait(30)
        return found


def test_a_slow_disk_holds_up_one_request(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile the others go on, at first with the keys at hand; after 4 s each looks for itself.

    So a revoked key is refused within 5 s, whatever becomes of the one that looks; and what that one has read
    does not come back.
    """
    watched, gate = Watched(path), Gate()
    monkeypatch.setattr(key_file, "read", gate.read)
    watched.clock.advance(1)
    answers: list[bool] = []
    slow = threading.Thread(target=lambda: answers.append(watched.knows(KEY)))
    slow.start()
    assert gate.reached.wait(30)
    revoke_key(path, key_id=RECORD.id)
    watched.clock.advance(2.9)
    assert watched.knows(KEY)
    assert gate.count == 1
    watched.clock.advance(0.2)
    assert not watched.knows(KEY)
    gate.let_go.set()
    slow.join()
    assert answers == [False]
    assert not watched.knows(KEY)
    watched.clock.advance(1)
    assert not watched.knows(KEY)


def test_the_first_after_a_long_silence_see_the_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two requests at once, the second is not let in by keys of an hour ago while the first reads."""
    watched, gate = Watched(path), Gate()
    monkeypatch.setattr(key_file, "read", gate.read)
    revoke_key(path, key_id=RECORD.id)
    watched.clock.advance(3600)
    slow = threading.Thread(target=watched.knows, args=(KEY,))
    slow.start()
    assert gate.reached.wait(30)
    assert not watched.knows(KEY)
    gate.let_go.set()
    slow.join()


def test_many_threads_and_a_file_that_changes_all_the_time(path: Path) -> None:
    """Replaced and spoilt beneath four threads that ask: the key that stays is never refused."""
    watched, over, refused = Watched(path), threading.Event(), []

    def ask() -> None:
        while not over.wait(0.001):
            watched.clock.advance(0.3)
            if not watched.knows(OTHER):
                refused.append(watched.clock())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    with captured():
        for thread in threads:
            thread.start()
        for turn in range(40):
            write_keys(path, records=[RECORD, OTHER_RECORD][turn % 2 :])
            in_place(path, path.read_bytes()[: None if turn % 3 else -9])
        over.set()
        for thread in threads:
            thread.join()
    assert refused == []


def in_a_child(act: Callable[[], bool]) -> bool:
    """Whether ``act`` holds in a process that is forked from this one."""
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if act() else 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def test_what_one_worker_has_read_the_next_inherits(path: Path) -> None:
    """A key that was revoked while a worker ran does not come back when another starts on a broken file.

    The parent, as gunicorn's master, has not looked since.
    """
    write_keys(path, records=[RECORD, OTHER_RECORD])
    load_keys(path, clock=Clock())
    revoke_key(path, key_id=RECORD.id)

    def knows(*keys: str) -> list[bool]:
        watched = Watched.__new__(Watched)
        watched.keys = load_keys(path, clock=Clock())
        return [watched.knows(key) for key in keys]

    with captured():
        assert in_a_child(lambda: knows(KEY, OTHER) == [False, True])
        broken(path)
        assert in_a_child(lambda: knows(KEY, OTHER) == [False, True])
        assert knows(KEY, OTHER) == [False, True]
