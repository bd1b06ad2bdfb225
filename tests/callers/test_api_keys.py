"""API keys: who holds one is known, and everybody else gets one and the same answer."""

import contextlib
import dataclasses
import hashlib
import random
import re
import statistics
import string
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest

from scribepass.callers import Authenticator, Caller
from scribepass.callers.api_keys import KEY as FORM
from scribepass.callers.api_keys import ApiKeys, KeyRecord, is_key, new_key
from scribepass.errors import Unauthenticated
from support.clock import START, Clock

KEY, RECORD = new_key("live", caller="web-app", now=START)
OTHER, OTHER_RECORD = new_key("live", caller="phone", now=START)
PAST, PAST_RECORD = new_key("live", caller="tablet", now=START, expires_at=START)
KEYS = ApiKeys([RECORD, OTHER_RECORD, PAST_RECORD], clock=Clock())
WEB_APP = Caller(id="web-app", source="keys", key_id=RECORD.id)


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
    """In either header; which key it was is told, too, for the audit log."""
    assert KEYS.authenticate(headers) == WEB_APP


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


UNKNOWN = with_checksum(f"sp_live_AAAAAAAA_{'A' * 43}")
WRONG = with_checksum(KEY[:17] + "A" * 43)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(UNKNOWN, id="unknown id"),
        pytest.param(WRONG, id="wrong secret"),
        pytest.param(PAST, id="expired"),
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
        pytest.param(f"{KEY[:-1]}\ud800", id="half a character"),
        pytest.param(f" {KEY}", id="a space before"),
        pytest.param(f"{KEY}\0", id="a NUL after"),
        pytest.param(RECORD.sha256, id="the hash that is kept"),
        pytest.param("sp_live_" + "A" * 100_000, id="huge"),
    ],
)
def test_every_bad_key_gets_the_same_refusal(key: str) -> None:
    """Unknown id and wrong secret cannot be told apart, and nothing of the key is in the error."""
    with pytest.raises(Unauthenticated) as raised:
        KEYS.authenticate({"x-api-key": key})
    assert type(raised.value) is Unauthenticated
    assert raised.value.args == ("a valid credential is required",)
    assert vars(raised.value) == {"scheme": "Bearer"}
    assert raised.value.__cause__ is raised.value.__context__ is None


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
    assert both.authenticate(bearer(KEY)) == WEB_APP
    assert both.authenticate(bearer(second)) == Caller(id="web-app", key_id=record.id)
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
        ("live", "issuer|sub"),
        ("live", "anonymous"),
    ],
)
def test_names_that_would_not_survive_are_refused(env: str, caller: str) -> None:
    """The parts of a key and of a log line have plain characters, and no name is that of another source."""
    with pytest.raises(ValueError, match="must"):
        new_key(env, caller=caller)


def test_a_key_is_good_until_the_moment_it_expires() -> None:
    """By the clock of each request: to the microsecond before, and no more at the time itself."""
    key, record = new_key("live", caller="web-app", now=START, expires_at=START + timedelta(days=1))
    clock = Clock()
    keys = ApiKeys([record], clock=clock)
    clock.now = START + timedelta(days=1, microseconds=-1)
    assert record.is_live(now=clock())
    assert keys.authenticate(bearer(key)) == Caller(id="web-app", key_id=record.id)
    clock.now = START + timedelta(days=1)
    assert not record.is_live(now=clock())
    with pytest.raises(Unauthenticated):
        keys.authenticate(bearer(key))


@pytest.mark.parametrize(
    "zone", [timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))], ids=["east", "west"]
)
def test_an_expiry_is_a_moment_whatever_its_zone(zone: timezone) -> None:
    """Times are compared, not their digits."""
    key, record = new_key("live", caller="x", expires_at=(START + timedelta(seconds=1)).astimezone(zone))
    clock = Clock()
    keys = ApiKeys([record], clock=clock)
    assert keys.authenticate(bearer(key)) is not None
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        keys.authenticate(bearer(key))


@pytest.mark.parametrize("name", ["created_at", "expires_at"])
def test_times_without_a_zone_are_refused(name: str) -> None:
    """They would mean another moment on another machine."""
    times: dict[str, datetime] = {"created_at": START, name: START.replace(tzinfo=None)}
    with pytest.raises(ValueError, match=f"{name} must be timezone-aware"):
        KeyRecord(id=RECORD.id, env="live", caller="x", sha256=RECORD.sha256, **times)


def test_a_scanner_finds_a_key_and_nothing_else() -> None:
    """The form finds keys in a text; of 10,000 strings of that form without their checksum, none is a key."""
    leaked = f"Authorization: Bearer {KEY}\nkey='{OTHER}' sp_live_AAAAAAAA_short"
    assert [found[0] for found in FORM.finditer(leaked)] == [KEY, OTHER]
    assert is_key(KEY)
    dice = random.Random(36)
    base64url = f"{string.ascii_letters}{string.digits}-_"
    for _ in range(10_000):
        id_ = "".join(dice.choices(base64url[:62], k=8))
        secret, checksum = dice.choices(base64url, k=43), dice.choices(base64url[:62], k=6)
        noise = f"sp_live_{id_}_{''.join(secret)}{''.join(checksum)}"
        assert FORM.fullmatch(noise)
        assert not is_key(noise)


def test_every_slip_of_a_character_is_seen() -> None:
    """A key with one character changed, left out or doubled is no key: CRC-32 finds all of these."""
    for place in range(len(KEY)):
        assert not is_key(flipped(KEY, place))
        assert not is_key(KEY[:place] + KEY[place] + KEY[place:])
        assert not is_key(KEY[:place] + KEY[place + 1 :])


def test_what_has_no_checksum_is_no_key_whatever_the_file_says() -> None:
    """A hash that somebody put there by hand does not make one."""
    text = flipped(KEY, len(KEY) - 1)
    record = dataclasses.replace(RECORD, sha256=hashlib.sha256(text.encode()).hexdigest())
    with pytest.raises(Unauthenticated):
        ApiKeys([record], clock=Clock()).authenticate(bearer(text))


def welch(first: list[int], second: list[int]) -> float:
    """Welch's t of two samples, without the slowest tenth of each: those waited for something else."""
    one, two = (sorted(each)[: len(each) * 9 // 10] for each in (first, second))
    spread = statistics.variance(one) / len(one) + statistics.variance(two) / len(two)
    return (statistics.fmean(one) - statistics.fmean(two)) / spread**0.5


def with_other_secret(key: str) -> str:
    return with_checksum(key[:17] + new_key("live", caller="x")[0][17:60])


def wrong() -> str:
    return with_other_secret(KEY)


def unknown() -> str:
    return with_other_secret(UNKNOWN)


def damaged() -> str:
    return flipped(wrong(), len(KEY) - 1)


def expired() -> str:
    return PAST


def always_unknown() -> str:
    return UNKNOWN


def fresh_keys() -> ApiKeys:
    return ApiKeys([RECORD, OTHER_RECORD, PAST_RECORD], clock=Clock())


def told_apart(authenticator: Authenticator, first: Callable[[], str], second: Callable[[], str]) -> float:
    """How clearly the times of two kinds of refusals differ, over 20,000 of them in random order.

    Each key is a string of its own, and they lie in memory in the order in which they are asked: else it is
    their places that are measured.
    """
    kinds = [first, second] * 10_000
    random.shuffle(kinds)
    texts = [kind() for kind in kinds]
    times: dict[Callable[[], str], list[int]] = {first: [], second: []}
    for kind, headers in zip(kinds, [{"x-api-key": each.encode().decode()} for each in texts], strict=True):
        began = time.perf_counter_ns()
        with contextlib.suppress(Unauthenticated):
            authenticator.authenticate(headers)
        times[kind].append(time.perf_counter_ns() - began)
    return abs(welch(times[first], times[second]))


@pytest.mark.parametrize(("first", "second"), [(unknown, wrong), (damaged, wrong), (expired, always_unknown)])
def test_refusals_take_equally_long(first: Callable[[], str], second: Callable[[], str]) -> None:
    """Whether an id exists, and why its key is refused, does not show in the time.

    Welch's t is mostly below 4.5, the usual bound; one of three rounds must be below 10, which is some 20 ns.
    """
    assert any(told_apart(fresh_keys(), first, second) < 10 for _ in range(3))


def test_a_hasty_refusal_would_be_measured() -> None:
    """The same measurement sees at once where an unknown id is refused without a comparison."""

    class Hasty(ApiKeys):
        def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
            if headers["x-api-key"][8:16] != RECORD.id:
                raise Unauthenticated("Bearer")
            return super().authenticate(headers)

    assert told_apart(Hasty([RECORD], clock=Clock()), unknown, wrong) > 30
