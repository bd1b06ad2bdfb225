"""The composition root: which parts the settings become, and that building them asks nobody."""

from pathlib import Path

import pytest

from scribepass.app import build_parts, create_app
from scribepass.callers import ANONYMOUS
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key, write_keys
from scribepass.credentials import Need, Supplies
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.modes import Ambient, PerCaller, Shared
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.errors import SettingsError
from scribepass.settings import CredentialMode, Settings
from scribepass.transcribe import Operation

ROLE = "arn:aws:iam::111122223333:role/vending"
LOCAL = {"env": "local", "anonymous": True}
AMBIENT = {"credential_mode": CredentialMode.AMBIENT}


def supplies(**fields: object) -> Supplies:
    return build_parts(Settings.model_validate({**LOCAL, **fields})).vendor._supplies


def need(
    operation: Operation = Operation.STANDARD, *, session: str = "ward-7", address: str = "192.0.2.7"
) -> Need:
    return Need(action=operation.action, region="us-east-1", session=session, address=address)


def test_a_role_is_assumed_once_for_each_operation() -> None:
    """Each with a session policy of its own action; and no thread runs yet."""
    made = supplies(role_arn=ROLE, operations="standard,medical")
    assert isinstance(made, Shared)
    caches = {each: made.of(need(each)) for each in (Operation.STANDARD, Operation.MEDICAL)}
    for operation, cache in caches.items():
        assert isinstance(cache, RefreshAhead)
        source = cache._source
        assert isinstance(source, AssumeRole)
        assert source.name == ROLE
        assert source.actions == (operation.action,)
        assert cache._thread is None
    assert caches[Operation.STANDARD] is not caches[Operation.MEDICAL]
    assert made.of(need(session="ward-8")) is caches[Operation.STANDARD]


def test_what_the_provider_chain_finds_signs_only_where_that_is_said() -> None:
    """One ambient identity, shared: it cannot be scoped."""
    made = supplies(credential_mode="ambient", operations="standard,medical")
    assert isinstance(made, Ambient)
    cache = made.of(need())
    assert isinstance(cache, RefreshAhead)
    assert isinstance(cache._source, ProviderChain)
    assert made.of(need(Operation.MEDICAL)) is cache


def test_per_caller_is_per_caller() -> None:
    """Another caller, another supplier; another address, only where sessions are held to it."""
    fields = {"credential_mode": "assume-role-per-caller", "role_arn": ROLE, "secret": "x" * 32}
    made = supplies(**fields)
    assert isinstance(made, PerCaller)
    assert made.of(need()) is not made.of(need(session="ward-8"))


def test_the_services_own_session_is_shaped_like_a_callers() -> None:
    """Or readiness would be green while STS grants no caller a session with tags and SourceIdentity."""
    made = supplies(
        credential_mode="assume-role-per-caller",
        role_arn=ROLE,
        secret="x" * 32,
        source_identity=True,
        session_tags=True,
        session_conditions="requested-region",
    )
    assert isinstance(made, PerCaller)
    source = made._own._source
    assert isinstance(source, AssumeRole)
    assert source.source_identity == source.session_name == "scribepass"
    assert source.tags == (("scribepass:caller", "scribepass"), ("scribepass:class", "service"))
    assert source.conditions is not None
    assert source.conditions.regions == ("us-east-1",)


@pytest.mark.parametrize(("quota", "ceiling"), [(0, 0), (1, 1), (2, 2), (25, 20)])
def test_the_ceiling_follows_the_accounts_quota(quota: int, ceiling: int) -> None:
    """Four fifths, and never none of a small one: 0 would be no limit."""
    settings = Settings.model_validate({**LOCAL, "credential_mode": "ambient", "stream_quota": quota})
    assert build_parts(settings).vendor.quotas._ceiling.sessions == ceiling  # type: ignore[attr-defined]


def test_callers_are_those_of_the_key_file(tmp_path: Path) -> None:
    """A key of the file is known, and without one nobody is."""
    path = tmp_path / "keys.json"
    key, record = new_key("live", caller="web-app")
    add_key(path, record=record)
    authenticator = build_parts(Settings(**AMBIENT, api_keys_file=path)).authenticator
    caller = authenticator.authenticate({"x-api-key": key})
    assert caller is not None
    assert caller.id == "web-app"
    assert authenticator.authenticate({}) is None


def test_the_door_is_open_only_where_the_settings_say_so() -> None:
    """Anonymous in env=local."""
    assert (
        build_parts(Settings(**AMBIENT, env="local", anonymous=True)).authenticator.authenticate({})
        is ANONYMOUS
    )
    assert build_parts(Settings(**AMBIENT, env="local")).authenticator.authenticate({}) is None


def test_faults_of_files_are_faults_of_the_settings(tmp_path: Path) -> None:
    """No key file, an empty one, a page without an index: the service does not start."""
    empty = tmp_path / "empty.json"
    write_keys(empty, records=[])
    for settings in (
        Settings(**AMBIENT, api_keys_file=tmp_path / "absent.json"),
        Settings(**AMBIENT, api_keys_file=empty),
        Settings(**AMBIENT, env="local", anonymous=True, page_dir=tmp_path),
    ):
        with pytest.raises(SettingsError):
            create_app(settings)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends one does not learn of the next at the next start."""
    settings = Settings(**AMBIENT, api_keys_file=tmp_path / "absent.json", page_dir=tmp_path / "absent")
    with pytest.raises(SettingsError) as raised:
        build_parts(settings)
    assert [each.field for each in raised.value.problems] == [
        "SCRIBEPASS_API_KEYS_FILE",
        "SCRIBEPASS_PAGE_DIR",
    ]


def test_a_page_that_cannot_be_looked_at_is_a_fault_of_its_setting(tmp_path: Path) -> None:
    """Whatever the file system says, the service ends in words."""
    with pytest.raises(SettingsError, match="SCRIBEPASS_PAGE_DIR: cannot be read"):
        build_parts(Settings(**AMBIENT, env="local", anonymous=True, page_dir=tmp_path / ("x" * 300)))
