"""API keys: who holds one is known, and everybody else gets one and the same answer."""

import hashlib
import re

import pytest

from scribepass.callers import Caller
from scribepass.callers.api_keys import ApiKeys, new_key
from scribepass.errors import Unauthenticated
from support.clock import START

KEY, RECORD = new_key("live", caller="web-app", now=START)
OTHER, OTHER_RECORD = new_key("live", caller="phone", now=START)
KEYS = ApiKeys([RECORD, OTHER_RECORD])


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_key_has_the_published_form() -> None:
    """sp_<env>_<id>_<256 bits><checksum>; only its hash is kept."""
    assert re.fullmatch(r"sp_live_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}", KEY)
    assert (RECORD.id, RECORD.env, RECORD.caller, RECORD.created_at) == (KEY[8:16], "live", "web-app", START)
    assert RECORD.sha256 == hashlib.sha256(KEY.encode()).hexdigest()
    assert KEY[17:] not in repr(RECORD)


def test_no_two_keys_are_alike() -> None:
    """A thousand keys, a thousand ids and secrets."""
    keys = [new_key("live", caller="x")[0] for _ in range(1000)]
    assert len({key[8:16] for key in keys}) == len({key[17:60] for key in keys}) == 1000


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(bearer(KEY), id="bearer"),
        pytest.param({"authorization": f"bearer {KEY}"}, id="the scheme in any case"),
        pytest.param({"x-api-key": KEY}, id="x-api-key"),
        pytest.param({"x-api-key": KEY, **bearer(KEY)}, id="the same twice"),
    ],
)
def test_a_good_key_names_its_caller(headers: dict[str, str]) -> None:
    """In either header."""
    assert KEYS.authenticate(headers) == Caller(id="web-app")


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic dXNlcjpwYXNz"}, bearer("eyJhbGciOiJub25lIn0.e30."), bearer("")],
    ids=str,
)
def test_another_kind_of_credential_is_not_judged(headers: dict[str, str]) -> None:
    """What is no API key is left to the next authenticator."""
    assert KEYS.authenticate(headers) is None


def flipped(key: str, place: int) -> str:
    return key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :]


def with_checksum(body: str) -> str:
    """A key that is well formed, made of whatever ``body`` says."""
    from scribepass.callers.api_keys import _checksum

    return body + _checksum(body)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(with_checksum(f"sp_live_AAAAAAAA_{'A' * 43}"), id="unknown id"),
        pytest.param(with_checksum(KEY[:17] + "A" * 43), id="wrong secret"),
        pytest.param(with_checksum(OTHER[:17] + KEY[17:60]), id="another's secret"),
        pytest.param(with_checksum(f"sp_test_{KEY[8:60]}"), id="another environment"),
        pytest.param(flipped(KEY, 30), id="one character of the secret"),
        pytest.param(flipped(KEY, len(KEY) - 1), id="one character of the checksum"),
        pytest.param(KEY[:-1], id="cut"),
        pytest.param(KEY + "A", id="longer"),
        pytest.param(KEY + "\n", id="a trailing line break"),
        pytest.param(KEY.swapcase(), id="in another case"),
        pytest.param("sp_", id="nearly nothing"),
        pytest.param(f"sp_live_{'é' * 8}_{'é' * 49}", id="not ASCII"),
        pytest.param("sp_live_" + "A" * 100_000, id="huge"),
    ],
)
def test_every_bad_key_gets_the_same_refusal(key: str) -> None:
    """Unknown id and wrong secret cannot be told apart, and nothing of the key is in the error."""
    with pytest.raises(Unauthenticated) as raised:
        KEYS.authenticate({"x-api-key": key})
    assert str(raised.value) == "a valid credential is required"
    assert raised.value.scheme == "Bearer"


def test_two_different_keys_are_refused() -> None:
    """Which of them was meant is not for us to guess."""
    with pytest.raises(Unauthenticated):
        KEYS.authenticate({"x-api-key": OTHER, **bearer(KEY)})


def test_an_empty_header_is_a_bad_key() -> None:
    """A client that sends an empty key meant to send one."""
    with pytest.raises(Unauthenticated):
        KEYS.authenticate({"x-api-key": ""})


def test_several_keys_of_one_caller_are_good_at_once() -> None:
    """Rotation: the new key works before the old one is taken out of the file."""
    second, record = new_key("live", caller="web-app")
    both = ApiKeys([RECORD, record])
    assert both.authenticate(bearer(KEY)) == both.authenticate(bearer(second)) == Caller(id="web-app")
    with pytest.raises(Unauthenticated):
        ApiKeys([record]).authenticate(bearer(KEY))


@pytest.mark.parametrize(
    ("env", "caller"),
    [
        ("LIVE", "x"),
        ("", "x"),
        ("a_b", "x"),
        ("live", ""),
        ("live", "a b"),
        ("live", "x" * 65),
        ("live", "é"),
    ],
)
def test_names_that_would_not_survive_are_refused(env: str, caller: str) -> None:
    """The parts of a key and of a log line have plain characters."""
    with pytest.raises(ValueError, match="must match"):
        new_key(env, caller=caller)
