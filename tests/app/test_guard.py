"""The guard: nothing is served to a stranger unless it is listed as open."""

from collections.abc import Mapping
from unittest.mock import ANY

import pytest

from scribepass.app.guard import OPEN_ENDPOINTS
from scribepass.callers import Caller
from scribepass.errors import IssuerUnavailable, Unauthenticated
from support.logs import captured
from support.service import BEARER, KEY, QUERY, Service, service

LOCAL = {"env": "local", "anonymous": True}


def test_every_route_is_guarded_or_listed_as_open(tmp_path: object) -> None:
    """Whoever adds a route without a key to it has to add it to this list, in sight of a reviewer."""
    it = service(settings={"page_dir": tmp_path})
    endpoints = {rule.endpoint for rule in it.app.url_map.iter_rules()}
    assert endpoints == {*OPEN_ENDPOINTS, "presign", "close", "catalogue"}
    assert {"healthz", "readyz", "page", "openapi", "docs", "docs_css"} == OPEN_ENDPOINTS
    for rule in it.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = it.client.open(
                rule.rule.replace("<path:name>", "x").replace("<ticket_id>", "x"), method=method
            )
            assert (answer.status_code == 401) == (rule.endpoint not in OPEN_ENDPOINTS), rule


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"X-API-Key": ""}, id="empty"),
        pytest.param({"X-API-Key": KEY[:-1] + "!"}, id="malformed"),
        pytest.param({"X-API-Key": KEY.replace("_test_", "_live_")}, id="of another environment"),
        pytest.param({"Authorization": f"Bearer {KEY[:20]}{'A' * 40}{KEY[60:]}"}, id="wrong"),
        pytest.param({"Authorization": f"Basic {KEY}"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, id="an unsigned token"),
        pytest.param({"Authorization": KEY}, id="no scheme"),
        pytest.param({"Cookie": f"key={KEY}"}, id="a cookie"),
        pytest.param({"Authorization": "Bearer " + "A" * 60_000}, id="huge"),
        pytest.param({"Authorization": "Bearer sp_live_ÿÿÿÿÿÿÿÿ_x"}, id="Latin-1"),
    ],
)
def test_every_stranger_gets_the_same_answer(it: Service, headers: dict[str, str]) -> None:
    """401 with the scheme, identical to the byte but for the request's id."""
    same = {"X-Request-Id": "the-same-id"}
    first = it.client.get(f"/presign?{QUERY}", headers=same)
    answer = it.client.get(f"/presign?{QUERY}", headers=headers | same)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="scribepass"'
    assert answer.data == first.data
    assert dict(answer.headers) == dict(first.headers)


@pytest.mark.parametrize("headers", [BEARER, {"X-API-Key": KEY}], ids=["Authorization", "X-API-Key"])
def test_a_caller_with_a_key_is_let_in(it: Service, headers: dict[str, str]) -> None:
    """In either header."""
    assert it.client.get("/catalogue", headers=headers).status_code == 200


class Broken:
    """An authenticator that fails in a way that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def authenticate(self, _headers: Mapping[str, str]) -> Caller | None:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyError("x"), OSError("x")], ids=repr)
def test_a_broken_authenticator_lets_nobody_in(error: Exception) -> None:
    """Fail closed: an error while looking is never a yes."""
    answer = service(authenticator=Broken(error)).get()
    assert answer.status_code >= 500
    assert "url" not in (answer.json or {})


NAMES = ["api_key", "apikey", "API-KEY", "X-API-Key", "key", "access_token", "token", "id_token", "jwt",
"auth",
         "authorization", "bearer", "password", "secret"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("headers", [{}, BEARER], ids=["without a key", "with a key"])
def test_a_credential_in_the_query_is_refused(it: Service, name: str, headers: dict[str, str]) -> None:
    """Even beside a good one: a query is logged on its way, so nobody shall get used to it."""
    with captured() as log:
        answer = it.client.get(f"/presign?{QUERY}&{name}={KEY}", headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["problems"][0]["code"] == "credential"
    assert KEY not in answer.text
    assert KEY[20:] not in log.text


def test_a_key_under_any_name_in_the_query_is_refused(it: Service) -> None:
    """It is known by its form."""
    answer = it.client.get(f"/presign?{QUERY}&vocabulary-name={KEY}", headers=BEARER)
    assert answer.status_code == 400
    for shape in (KEY.replace("_", "%5F"), KEY.replace("s", "%73", 1), f"a{KEY}"):
        answer = it.get(f"{QUERY}&vocabulary-name={shape}")
        assert answer.json is not None
        assert answer.json["problems"][0]["code"] == "credential"
    assert it.get(f"{QUERY}&{KEY.replace('_', '%5F')}=1").json == answer.json | {"request_id": ANY}
    assert it.get(f"{QUERY}&vocabulary-name=sp_words_2").status_code == 200


def test_a_page_navigation_is_refused(it: Service) -> None:
    """A link to /presign would leave the URL in history; only scripts and programs ask for tickets."""
    navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
    answer = it.get(headers=navigation)
    assert answer.status_code == 403
    assert it.get(headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert it.client.get("/healthz", headers=navigation).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("127.3.2.1", 200), ("", 200), ("10.0.0.1", 401),
     ("::ffff:10.0.0.1", 401), ("203.0.113.9", 401), ("localhost.evil.example", 401), (None, 401)],
)  # fmt: skip
def test_the_anonymous_come_from_this_machine_only(address: str | None, status: int) -> None:
    """Whatever address is bound: a peer that is neither loopback nor a Unix socket gets no ticket."""
    it = service(settings=LOCAL)
    environ = {"REMOTE_ADDR": address} if address is not None else {}
    if address is None:
        it.client.environ_base.pop("REMOTE_ADDR", None)
    answer = it.client.get(f"/presign?{QUERY}", environ_overrides=environ)
    assert answer.status_code == status


def test_forwarded_headers_make_nobody_local() -> None:
    """The address is the peer's; what a client says about itself counts for nothing."""
    it = service(settings=LOCAL)
    forged = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "X-Real-IP": "127.0.0.1"}
    answer = it.client.get(f"/presign?{QUERY}", headers=forged, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
    assert answer.status_code == 401


def test_a_bad_key_is_refused_also_where_no_key_is_needed() -> None:
    """Who presents a key wants to know that it is bad."""
    it = service(settings=LOCAL)
    assert it.client.get(f"/presign?{QUERY}").status_code == 200
    assert it.client.get(f"/presign?{QUERY}", headers={"X-API-Key": "x"}).status_code == 401
    assert it.client.get(f"/presign?{QUERY}", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    ("host", "served"),
    [("localhost", True), ("localhost:8000", True), ("127.0.0.1:8000", True), ("[::1]:8000", True),
     ("[::1]", True), ("LOCALHOST:8000", True), ("evil.example", False),
     ("localhost.evil.example:8000", False), ("127.0.0.1.evil.example", False), ("0.0.0.0:8000", False),
     ("evil.example@localhost", False), ("localhost/..", False), ("", False), ("[::2]", False),
     ("localhost:8000:1", False)],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/healthz", f"/presign?{QUERY}"])
def test_a_foreign_name_of_this_machine_is_not_served(host: str, served: bool, path: str) -> None:
    """DNS rebinding: a page of a name that an attacker points to 127.0.0.1 gets nothing, on any path."""
    answer = service(settings=LOCAL).client.get(path, headers={"Host": host})
    assert answer.status_code == (200 if served else 400)


def test_in_production_the_proxy_decides_about_hosts(it: Service) -> None:
    """A key is needed there, so a foreign name gains nothing."""
    assert it.get(headers={"Host": "tickets.example.com"}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abcdefgh", True), ("A-1" * 20, True), ("A-b4" * 16, True), ("short", False), ("a" * 65, False),
     ("", False), ("with space", False), ("a_underscore", False), ("aaaaaaaa\u00e9", False),
     ("aaaaaaaa;x=1", False)],
)  # fmt: skip
def test_a_request_id_is_kept_if_it_is_harmless(it: Service, sent: str, kept: bool) -> None:
    """It comes back in the header and in problems, and stands in the log; any other is replaced."""
    with captured() as log:
        answer = it.client.get("/nowhere", headers={"X-Request-Id": sent})
    assert answer.json is not None
    id_ = answer.headers["X-Request-Id"]
    assert (id_ == sent) is kept
    assert len(id_) >= 8
    assert answer.json["request_id"] == id_
    assert log.named("request_refused")[0]["request_id"] == id_


class Counts:
    """Metrics that keep what is counted."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, dict[str, str]]] = []

    def count(self, name: str, /, **labels: str) -> None:
        self.counted.append((name, labels))

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        pass

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        pass


class Corp:
    """Knows one token, and refuses, or cannot tell, of others."""

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        match headers.get("authorization", "").partition(" ")[2]:
            case "good":
                return Caller(id="corp|ada", source="corp")
            case "away":
                raise IssuerUnavailable("corp")
            case _:
                raise Unauthenticated("Bearer")


def test_every_credential_is_counted_once() -> None:
    """By where it is from and what became of it; of a refused one nobody knows where it is from."""
    metrics = Counts()
    it = service(authenticator=Corp(), metrics=metrics)
    for token, status in (("good", 200), ("away", 503), ("bad", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert it.client.get(f"/presign?{QUERY}", headers=headers).status_code == status
    assert [labels for name, labels in metrics.counted if name == "authentications"] == [
        {"source": "corp", "result": "ok"},
        {"source": "corp", "result": "unavailable"},
        {"source": "any", "result": "refused"},
    ]
