"""The value that signs, and that nothing shows it."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scribepass.sigv4 import Credentials, Presigner, SignedRequest, presign, verify
from scribepass.sigv4.authentication import read_authentication
from scribepass.sigv4.canonical import TRANSCRIBE
from scribepass.sigv4.claim import read_claim
from support.signing import as_received, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2lu/TOKEN+WITH=="


def credentials(**changes: object) -> Credentials:
    return Credentials(
        **{"access_key_id": "ASIAEXAMPLE", "secret_access_key": SECRET, "session_token": TOKEN, **changes}
    )


SHOWN = {
    "repr": repr,
    "str": str,
    "format": lambda value: f"{value}",
    "format !r": lambda value: f"{value!r}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031
    "in a container": lambda value: repr([{"key": value}]),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_secrets_are_never_shown(show: Callable[[object], str]) -> None:
    """No way of showing a value of this part shows a secret, a token, a signature, a key or a URL."""
    known = credentials()
    url = presign("wss://localhost:8444/a?b=c", credentials=known, region="us-east-1", now=NOW, expires=60)
    signature = url.rpartition("=")[2]
    request = as_received(url)
    verified = verify(request, lookup=knows(known), now=NOW, service="transcribe")
    claim = read_claim(request, dialect=TRANSCRIBE)
    values = [
        known,
        Presigner(known, region="us-east-1"),
        request,
        verified,
        claim,
        read_authentication(request, dialect=TRANSCRIBE),
    ]
    hidden = [
        SECRET,
        TOKEN,
        "IQoJb3JpZ2lu",
        signature,
        verified.signing_key.hex(),
        repr(verified.signing_key),
    ]
    for value in values:
        text = show(value)
        assert text
        assert not [each for each in hidden if each in text], type(value).__name__


def test_repr_says_who_and_until_when() -> None:
    """What is shown helps: the access key id and the end."""
    text = repr(credentials(expires_at=NOW))
    assert "ASIAEXAMPLE" in text
    assert "2026" in text


@pytest.mark.parametrize(
    "write", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"]
)
def test_credentials_are_not_pickled(write: Callable[[object], object]) -> None:
    """A pickle would carry the secret out of the process."""
    with pytest.raises(TypeError, match="not pickled"):
        write(credentials())


def test_a_presigner_is_not_pickled() -> None:
    """It holds the secret and the day's key."""
    with pytest.raises(TypeError):
        pickle.dumps(Presigner(credentials(), region="us-east-1"))


FAULTS = {
    "empty id": {"access_key_id": ""},
    "id with a slash": {"access_key_id": "AKID/EXAMPLE"},
    "id with a comma": {"access_key_id": "AKID,EXAMPLE"},
    "id with a line feed": {"access_key_id": "AKIDEXAMPLE\n"},
    "id beyond ASCII": {"access_key_id": "ＡＫＩＤ"},
    "empty secret": {"secret_access_key": ""},
    "empty token": {"session_token": ""},
    "token with a line feed": {"session_token": "token\r\nX-Evil: 1"},
    "token with a space": {"session_token": "to ken"},
    "token beyond ASCII": {"session_token": "tökén"},
    "naive end": {"expires_at": datetime(2026, 1, 15)},  # noqa: DTZ001
}


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_bad_credentials_are_refused(change: dict[str, object]) -> None:
    """What cannot be signed with cannot be made, and the text of the error does not quote it."""
    with pytest.raises(ValueError, match=next(iter(change))) as caught:
        credentials(**change)
    assert SECRET not in str(caught.value)
    assert "Evil" not in str(caught.value)


def test_credentials_without_a_token_or_an_end() -> None:
    """A permanent key pair has neither."""
    permanent = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key=SECRET)
    assert permanent.session_token is None
    assert permanent.expires_at is None
    assert permanent == Credentials(access_key_id="AKIDEXAMPLE", secret_access_key=SECRET)


def test_an_end_may_be_in_any_zone() -> None:
    """Aware is enough."""
    east = timezone(timedelta(hours=2))
    assert credentials(expires_at=NOW.astimezone(east)).expires_at == NOW


def test_requests_hide_what_they_carry() -> None:
    """A request's target, headers and body are in no repr."""
    request = SignedRequest(method="POST", target="/secret", headers=[("a", "secret")], body=b"secret")
    assert repr(request) == "SignedRequest(method='POST')"
