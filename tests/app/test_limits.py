"""Limits as callers meet them: what is refused, with which words and headers, and what is not."""

import dataclasses
from datetime import timedelta

import pytest

from scribepass.callers import ANONYMOUS
from scribepass.policy import parse
from scribepass.quotas import Ceiling
from scribepass.quotas.building import build_quotas
from support.clock import Clock
from support.service import ASKED, BEARER, KEY, QUERY, Service, service

POLICY = """
[default]
[default.quota]
per_minute = {per_minute}
burst = {burst}
per_hour = {per_hour}
sessions = {sessions}
"""


def limited(
    *,
    ceiling: Ceiling | None = None,
    failures: int = 0,
    settings: dict[str, object] | None = None,
    **numbers: int,
) -> Service:
    """A service with these limits for its one caller, and no others; time is the quotas' own."""
    clock = Clock()
    quotas = build_quotas(
        None,
        ceiling=ceiling or Ceiling(sessions=0, per_second=0, burst=0),
        failures_per_minute=failures,
        share=1.0,
        monotonic=clock.monotonic,
    )
    chosen = {"per_minute": 0, "burst": 1, "per_hour": 0, "sessions": 0, **numbers}
    it = service(policy=parse(POLICY.format(**chosen)), quotas=quotas, settings=settings)
    it.clock = clock
    return it


@pytest.mark.parametrize(
    ("numbers", "allowed", "code", "wait"),
    [
        pytest.param({"per_minute": 6, "burst": 6}, 6, "rate_limited", 60, id="per minute"),
        pytest.param({"per_minute": 10, "burst": 2}, 2, "rate_limited", 12, id="burst"),
        pytest.param({"per_hour": 3}, 3, "rate_limited", 3600, id="per hour"),
    ],
)
def test_a_caller_is_told_when_to_come_back(
    numbers: dict[str, int], allowed: int, code: str, wait: int
) -> None:
    """429 with Retry-After, and after that time a ticket."""
    it = limited(**numbers)
    for _ in range(allowed):
        assert it.post().status_code == 201
    answer = it.post()
    assert (answer.status_code, answer.json["code"]) == (429, code)
    after = int(answer.headers["Retry-After"])
    assert 1 <= after <= wait
    it.clock.advance(after)
    assert it.post().status_code == 201


def test_outstanding_tickets_count_until_their_lease_ends() -> None:
    """Nobody has to wait so long: one may be closed any moment, so Retry-After is short."""
    it = limited(sessions=2)
    assert [it.post().status_code for _ in range(3)] == [201, 201, 429]
    answer = it.post()
    assert answer.json["code"] == "too_many_sessions"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    it.clock.advance(3599)
    assert it.post().status_code == 429
    it.clock.advance(1)
    assert it.post().status_code == 201


def test_all_callers_together_have_a_ceiling() -> None:
    """503: it is not this caller who asks too often."""
    it = limited(ceiling=Ceiling(sessions=2, per_second=0, burst=0))
    assert [it.post().status_code for _ in range(3)] == [201, 201, 503]
    answer = it.post()
    assert answer.json["code"] == "at_capacity"
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_closed_session_makes_room() -> None:
    """Reported by its holder, a ticket no longer counts."""
    it = limited(sessions=1)
    ticket = it.post().json
    assert it.post().status_code == 429
    assert it.client.post(f"/sessions/{ticket['ticket_id']}/closed", headers=BEARER).status_code == 204
    assert it.post().status_code == 201


def test_a_session_that_goes_on_is_no_second_one() -> None:
    """Another ticket of the same session does not count twice."""
    it = limited(sessions=1)
    ticket = it.post().json
    again = it.post({**ASKED, "ticket-id": ticket["ticket_id"], "session-id": ticket["session_id"]})
    assert (again.status_code, again.json["session_id"]) == (201, ticket["session_id"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"session-id": "4b1f2d3c-0000-4000-8000-000000000000"}, 400, "invalid_parameters"),
        ({"ticket-id": "tk_" + "A" * 56}, 403, "forbidden"),
        ({"ticket-id": 5}, 400, "invalid_parameters"),
        ({"ticket-id": ""}, 403, "forbidden"),
        ({"ticket-id": "tk_\u2028"}, 403, "forbidden"),
    ],
)
def test_a_session_that_was_not_issued_cannot_be_named(
    body: dict[str, object], status: int, code: str
) -> None:
    """Without its ticket it is a fault of the request; with a wrong one it is refused, and says no more."""
    answer = limited().post({**ASKED, **body})
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_tickets_say_how_many_are_left() -> None:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), readable by pages too."""
    it = limited(per_minute=5, burst=5)
    origin = {"Origin": "https://app.example.com"}
    answers = [it.post(headers=origin) for _ in range(5)]
    assert {each.headers["RateLimit-Policy"] for each in answers} == {'"caller";q=5;w=60'}
    left = [each.headers["RateLimit"] for each in answers]
    assert [each.partition(";t=")[0] for each in left] == [
        f'"caller";r={number}' for number in (4, 3, 2, 1, 0)
    ]
    assert all(0 < int(each.partition(";t=")[2]) <= 60 for each in left)


def test_what_is_refused_counts_too() -> None:
    """Whoever sends nonsense uses up requests like anybody else."""
    it = limited(per_minute=2, burst=2)
    assert [it.post({"x": 1}).status_code for _ in range(3)] == [400, 400, 429]


def test_an_outage_of_ours_costs_the_caller_nothing() -> None:
    """While there are no credentials nothing is counted: whoever obeyed Retry-After is served afterwards."""
    it = limited(per_hour=3)
    held, it.held.credentials = it.held.credentials, None
    assert [it.post().status_code for _ in range(10)] == [503] * 10
    it.held.credentials = dataclasses.replace(held, expires_at=it.held.clock() + timedelta(seconds=44))
    assert [it.post().status_code for _ in range(10)] == [503] * 10
    it.held.credentials = held
    assert [it.post().status_code for _ in range(4)] == [201, 201, 201, 429]


def test_a_refusal_says_where_the_caller_stands() -> None:
    """The same headers as on a ticket: nothing is left, and for how long."""
    it = limited(per_minute=1, burst=1)
    assert it.post().status_code == 201
    answer = it.post()
    assert answer.headers["RateLimit"] == f'"caller";r=0;t={answer.headers["Retry-After"]}'
    assert answer.headers["RateLimit-Policy"] == '"caller";q=1;w=60'


def test_failures_are_limited_by_address_and_harm_nobody_else() -> None:
    """Guessing is answered 429 after a while; a good key from the same address goes on."""
    it = limited(failures=5)
    bad = {"X-API-Key": KEY[:-8] + "AAAAAAAA"}
    statuses = [it.client.get(f"/presign?{QUERY}", headers=bad).status_code for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    answer = it.client.get(f"/presign?{QUERY}", headers=bad)
    assert answer.json["code"] == "too_many_failures"
    assert int(answer.headers["Retry-After"]) >= 1
    assert it.get().status_code == 200
    elsewhere = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
    assert it.client.get(f"/presign?{QUERY}", headers=bad, **elsewhere).status_code == 401


def test_the_address_of_a_failure_is_never_what_its_sender_says() -> None:
    """A new X-Forwarded-For each time is no new address, unless a proxy of ours added it."""
    proxied = {"trusted_hops": 1, "forwarded_allow_ips": "10.0.0.0/8"}
    it = limited(failures=3, settings=proxied)

    def guess(forwarded: str, *, peer: str) -> int:
        return it.client.get(
            f"/presign?{QUERY}", headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": peer}
        ).status_code

    direct = [guess(f"203.0.113.{number}", peer="198.51.100.7") for number in range(5)]
    assert direct == [401, 401, 401, 429, 429]
    forged = [guess(f"1.1.1.{number}, 203.0.113.9", peer="10.0.0.1") for number in range(5)]
    assert forged == [401, 401, 401, 429, 429]
    assert guess("203.0.113.10", peer="10.0.0.1") == 401


@pytest.mark.parametrize(
    ("peer", "scheme", "status"),
    [
        pytest.param("10.0.0.1", "http", 403, id="a proxy says http"),
        pytest.param("10.0.0.1", "HTTP", 403, id="in capitals"),
        pytest.param("10.0.0.1", "https", 200, id="a proxy says https"),
        pytest.param("10.0.0.1", "https, https", 200, id="two proxies say https"),
        pytest.param("10.0.0.1", "https, http", 403, id="the last of two says http"),
        pytest.param("10.0.0.1", "http,https", 403, id="the first of two says http"),
        pytest.param("10.0.0.1", "ws", 403, id="something else"),
        pytest.param("10.0.0.1", None, 200, id="a proxy says nothing"),
        pytest.param("198.51.100.7", "http", 200, id="somebody else says http"),
    ],
)
def test_plain_http_is_refused_and_not_redirected(peer: str, scheme: str | None, status: int) -> None:
    """By the time of a redirect the key has gone over the network in clear: it must be noticed."""
    it = limited(settings={"forwarded_allow_ips": "10.0.0.0/8"})
    headers = {"X-Forwarded-Proto": scheme} if scheme else {}
    answer = it.get(headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == status
    assert "Location" not in answer.headers
    if status == 403:
        assert [each["code"] for each in answer.json["problems"]] == ["plain_http"]


def test_the_anonymous_have_their_own_rules() -> None:
    """They are a source of callers like any other."""
    policy = parse(
        "[default]\noperations = []\n[class.here]\noperations = 'all'\n[issuers]\nanonymous = 'here'\n"
    )
    assert policy.rules_of(ANONYMOUS).name == "here"
