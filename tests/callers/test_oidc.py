"""Oidc: callers by access tokens of several issuers, each by its own rules."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from scribepass.callers import Caller, FirstOf
from scribepass.callers.api_keys import ApiKeys, new_key
from scribepass.callers.issuers import Issuer
from scribepass.callers.oidc import Oidc
from scribepass.errors import IssuerUnavailable, Unauthenticated
from support.clock import START, Clock
from support.logs import captured
from support.tokens import Desk, access_token, bearer, issuer, jwk, key

NOW = int(START.timestamp())
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
NUMBERS = count()


Make = Callable[..., Oidc]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> Desk:
    return Desk(*(jwk(key(each), each) for each in ALGORITHMS))


@pytest.fixture
def make(clock: Clock, desk: Desk) -> Iterator[Make]:
    made: list[Oidc] = []

    def one(*issuers: Issuer, **changed: object) -> Oidc:
        given = {"clock": clock, "fetch": desk.fetch, "monotonic": clock.monotonic, **changed}
        made.append(Oidc(issuers or [trusted()], **given))  # type: ignore[arg-type]
        return made[-1]

    yield one
    desk.gate.set()
    for each in made:
        each.close()


def trusted(**changed: object) -> Issuer:
    """An issuer with an address of its own: what was fetched for one test is remembered for no other."""
    return issuer(**{"jwks_uri": f"https://login.example.com/{next(NUMBERS)}", **changed})


def cognito(**changed: object) -> Issuer:
    members = {
        "audience": [],
        "client_ids": ["web-app", "phone"],
        "token_use": "access",
        "required_scopes": [],
    }
    return trusted(name="cognito", **{**members, **changed})


def accepted(oidc: Oidc, text: str) -> bool:
    """Whether the token is; anything but a caller or Unauthenticated fails the test."""
    try:
        return oidc.authenticate(bearer(text)) is not None
    except Unauthenticated:
        return False


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_access_token_says_who_calls(make: Make, clock: Clock, algorithm: str) -> None:
    """By each algorithm that can be allowed; the caller is the issuer's name and the sub."""
    oidc = make(trusted(algorithms=ALGORITHMS))
    caller = oidc.authenticate(bearer(access_token(clock, algorithm=algorithm)))
    assert caller == Caller(id="corp|user-7", source="corp", key_id=None)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_issuer_signs_with_what_is_allowed_for_it_only(make: Make, clock: Clock, algorithm: str) -> None:
    """Also where it publishes keys for more."""
    oidc = make(trusted(algorithms=[each for each in ALGORITHMS if each != algorithm]))
    assert not accepted(oidc, access_token(clock, algorithm=algorithm))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"authorization": ""}, id="empty"),
        pytest.param({"authorization": "Bearer"}, id="no token"),
        pytest.param({"authorization": "Bearer sp_live_a.b.c"}, id="API key"),
        pytest.param({"authorization": "Bearer opaque"}, id="opaque"),
        pytest.param({"authorization": "Basic YTpi.YTpi.YTpi"}, id="Basic"),
        pytest.param({"authorization": "DPoP a.b.c"}, id="DPoP"),
        pytest.param({"x-api-key": "a.b.c"}, id="another header"),
    ],
)
def test_other_credentials_are_left_to_others(make: Make, headers: dict[str, str]) -> None:
    """None, and nobody is asked for keys."""
    assert make().authenticate(headers) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_in_any_case(make: Make, clock: Clock, scheme: str) -> None:
    """RFC 9110, 11.1."""
    assert make().authenticate({"authorization": f"{scheme} {access_token(clock)}"})


def test_keys_and_tokens_stand_side_by_side(make: Make, clock: Clock) -> None:
    """Whoever has either is known, and no caller of one can be taken for one of the other."""
    text, record = new_key("live", caller="web-app", now=START)
    both = FirstOf(ApiKeys([record]), make())
    by_key, by_token = both.authenticate(bearer(text)), both.authenticate(bearer(access_token(clock)))
    assert by_key is not None
    assert by_token is not None
    assert (by_key.source, by_token.source) == ("keys", "corp")
    assert "|" not in by_key.id
    assert "|" in by_token.id


def test_one_sub_of_two_issuers_is_two_callers(make: Make, clock: Clock, desk: Desk) -> None:
    """Each issuer's tokens hold by its own keys only."""
    other = Desk(jwk(key(number=1), "RS256"))
    one, two = trusted(), trusted(name="two", issuer="https://two.example.com")
    desks = {one.jwks_uri: desk, two.jwks_uri: other}
    oidc = make(one, two, fetch=lambda uri: desks[uri].fetch(uri))
    first = oidc.authenticate(bearer(access_token(clock)))
    second = oidc.authenticate(bearer(access_token(clock, private=key(number=1), iss=two.issuer)))
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == ("corp|user-7", "two|user-7")
    assert not accepted(oidc, access_token(clock, iss=two.issuer))
    assert not accepted(oidc, access_token(clock, private=key(number=1)))


@pytest.mark.parametrize(
    ("rules", "changed", "good"),
    [
        pytest.param({}, {"exp": NOW - 29}, True, id="expired within the leeway"),
        pytest.param({"leeway": 0}, {"exp": NOW}, False, id="expired, no leeway"),
        pytest.param({"leeway": 0}, {"exp": NOW + 1}, True, id="about to expire"),
        pytest.param({"leeway": 60}, {"exp": NOW - 59}, True, id="more leeway"),
        pytest.param({"leeway": 60}, {"exp": NOW - 60}, False, id="beyond it"),
        pytest.param({}, {"nbf": NOW + 30, "iat": NOW + 30}, True, id="a clock that is ahead"),
        pytest.param({}, {"exp": NOW + 0.5, "iat": NOW - 0.5}, True, id="fractions of a second"),
        pytest.param({}, {"iat": NOW - 10**6}, True, id="old, no max_age"),
        pytest.param({"max_age": 3600}, {"iat": NOW - 3630}, True, id="as old as may be"),
        pytest.param({"max_age": 3600}, {"iat": NOW - 3631}, False, id="too old"),
        pytest.param({}, {"aud": ["other", "https://scribepass.example.com"]}, True, id="several audiences"),
        pytest.param({"audience": ["a", "b"]}, {"aud": "b"}, True, id="several names of ours"),
        pytest.param({"client_ids": ["web-app"]}, {}, True, id="audience and client"),
        pytest.param({"client_ids": ["phone"]}, {}, False, id="audience, another client"),
        pytest.param({"client_ids": ["phone"]}, {"azp": "phone"}, False, id="client_id before azp"),
        pytest.param({"client_ids": ["phone"]}, {"client_id": ..., "azp": "phone"}, True, id="azp"),
        pytest.param({"client_ids": ["phone"]}, {"client_id": ["phone"]}, False, id="client list"),
        pytest.param({"client_ids": ["phone"]}, {"client_id": ...}, False, id="no client"),
        pytest.param({"required_scopes": []}, {"scope": ...}, True, id="no scope asked"),
        pytest.param({}, {"scope": ["transcribe"]}, True, id="scope list"),
        pytest.param({}, {"scope": ..., "scp": ["transcribe"]}, True, id="scp list"),
        pytest.param({}, {"scope": ..., "scp": "openid transcribe"}, True, id="scp text"),
        pytest.param({}, {"scope": "openid", "scp": "transcribe"}, False, id="scope before scp"),
        pytest.param({"required_scopes": ["a", "b"]}, {"scope": "b c a"}, True, id="two scopes"),
        pytest.param({"required_scopes": ["a", "b"]}, {"scope": "a"}, False, id="one of two scopes"),
        pytest.param({"token_use": "access"}, {"header": {"typ": ...}}, False, id="no token_use"),
        pytest.param({}, {"header": {"typ": "application/at+jwt"}}, True, id="typ in full"),
        pytest.param({}, {"header": {"typ": "AT+JWT"}}, True, id="typ in capitals"),
        pytest.param({"typ": ["JWT"]}, {"header": {"typ": "JWT"}}, True, id="typ JWT allowed"),
        pytest.param({"typ": ["JWT"]}, {"header": {"typ": ...}}, False, id="absent is not JWT"),
        pytest.param({"typ": ["absent"]}, {"header": {"typ": ...}}, True, id="absent allowed"),
        pytest.param({}, {"sub": "u" * 255}, True, id="sub of 255"),
        pytest.param({}, {"sub": "auth0|a b/c"}, True, id="sub printable"),
        pytest.param(
            {}, {"header": {"x5t": "abc", "jku": "https://evil.example.com"}}, True, id="jku ignored"
        ),
        pytest.param({}, {"act": {"sub": "x"}, "groups": ["a"] * 50}, True, id="other claims"),
    ],
)
def test_rules_are_the_issuers_own(
    make: Make, clock: Clock, rules: dict[str, object], changed: dict[str, object], good: bool
) -> None:
    """Each rule at its boundary."""
    assert accepted(make(trusted(**rules)), access_token(clock, **changed)) is good  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        pytest.param({}, True, id="access token"),
        pytest.param({"client_id": "phone"}, True, id="another client of ours"),
        pytest.param({"client_id": "nobody"}, False, id="another client"),
        pytest.param({"client_id": ...}, False, id="no client"),
        pytest.param({"token_use": "id"}, False, id="ID token"),
        pytest.param({"token_use": ...}, False, id="no token_use"),
        pytest.param({"token_use": ["access"]}, False, id="token_use list"),
        pytest.param({"aud": "web-app"}, False, id="an audience that is not us"),
        pytest.param({"header": {"typ": "JWT"}}, False, id="typ JWT"),
    ],
)
def test_cognito_has_no_audience(make: Make, clock: Clock, changed: dict[str, object], good: bool) -> None:
    """Its form of access tokens: client_id and token_use, neither aud nor typ."""
    shape: dict[str, object] = {"aud": ..., "token_use": "access", "header": {"typ": ...}}
    assert accepted(make(cognito()), access_token(clock, **{**shape, **changed})) is good  # type: ignore[arg-type]


def test_time_is_that_of_the_clock(make: Make, clock: Clock) -> None:
    """A token that was good expires."""
    oidc, text = make(), access_token(clock)
    assert accepted(oidc, text)
    clock.advance(629)
    assert accepted(oidc, text)
    clock.advance(1)
    assert not accepted(oidc, text)


def test_cold_while_the_issuer_is_down_is_no_fault_of_the_caller(
    make: Make, clock: Clock, desk: Desk
) -> None:
    """503 and not 401; a token of nobody that is trusted is refused all the same."""
    desk.die()
    oidc = make()
    with pytest.raises(IssuerUnavailable) as raised:
        oidc.authenticate(bearer(access_token(clock)))
    assert raised.value.issuer == "corp"
    assert not accepted(oidc, access_token(clock, iss="https://evil.example.com"))
    assert oidc.ages() == {"corp": None}
    assert not oidc.ready()


def test_ready_with_keys_of_every_issuer(make: Make, clock: Clock, desk: Desk) -> None:
    """And says how old they are, by the operator's names."""
    other = Desk(jwk(key(number=1), "RS256"))
    one, two = trusted(), trusted(name="two", issuer="https://two.example.com")
    desks = {one.jwks_uri: desk, two.jwks_uri: other}
    other.die()
    oidc = make(one, two, fetch=lambda uri: desks[uri].fetch(uri))
    assert accepted(oidc, access_token(clock))
    clock.advance(3)
    assert oidc.ages() == {"corp": 3, "two": None}
    assert not oidc.ready()
    other.revive()
    assert accepted(oidc, access_token(clock, private=key(number=1), iss=two.issuer))
    assert oidc.ready()


def test_start_fetches_before_the_first_request(make: Make, desk: Desk) -> None:
    """So that the first token finds the keys there."""
    oidc = make()
    assert desk.asked == []
    oidc.start()
    assert desk.entered.wait(10)


def test_a_new_worker_remembers_what_an_old_one_fetched(make: Make, clock: Clock, desk: Desk) -> None:
    """In one process and its children, by the address of the keys."""
    known = trusted()
    assert accepted(make(known), access_token(clock))
    desk.die()
    assert accepted(make(known), access_token(clock))


def test_a_flood_of_forged_tokens_leaves_good_ones_alone(make: Make, clock: Clock, desk: Desk) -> None:
    """10,000 random kids in 10 s of time: one fetch more, and every good token is accepted."""
    oidc, text = make(trusted(algorithms=["EdDSA"])), access_token(clock, algorithm="EdDSA")
    assert accepted(oidc, text)
    for number in range(10_000):
        clock.advance(0.001)
        unsigned = access_token(clock, algorithm="EdDSA", kid=f"random-{number}")
        assert not accepted(oidc, unsigned)
        if not number % 100:
            assert accepted(oidc, text)
    assert len(desk.asked) == 2


def test_many_threads_at_once(make: Make, clock: Clock, desk: Desk) -> None:
    """Cold: they share one fetch; a few wait for it, the others are told to come again, and are let in."""
    oidc = make()
    texts = {f"corp|user-{number}": access_token(clock, sub=f"user-{number}") for number in range(40)}

    def ask(name: str) -> str | None:
        try:
            caller = oidc.authenticate(bearer(texts[name]))
        except IssuerUnavailable as error:
            return None if error.retry_after == 1 else "told wrongly"
        return caller.id if caller else "unknown"

    with ThreadPoolExecutor(20) as pool:
        first = dict(zip(texts, pool.map(ask, texts), strict=True))
    assert all(found in (None, name) for name, found in first.items())
    assert any(first.values())
    assert [ask(name) for name in texts] == list(texts)
    assert len(desk.asked) == 1


class Broken(Clock):
    """A clock that fails where the claims are checked."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Exception | None = None

    def __call__(self) -> object:  # type: ignore[override]
        if self.fault is not None and threading.current_thread().name == "MainThread":
            raise self.fault
        return self.now


@pytest.mark.parametrize(
    "fault", [ValueError("eyJ.eyJ.x"), KeyError("x"), RecursionError(), MemoryError()], ids=repr
)
def test_whatever_fails_within_nobody_is_let_in(make: Make, clock: Clock, fault: Exception) -> None:
    """A fault of ours is a refusal too, and one that is told as an error, without its text."""
    broken = Broken()
    oidc = make(clock=broken)
    text = access_token(clock)
    assert accepted(oidc, text)
    broken.fault = fault
    with captured("info") as lines, pytest.raises(Unauthenticated):
        oidc.authenticate(bearer(text))
    (error,) = lines.named("token_not_verified")
    assert (error["level"], error["error"], error["source"]) == ("error", type(fault).__name__, "corp")
    (refused,) = lines.named("token_refused")
    assert refused["reason"] == "fault"
    assert "eyJ" not in lines.text


def test_the_log_says_why_and_nothing_of_the_token(make: Make, clock: Clock) -> None:
    """One line at INFO, with the issuer's name once it is known; of what was accepted, none."""
    oidc = make()
    text = access_token(clock, exp=NOW - 60, sub="canary-of-the-sub")
    with captured("debug") as lines:
        assert accepted(oidc, access_token(clock, sub="canary-of-the-sub"))
        assert not accepted(oidc, text)
        assert not accepted(oidc, access_token(clock, iss="https://canary.example.com"))
    expired, unknown = lines.named("token_refused")
    assert (expired["level"], expired["source"], expired["reason"]) == ("info", "corp", "expired")
    assert (unknown["source"], unknown["reason"]) == ("none", "unknown_issuer")
    assert "canary" not in lines.text
    assert not [part for part in text.split(".") if part in lines.text]


def test_nothing_of_a_token_is_in_a_repr(clock: Clock) -> None:
    """Where a debugger or a log prints one."""
    from scribepass.callers.tokens import Token

    text = access_token(clock)
    assert text.split(".")[2] not in repr(Token.read(text))
    assert "user-7" not in repr(Token.read(text))
