"""The issuers file: nothing in it is half understood, and every fault is told at once."""

from pathlib import Path

import pytest

from scribepass.callers.issuer_tables import MAX_BYTES
from scribepass.callers.issuers import Issuer, read_issuers
from scribepass.errors import SettingsError

CORP = """
[issuers.corp]
issuer = "https://login.example.com/"
jwks_uri = "https://login.example.com/jwks"
audience = ["https://scribepass.example.com"]
"""
COGNITO = """
[issuers.cognito]
issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
jwks_uri = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE/.well-known/jwks.json"
client_ids = ["1example23456789"]
token_use = "access"
"""


def read(folder: Path, text: str | bytes, *, local: bool = False) -> tuple[Issuer, ...]:
    path = folder / "issuers.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_issuers(path, local=local)


def faults(folder: Path, text: str | bytes, *, local: bool = False) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read(folder, text, local=local)
    assert {each.field for each in raised.value.problems} == {"SCRIBEPASS_ISSUERS_FILE"}
    return [each.message for each in raised.value.problems]


def test_what_is_not_said_is_strict(tmp_path: Path) -> None:
    """RS256 only, typ at+jwt only (RFC 9068), 30 s of leeway."""
    (corp,) = read(tmp_path, CORP)
    assert corp.name == "corp"
    assert corp.issuer == "https://login.example.com/"
    assert corp.audience == {"https://scribepass.example.com"}
    assert corp.algorithms == {"RS256"}
    assert corp.accepts_typ("at+jwt")
    assert not corp.accepts_typ("jwt")
    assert not corp.accepts_typ(None)
    assert corp.leeway == 30
    assert corp.max_age is None


def test_cognito_needs_no_audience(tmp_path: Path) -> None:
    """Its access tokens have neither aud nor typ: client_id and token_use stand for them."""
    corp, cognito = read(tmp_path, CORP + COGNITO)
    assert (corp.name, cognito.name) == ("corp", "cognito")
    assert cognito.client_ids == {"1example23456789"}
    assert cognito.accepts_typ(None)
    assert not cognito.accepts_typ("jwt")


def test_everything_can_be_said(tmp_path: Path) -> None:
    """Every member, and typ in the forms that RFC 9068 has."""
    text = (
        CORP
        + """
algorithms = ["ES256", "EdDSA", "PS512"]
client_ids = ["web", "phone"]
required_scopes = ["transcribe", "stream"]
typ = ["application/AT+JWT", "JWT", "absent"]
leeway = 0
max_age = 3600
"""
    )
    (corp,) = read(tmp_path, text)
    assert corp.algorithms == {"ES256", "EdDSA", "PS512"}
    assert corp.required_scopes == {"transcribe", "stream"}
    assert [corp.accepts_typ(each) for each in ("at+jwt", "jwt", None, "id+jwt")] == [True, True, True, False]
    assert (corp.leeway, corp.max_age) == (0, 3600)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(
            'audiense = ["x"]', "audiense is not a setting of an issuer; was audience", id="misspelt"
        ),
        pytest.param("xyz = 1", "xyz is not a setting of an issuer", id="unknown"),
        pytest.param('algorithms = ["HS256"]', "algorithms", id="shared secret"),
        pytest.param('algorithms = ["none"]', "algorithms", id="none"),
        pytest.param("algorithms = []", "algorithms", id="no algorithm"),
        pytest.param('algorithms = "RS256"', "algorithms", id="text for a list"),
        pytest.param("leeway = 61", "leeway", id="leeway above 60"),
        pytest.param("leeway = -1", "leeway", id="leeway below 0"),
        pytest.param("leeway = true", "leeway", id="leeway true"),
        pytest.param('leeway = "30"', "leeway", id="leeway text"),
        pytest.param("max_age = 0", "max_age", id="max_age 0"),
        pytest.param("typ = []", "typ", id="no typ"),
        pytest.param('typ = ["JWT"]', "required_scopes or token_use", id="ID tokens would pass"),
        pytest.param('typ = ["absent", "at+jwt"]', "required_scopes or token_use", id="absent"),
        pytest.param('token_use = "id"', "token_use", id="ID tokens wanted"),
        pytest.param("client_ids = [7]", "client_ids", id="number for a client"),
        pytest.param('required_scopes = ["a b"]', "required_scopes", id="space in a scope"),
        pytest.param('name = "other"', "not said again", id="name said again"),
    ],
)
def test_a_member_that_is_not_understood_is_a_fault(tmp_path: Path, line: str, words: str) -> None:
    """The fault names the issuer and the member, and no value."""
    (message,) = faults(tmp_path, CORP + line)
    assert message.startswith("issuers.corp")
    assert words in message


@pytest.mark.parametrize(
    ("uri", "local", "good"),
    [
        pytest.param("https://login.example.com/jwks", False, True, id="https"),
        pytest.param("https://login.example.com:8443/jwks?p=policy", False, True, id="port and query"),
        pytest.param("http://127.0.0.1:9000/jwks", True, True, id="local http"),
        pytest.param("http://[::1]:9000/jwks", True, True, id="local http by IPv6"),
        pytest.param("http://localhost/jwks", True, True, id="localhost"),
        pytest.param("http://127.0.0.1:9000/jwks", False, False, id="loopback http in production"),
        pytest.param("HTTP://127.0.0.1:9000/jwks", False, False, id="loopback HTTP in capitals"),
        pytest.param("http://login.example.com/jwks", True, False, id="http elsewhere"),
        pytest.param("http://169.254.169.254/latest", True, False, id="metadata service"),
        pytest.param("http://127.0.0.1.example.com/", True, False, id="begins like loopback"),
        pytest.param("file:///etc/passwd", True, False, id="file"),
        pytest.param("ftp://127.0.0.1/jwks", True, False, id="ftp"),
        pytest.param("data:application/json,{}", True, False, id="data"),
        pytest.param("login.example.com/jwks", True, False, id="no scheme"),
        pytest.param("https:///jwks", True, False, id="no host"),
        pytest.param("https://user:word@login.example.com/", True, False, id="password"),
        pytest.param("https://login.example.com/#jwks", True, False, id="fragment"),
        pytest.param("https://login.example.com:99999/", True, False, id="port"),
        pytest.param("https://[::1/jwks", True, False, id="broken IPv6"),
        pytest.param("https://login.example.com/\\njwks", True, False, id="line feed"),
        pytest.param("https://lögin.example.com/jwks", True, False, id="not ASCII"),
    ],
)
def test_keys_come_by_https(tmp_path: Path, uri: str, local: bool, good: bool) -> None:
    """By http only from this machine, and only where the service is for it alone."""
    text = CORP.replace("https://login.example.com/jwks", uri)
    if good:
        assert read(tmp_path, text, local=local)
    else:
        (message,) = faults(tmp_path, text, local=local)
        assert message.startswith("issuers.corp.jwks_uri ")
        assert "word" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "must hold tables", id="empty"),
        pytest.param("[issuers]", "must hold tables", id="no issuer"),
        pytest.param("issuers = 3", "must hold tables", id="no tables"),
        pytest.param(CORP + "[other]\nx = 1", "must hold tables", id="another table"),
        pytest.param("issuers.corp = 3", "issuers.corp must be a table", id="no table"),
        pytest.param("[issuers", "is not TOML", id="not TOML"),
        pytest.param(b"\xff\xfe", "is not TOML", id="not UTF-8"),
        pytest.param("x = " + "[" * 5000, "is not TOML", id="deep"),
        pytest.param("#" * (MAX_BYTES + 1), "bytes", id="long"),
        pytest.param(CORP.replace("corp", '"a|b"'), "whose name", id="bar in the name"),
        pytest.param(CORP.replace("corp", '""'), "whose name", id="empty name"),
        pytest.param(CORP.replace("corp", "a" * 33), "whose name", id="long name"),
        pytest.param(CORP.replace("corp", "keys"), "another meaning", id="keys"),
        pytest.param(CORP.replace("corp", "anonymous"), "another meaning", id="anonymous"),
        pytest.param(CORP + CORP.replace("corp", "again"), "corp, again have the same issuer", id="same iss"),
        pytest.param(
            CORP.replace("audience", "client_ids"), "audience, or client_ids and", id="no token_use"
        ),
        pytest.param(COGNITO.replace("client_ids", "#"), "audience, or client_ids and", id="nobody's tokens"),
    ],
)
def test_a_file_that_is_not_understood_is_a_fault(tmp_path: Path, text: str | bytes, words: str) -> None:
    """Nobody is trusted by a file that may mean something else."""
    (message,) = faults(tmp_path, text)
    assert words in message


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Of every member of every issuer; required ones that are missing, too."""
    text = """
[issuers.one]
issuer = "has spaces in it"
leeway = 99
colour = "red"
[issuers.two]
jwks_uri = "file:///etc/passwd"
issuer = "https://two.example.com"
audience = ["a"]
[issuers.three]
issuer = "https://two.example.com"
jwks_uri = "http://127.0.0.1/"
audience = ["a"]
[issuers.four]
issuer = "https://two.example.com"
jwks_uri = "https://four.example.com/"
audience = ["a"]
"""
    found = faults(tmp_path, text)
    begins = [
        "issuers.one.issuer ",
        "issuers.one.jwks_uri ",
        "issuers.one.leeway ",
        "issuers.one.colour ",
        "issuers.two.jwks_uri ",
        "issuers.three.jwks_uri ",
        "issuers three, four have the same issuer",
    ]
    assert len(found) == len(begins)
    assert all(each.startswith(begin) for each, begin in zip(found, begins, strict=True)), found


def test_a_file_that_everybody_may_write_is_a_fault(tmp_path: Path) -> None:
    """Whoever writes it decides who may call."""
    path = tmp_path / "issuers.toml"
    path.write_text(CORP)
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="is writable by everybody"):
        read_issuers(path, local=True)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """The system says why."""
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_issuers(tmp_path / "issuers.toml", local=True)
