"""Settings: what the environment means, and everything for which the service does not start."""

import itertools
from pathlib import Path

import pytest

from scribepass.errors import SettingsError
from scribepass.settings import Settings, is_loopback
from scribepass.settings.conflicts import variable as _variable
from scribepass.transcribe import Operation
from scribepass.vending import MIN_EXPIRES
from support.gunicorn import UNLIMITED

ROLE = {"SCRIBEPASS_ROLE_ARN": "arn:aws:iam::111122223333:role/vending"}
PRODUCTION = {"SCRIBEPASS_API_KEYS_FILE": "/etc/scribepass/keys.json", **ROLE}
LOCAL = {"SCRIBEPASS_ENV": "local", "SCRIBEPASS_ANONYMOUS": "true", **ROLE}


def faults(environ: dict[str, str]) -> list[tuple[str, str]]:
    """Variable and code of every fault; none if the settings are sound."""
    try:
        Settings.from_env(environ)
    except SettingsError as error:
        return [(each.field.removeprefix("SCRIBEPASS_"), each.code) for each in error.problems]
    return []


def test_unset_means_production_on_loopback() -> None:
    """With nothing but a key file, everything has its safe default."""
    settings = Settings.from_env(PRODUCTION)
    assert settings.env == "production"
    assert settings.bind == "127.0.0.1:8000"
    assert settings.regions == (settings.region,) == ("us-east-1",)
    assert settings.operations == (Operation.STANDARD,)
    assert (settings.expires_in, settings.max_expires_in) == (60, 300)
    assert settings.allowed_origins == settings.forwarded_allow_ips == ()
    assert not settings.anonymous


def test_an_empty_environment_does_not_start() -> None:
    """Nobody could call: that is a fault, not a service open to all."""
    missing = [("ROLE_ARN", "required"), ("API_KEYS_FILE", "required")]
    assert faults({}) == missing
    assert faults({"SCRIBEPASS_ENV": "local"}) == missing


def test_every_variable_is_read() -> None:
    """Lists have commas; an empty variable is an unset one."""
    settings = Settings.from_env(
        PRODUCTION
        | {
            "SCRIBEPASS_BIND": "0.0.0.0:80",
            "SCRIBEPASS_REGION": "eu-west-1",
            "SCRIBEPASS_REGIONS": "eu-west-1, eu-central-1",
            "SCRIBEPASS_OPERATIONS": "standard,medical,call-analytics",
            "SCRIBEPASS_ROLE_ARN": "arn:aws:iam::111122223333:role/path/vending",
            "SCRIBEPASS_ROLE_SESSION_NAME": "",
            "SCRIBEPASS_EXPIRES_IN": "30",
            "SCRIBEPASS_MAX_EXPIRES_IN": "120",
            "SCRIBEPASS_ALLOWED_ORIGINS": "https://a.example,https://b.example:8443,http://localhost:5173",
            "SCRIBEPASS_FORWARDED_ALLOW_IPS": "10.0.0.0/8,192.168.1.1",
            "SCRIBEPASS_WORKERS": "4",
            "SCRIBEPASS_STORE_URL": "redis://store.example",
            "SCRIBEPASS_THREADS": "16",
            "SCRIBEPASS_LOG_LEVEL": "warning",
            "PATH": "/usr/bin",
        }
    )
    assert settings.regions == ("eu-west-1", "eu-central-1")
    assert settings.operations == tuple(Operation)
    assert settings.role_session_name == "scribepass"
    assert settings.allowed_origins[2] == "http://localhost:5173"
    assert (settings.workers, settings.threads, settings.expires_in) == (4, 16, 30)


def test_all_faults_are_told_at_once() -> None:
    """One start, one list: misspelt names, bad values and contradictions together."""
    assert faults(
        {
            "SCRIBEPASS_REGION": "mars-north-1",
            "SCRIBEPASS_WORKER": "4",
            "SCRIBEPASS_THREADS": "many",
            "SCRIBEPASS_EXPIRES_IN": "120",
            "SCRIBEPASS_MAX_EXPIRES_IN": "60",
            "SCRIBEPASS_ANONYMOUS": "true",
            "AWS_ENDPOINT_URL_STS": "http://evil.example",
        }
    ) == [
        ("WORKER", "unknown"),
        ("REGION", "value"),
        ("THREADS", "value"),
        ("ANONYMOUS", "local_only"),
        ("AWS_ENDPOINT_URL_STS", "local_only"),
        ("ROLE_ARN", "required"),
        ("EXPIRES_IN", "conflict"),
    ]


def test_a_misspelt_name_is_a_fault_with_a_hint() -> None:
    """A setting that is silently ignored is worse than a service that does not start."""
    with pytest.raises(SettingsError, match="was SCRIBEPASS_WORKERS meant"):
        Settings.from_env({**PRODUCTION, "SCRIBEPASS_WORKRES": "4"})
    assert faults({**PRODUCTION, "scribepass_workers": "4"}) == [("scribepass_workers", "unknown")]


def test_the_variables_of_the_local_aws_are_its_own() -> None:
    """Service and `scribepass local` may share an environment; what is like its names is a fault still."""
    assert Settings.from_env({**PRODUCTION, "SCRIBEPASS_LOCAL_PORT": "1"}) == Settings.from_env(PRODUCTION)
    for name in ("SCRIBEPASS_LOCALPORT", "scribepass_local_port"):
        assert [code for _, code in faults({**PRODUCTION, name: "1"})] == ["unknown"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENV", "prod"), ("ENV", "dev"),
        ("BIND", "8000"), ("BIND", "127.0.0.1"), ("BIND", "127.0.0.1:65536"), ("BIND", "unix:relative"),
        ("BIND", "127.0.0.1:80 -b 0.0.0.0:80"), ("BIND", ":8000"), ("BIND", "fd://3"),
        ("REGION", "eu-west-3"), ("REGION", "us-east-1/"), ("REGION", "us-east-1@evil.example"),
        ("REGION", "us-east-1\n"), ("REGIONS", "us-east-1,"), ("REGIONS", "us-east-1,us-east-1"),
        ("OPERATIONS", "Standard"), ("OPERATIONS", ","), ("OPERATIONS", "standard,standard"),
        ("ROLE_ARN", "scribepass"), ("ROLE_ARN", "arn:aws:iam::111122223333:user/me"),
        ("ROLE_ARN", "arn:aws:iam::111122223333:role/a\n"), ("ROLE_ARN", "arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/a"),
        ("ROLE_SESSION_NAME", "a b"), ("ROLE_SESSION_NAME", "x"), ("ROLE_SESSION_NAME", "x" * 65),
        ("STS_ENDPOINT", "ftp://127.0.0.1"), ("STS_ENDPOINT", "http://user:pass@127.0.0.1"),
        ("STS_ENDPOINT", "http://127.0.0.1/path"), ("TRANSCRIBE_ENDPOINT", "http://127.0.0.1:8444"),
        ("TRANSCRIBE_ENDPOINT", "ws://127.0.0.1:8444/?x=y"),
        ("EXPIRES_IN", "14"), ("EXPIRES_IN", "301"), ("EXPIRES_IN", "60.5"), ("MAX_EXPIRES_IN", "604800"),
        ("ALLOWED_ORIGINS", "*"), ("ALLOWED_ORIGINS", "null"), ("ALLOWED_ORIGINS", "https://*.example.com"),
        ("ALLOWED_ORIGINS", "https://a.example/"), ("ALLOWED_ORIGINS", "https://A.example"),
        ("ALLOWED_ORIGINS", "http://a.example"), ("ALLOWED_ORIGINS", "http://localhost.evil.example"),
        ("ALLOWED_ORIGINS", "https://a.example,"), ("ALLOWED_ORIGINS", "https://a.example#"),
        ("FORWARDED_ALLOW_IPS", "*"), ("FORWARDED_ALLOW_IPS", "proxy"), ("FORWARDED_ALLOW_IPS", "10.0.0.1/8"),
        ("WORKERS", "0"), ("WORKERS", "65"), ("THREADS", "-1"), ("ANONYMOUS", "perhaps"),
        ("LOG_LEVEL", "trace"),
    ],
)  # fmt: skip
def test_hostile_and_mistaken_values_are_refused(name: str, value: str) -> None:
    """Each is a fault of its own variable, in the environment that is the least strict."""
    assert (name, "value") in faults({**LOCAL, f"SCRIBEPASS_{name}": value})


def test_the_default_region_is_one_of_the_regions() -> None:
    """Else a caller that names none would be refused."""
    assert faults({**PRODUCTION, "SCRIBEPASS_REGIONS": "eu-west-1,eu-west-2"}) == [("REGIONS", "conflict")]


CANARY = "canary-7f3a"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_no_value_is_ever_echoed(name: str) -> None:
    """A secret that was put into the wrong variable does not reach the terminal or the log."""
    environ = {f"SCRIBEPASS_{name.upper()}": f"{CANARY} {CANARY}\n", f"SCRIBEPASS_{CANARY.upper()}X": CANARY}
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(environ | {"AWS_ENDPOINT_URL": CANARY})
    assert CANARY not in str(raised.value)
    assert CANARY not in repr(raised.value)


LOCAL_ONLY = {
    "SCRIBEPASS_ANONYMOUS": "true",
    "SCRIBEPASS_STS_ENDPOINT": "http://127.0.0.1:8444",
    "SCRIBEPASS_TRANSCRIBE_ENDPOINT": "ws://127.0.0.1:8444",
}
BINDS = {
    "127.0.0.1:8000": True,
    "127.8.8.8:8000": True,
    "localhost:8000": True,
    "[::1]:8000": True,
    "unix:/run/scribepass.sock": True,
    "0.0.0.0:8000": False,
    "[::]:8000": False,
    "[::ffff:10.0.0.1]:8000": False,
    "10.0.0.1:8000": False,
    "scribepass.example:8000": False,
    "127.0.0.1.evil.example:8000": False,
}


@pytest.mark.parametrize(
    ("env", "option", "bind"), list(itertools.product(["production", "local"], LOCAL_ONLY, BINDS))
)
def test_what_is_for_one_machine_needs_local_and_loopback(env: str, option: str, bind: str) -> None:
    """Each option x environment x address: it starts only with env=local on an address of this machine."""
    environ = {**PRODUCTION, "SCRIBEPASS_ENV": env, "SCRIBEPASS_BIND": bind, option: LOCAL_ONLY[option]}
    expected = [] if env == "local" and BINDS[bind] else ["local_only"]
    assert [code for _, code in faults(environ)] == expected


@pytest.mark.parametrize(
    "name",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_EC2_METADATA_SERVICE_ENDPOINT"],
)
def test_production_does_not_start_where_credentials_would_go_elsewhere(name: str) -> None:
    """AWS's own variables that move an endpoint are named, and their value is not."""
    with pytest.raises(SettingsError, match=name) as raised:
        Settings.from_env({**PRODUCTION, name: "http://evil.example"})
    assert "evil" not in str(raised.value)
    assert faults({**LOCAL, name: "http://127.0.0.1:8444"}) == []
    assert faults({**PRODUCTION, name: ""}) == []


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("::ffff:127.0.0.1", True),
     ("localhost", True), ("0.0.0.0", False),  # noqa: S104
      ("::", False), ("10.0.0.1", False), ("::ffff:10.0.0.1", False),
     ("", False), ("127.1", False), ("0x7f000001", False), ("localhost.evil.example", False)],
)  # fmt: skip
def test_what_counts_as_this_machine(address: str, local: bool) -> None:
    """Loopback addresses and localhost, and nothing that only looks like them."""
    assert is_loopback(address) is local


def test_every_setting_says_what_it_is_for() -> None:
    """The README's table is made from these sentences."""
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_are_frozen() -> None:
    """Nobody changes how a running process behaves."""
    settings = Settings.from_env(PRODUCTION)
    with pytest.raises(ValueError, match="frozen"):
        settings.anonymous = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRANSCRIBE_ENDPOINT", "ws://localhost:80", "ws://localhost"),
        ("TRANSCRIBE_ENDPOINT", "wss://h:443", "wss://h"),
        ("TRANSCRIBE_ENDPOINT", "ws://h:443", "ws://h:443"),
        ("TRANSCRIBE_ENDPOINT", "ws://LOCALHOST:8444", "ws://localhost:8444"),
        ("TRANSCRIBE_ENDPOINT", "ws://[0:0::1]:8444", "ws://[::1]:8444"),
        ("TRANSCRIBE_ENDPOINT", "ws://127.0.0.1:65535", "ws://127.0.0.1:65535"),
        ("STS_ENDPOINT", "https://sts.Example:443", "https://sts.example"),
        ("STS_ENDPOINT", "http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_an_endpoint_is_written_as_clients_sign_it(name: str, value: str, expected: str) -> None:
    """In lower case and without the default port: a signed host must be the one that is sent."""
    settings = Settings.from_env({**LOCAL, f"SCRIBEPASS_{name}": value})
    assert getattr(settings, name.lower()) == expected


PORTS = ["0", "08444", "99999", "65536", "", "+80", "8_0", "８０"]
HOSTS = ["-", "..", ".", "a..b", "-a", "a-", "a.", "a_b", "999.1.1.1", "1.2.3", "127.1", "0x7f000001",
         "a.0x1", "[::1", "::1", "[]", "[1.2.3.4]", "[g::1]", "a" * 64, "a." * 127 + "a", "",
         "a b", "é"]  # fmt: skip


@pytest.mark.parametrize("address", [*(f"h:{port}" for port in PORTS), *HOSTS])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """Wherever one is named: better a service that does not start than one whose every ticket fails."""
    for name, scheme in (
        ("TRANSCRIBE_ENDPOINT", "ws"),
        ("STS_ENDPOINT", "https"),
        ("ALLOWED_ORIGINS", "https"),
    ):
        assert (name, "value") in faults({**LOCAL, f"SCRIBEPASS_{name}": f"{scheme}://{address}"})


@pytest.mark.parametrize("host", [each for each in HOSTS if each])
def test_a_host_that_is_none_cannot_be_bound(host: str) -> None:
    """A mistyped address is a fault of the setting, before anything listens."""
    assert faults({**LOCAL, "SCRIBEPASS_BIND": f"{host}:80"}) == [("BIND", "value")]


@pytest.mark.parametrize("origin", ["https://a.example:443", "http://localhost:80", "https://a.example:0443"])
def test_an_origin_is_what_browsers_send(origin: str) -> None:
    """They leave the default port out: with it, no page would ever match."""
    assert faults({**LOCAL, "SCRIBEPASS_ALLOWED_ORIGINS": origin}) == [("ALLOWED_ORIGINS", "value")]


@pytest.mark.parametrize("value", ["1_0", "+2", " 2", "2 ", "2.0", "1e1", "٣", "0x2", "true", "9" * 5000])
def test_a_number_is_written_in_plain_digits(value: str) -> None:
    """Whatever else Python, or pydantic, would read as one."""
    assert faults({**LOCAL, "SCRIBEPASS_WORKERS": value}) == [("WORKERS", "value")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ENV", "must be production or local"),
        ("LOG_LEVEL", "must be debug, info, warning or error"),
        ("OPERATIONS", "must be standard, medical or call-analytics"),
        ("WORKERS", "must be a whole number from 1 to 64"),
        ("THREADS", "must be a whole number from 1 to 64"),
        ("EXPIRES_IN", "must be a whole number from 15 to 300"),
        ("MAX_EXPIRES_IN", "must be a whole number from 15 to 300"),
        ("ANONYMOUS", "must be true or false"),
        ("ROLE_ARN", "must be a role: arn:aws:iam::111122223333:role/NAME"),
        ("ROLE_SESSION_NAME", "must be 2 to 64 letters, digits and _ + = , . @ -"),
        ("STS_ENDPOINT", "must be http:// or https:// and a host, perhaps a port from 1 to 65535, no more"),
        ("FORWARDED_ALLOW_IPS", "must be addresses or networks such as 10.0.0.0/8"),
        ("BIND", "must be HOST:PORT, [IPv6]:PORT or unix:/PATH"),
    ],
)  # fmt: skip
def test_a_fault_says_what_would_be_right(name: str, sentence: str) -> None:
    """In one voice, whichever library found it."""
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({**LOCAL, f"SCRIBEPASS_{name}": "* *"})
    assert sentence in {each.message for each in raised.value.problems}


def test_the_shortest_life_is_the_vendors() -> None:
    """Settings may not import the vendor: the two limits are held together here."""
    shortest = {**LOCAL, "SCRIBEPASS_EXPIRES_IN": str(MIN_EXPIRES)}
    assert Settings.from_env(shortest).expires_in == MIN_EXPIRES
    assert faults({**LOCAL, "SCRIBEPASS_EXPIRES_IN": str(MIN_EXPIRES - 1)}) == [("EXPIRES_IN", "value")]


def test_without_a_store_one_process_counts_exactly() -> None:
    """Several processes want a store; without one each allows its share, and the default is one alone."""
    store = {"SCRIBEPASS_STORE_URL": "redis://127.0.0.1:6379/0"}
    assert (Settings.from_env(PRODUCTION).processes, Settings.from_env(PRODUCTION).share) == (1, 1.0)
    with_store = Settings.from_env({**PRODUCTION, **store})
    assert (with_store.processes, with_store.share) == (2, 0.5)
    many = {"SCRIBEPASS_WORKERS": "4", "SCRIBEPASS_INSTANCES": "3", "SCRIBEPASS_SECRET": "x" * 32}
    assert Settings.from_env({**PRODUCTION, **many, **store}).share == 1 / 12
    assert faults({**PRODUCTION, **many}) == [("STORE_URL", "required")]
    assert faults({**PRODUCTION, **many, **UNLIMITED}) == []


@pytest.mark.parametrize(
    ("url", "sound"),
    [
        ("redis://127.0.0.1", True),
        ("redis://user:pass%20word@store.example:6379/1", True),
        ("rediss://:password@store.example:6380", True),
        ("valkeys+cluster://store.example:6379", True),
        ("redis+unix:///run/redis.sock?db=2", True),
        ("rediss://store.example?ssl_ca_certs=/etc/ca.pem", True),
        ("redis://", False),
        ("redis://store.example:99999", False),
        ("redis://store.example:0", False),
        ("redis://[::1", False),
        ("redis://store.example/x", False),
        ("redis+unix://", False),
        ("redis+unix:///run/redis.sock?db=x", False),
        ("redis://store.example?socket_timeout=3", False),
        ("redis://store.example?retry_on_timeout=true", False),
        ("redis://store.example#x", False),
        ("http://store.example", False),
        ("redis+tls://store.example", False),
    ],
)
def test_a_store_is_one_that_can_be_reached_in_time(url: str, sound: bool) -> None:
    """A fault is told at the start, not as an outage for ever; and nobody sets another time-out."""
    assert faults({**PRODUCTION, "SCRIBEPASS_STORE_URL": url}) == ([] if sound else [("STORE_URL", "value")])


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        pytest.param(
            {"SCRIBEPASS_CREDENTIAL_MODE": "ambient"}, [("ROLE_ARN", "conflict")], id="ambient and a role"
        ),
        pytest.param(
            {"SCRIBEPASS_CREDENTIAL_MODE": "assume-role-per-caller"}, [("SECRET", "required")], id="no secret"
        ),
        pytest.param(
            {"SCRIBEPASS_SOURCE_IDENTITY": "true", "SCRIBEPASS_SESSION_CONDITIONS": "source-ip"},
            [("SOURCE_IDENTITY", "conflict"), ("SESSION_CONDITIONS", "conflict")],
            id="of a caller, with one session for all",
        ),
        pytest.param({"SCRIBEPASS_TRUSTED_HOPS": "1"}, [("TRUSTED_HOPS", "conflict")], id="hops of nobody"),
        pytest.param(
            {"SCRIBEPASS_INSTANCES": "2", "SCRIBEPASS_STORE_URL": "redis://store.example"},
            [("SECRET", "required")],
            id="instances apart",
        ),
        pytest.param({"SCRIBEPASS_RATE_BURST": "0"}, [("RATE_BURST", "conflict")], id="a burst of none"),
        pytest.param(
            {"SCRIBEPASS_OPERATOR_BIND": "127.0.0.1:8000"}, [("OPERATOR_BIND", "conflict")], id="one port"
        ),
        pytest.param({"SCRIBEPASS_SECRET": "short"}, [("SECRET", "value")], id="a short secret"),
        pytest.param({"SCRIBEPASS_STORE_URL": "http://x"}, [("STORE_URL", "value")], id="no store"),
        pytest.param(
            {"SCRIBEPASS_SECRET": "x" * 32, "SCRIBEPASS_SECRET_FILE": "/dev/null"},
            [("SECRET_FILE", "conflict")],
            id="a secret twice",
        ),
        pytest.param({"SCRIBEPASS_SECRET_FILE": "/nowhere"}, [("SECRET_FILE", "unreadable")], id="no file"),
        pytest.param({"SCRIBEPASS_SECRET_FILE": "/dev/null"}, [("SECRET", "value")], id="an empty file"),
    ],
)
def test_settings_that_contradict_one_another_are_faults(
    environ: dict[str, str], found: list[tuple[str, str]]
) -> None:
    """Each by the name of the one to change."""
    assert faults({**PRODUCTION, **environ}) == found


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    """White space around it does not count, and it is in no text of the settings."""
    path = tmp_path / "secret"
    path.write_text("  a-secret-of-the-deployment-0123456789\n")
    settings = Settings.from_env({**PRODUCTION, "SCRIBEPASS_SECRET_FILE": str(path)})
    assert settings.secret is not None
    assert settings.secret.get_secret_value() == "a-secret-of-the-deployment-0123456789"
    assert "a-secret" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_a_fault_shows_no_value() -> None:
    """Not of a secret, not of anything else."""
    canary = "canary-0123456789"
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(dict.fromkeys(map(_variable, Settings.model_fields), canary))
    assert len(raised.value.problems) > 30
    assert canary not in str(raised.value)
