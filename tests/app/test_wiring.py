"""The composition root: which parts the settings become, and that building them asks nobody."""

from pathlib import Path

import pytest

from scribepass.app import build_parts, create_app
from scribepass.callers import ANONYMOUS
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key, write_keys
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.errors import SettingsError
from scribepass.settings import Settings
from scribepass.transcribe import Operation

ROLE = "arn:aws:iam::111122223333:role/vending"
LOCAL = {"env": "local", "anonymous": True}


def caches(settings: Settings) -> dict[Operation, RefreshAhead]:
    return build_parts(settings).vendor._suppliers  # type: ignore[return-value]


def test_a_role_is_assumed_once_for_each_operation() -> None:
    """Each with a session policy of its own action; and no thread runs yet."""
    made = caches(Settings.model_validate({**LOCAL, "role_arn": ROLE, "operations": "standard,medical"}))
    for operation, cache in made.items():
        source = cache._source
        assert isinstance(source, AssumeRole)
        assert source.name == ROLE
        assert operation.action in source._policy
        assert source._policy.count("transcribe:") == 1
        assert source._made is None
        assert cache._thread is None
    assert len({id(cache) for cache in made.values()}) == 2


def test_without_a_role_the_provider_chain_signs() -> None:
    """One ambient identity, shared: it cannot be scoped."""
    made = caches(Settings.model_validate({**LOCAL, "operations": "standard,medical"}))
    assert len({id(cache) for cache in made.values()}) == 1
    assert all(isinstance(cache._source, ProviderChain) for cache in made.values())


def test_callers_are_those_of_the_key_file(tmp_path: Path) -> None:
    """A key of the file is known, and without one nobody is."""
    path = tmp_path / "keys.json"
    key, record = new_key("live", caller="web-app")
    add_key(path, record=record)
    authenticator = build_parts(Settings(api_keys_file=path)).authenticator
    caller = authenticator.authenticate({"x-api-key": key})
    assert caller is not None
    assert caller.id == "web-app"
    assert authenticator.authenticate({}) is None


def test_the_door_is_open_only_where_the_settings_say_so() -> None:
    """Anonymous in env=local."""
    assert build_parts(Settings(env="local", anonymous=True)).authenticator.authenticate({}) is ANONYMOUS
    assert build_parts(Settings(env="local")).authenticator.authenticate({}) is None


def test_faults_of_files_are_faults_of_the_settings(tmp_path: Path) -> None:
    """No key file, an empty one, a page without an index: the service does not start."""
    empty = tmp_path / "empty.json"
    write_keys(empty, records=[])
    for settings in (
        Settings(api_keys_file=tmp_path / "absent.json"),
        Settings(api_keys_file=empty),
        Settings(env="local", anonymous=True, page_dir=tmp_path),
    ):
        with pytest.raises(SettingsError):
            create_app(settings)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends one does not learn of the next at the next start."""
    settings = Settings(api_keys_file=tmp_path / "absent.json", page_dir=tmp_path / "absent")
    with pytest.raises(SettingsError) as raised:
        build_parts(settings)
    assert [each.field for each in raised.value.problems] == [
        "SCRIBEPASS_API_KEYS_FILE",
        "SCRIBEPASS_PAGE_DIR",
    ]


def test_a_page_that_cannot_be_looked_at_is_a_fault_of_its_setting(tmp_path: Path) -> None:
    """Whatever the file system says, the service ends in words."""
    with pytest.raises(SettingsError, match="SCRIBEPASS_PAGE_DIR: cannot be read"):
        build_parts(Settings(env="local", anonymous=True, page_dir=tmp_path / ("x" * 300)))
