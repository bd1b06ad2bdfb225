"""Errors over HTTP: problem details for every one, and no word of what is inside."""

from pathlib import Path

import pytest
from werkzeug.exceptions import BadGateway

from scribepass.app.kinds import TYPE_PREFIX
from scribepass.credentials import Need
from scribepass.errors import (
    Forbidden,
    IssuerUnavailable,
    LocalProtocolError,
    Scope,
    StreamFailed,
    Throttled,
    UnknownTicket,
)
from scribepass.sigv4 import Credentials
from support.logs import captured
from support.service import BEARER, QUERY, RECORD, Service, service

CANARY = "canary-3c9d"


class Failing:
    """A supplier that raises what it is given."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def of(self, _need: Need) -> "Failing":
        return self

    def start(self) -> None:
        pass

    def current(self) -> Credentials:
        raise self.error

    def seconds_left(self) -> float:
        raise self.error


def failing(error: Exception) -> Service:
    it = service()
    it.vendor._supplies = Failing(error)
    return it


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/presign/", 404, "not_found"),
        ("GET", "//presign", 404, "not_found"),
        ("GET", "/presign/../healthz", 404, "not_found"),
        ("GET", "/metrics", 404, "not_found"),
        ("GET", "/console", 404, "not_found"),
        ("GET", "/static/x", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/presign", 405, "method_not_allowed"),
        ("HEAD", "/presign", 405, "method_not_allowed"),
        ("TRACE", "/presign", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("POST", "/catalogue", 405, "method_not_allowed"),
        ("PROPFIND", "/nowhere", 404, "not_found"),
        ("GET", f"/presign?{QUERY}", 401, "unauthenticated"),
        ("POST", "/presign", 401, "unauthenticated"),
    ],
)
def test_a_refusal_is_problem_details(it: Service, method: str, path: str, status: int, code: str) -> None:
    """RFC 9457: type, title, status, detail; and our code and the request's id beside them."""
    answer = it.client.open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    if method == "HEAD":
        return
    assert answer.json is not None
    assert list(answer.json) == ["type", "title", "status", "detail", "code", "request_id"]
    assert answer.json["type"] == TYPE_PREFIX + code.replace("_", "-")
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_405_says_what_is_allowed(it: Service) -> None:
    """Without HEAD, which would sign a URL for nobody."""
    allowed = set(it.client.delete("/presign").headers["Allow"].split(", "))
    assert allowed == {"GET", "POST", "OPTIONS"}


def test_nothing_is_ever_redirected(it: Service) -> None:
    """A redirect would carry a key along."""
    for path in ("/presign/", "/presign//", "/%2Fpresign", "/healthz/", "/./healthz", "/catalogue//x"):
        answer = it.client.get(path, headers=BEARER)
        assert answer.status_code in {400, 404}
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param(RuntimeError(CANARY), 500, "internal", id="an error that nobody foresaw"),
        pytest.param(LocalProtocolError(CANARY), 500, "internal", id="our own bug"),
        pytest.param(
            StreamFailed("x", CANARY), 500, "internal", id="an error of ours that does not belong here"
        ),
        pytest.param(Throttled(retry_after=42), 429, "rate_limited", id="throttled"),
        pytest.param(Throttled(retry_after=42, scope=Scope.SESSIONS), 429, "too_many_sessions", id="leases"),
        pytest.param(Throttled(retry_after=42, scope=Scope.GLOBAL), 503, "at_capacity", id="the ceiling"),
        pytest.param(IssuerUnavailable(CANARY), 503, "issuer_unavailable", id="an issuer away"),
        pytest.param(UnknownTicket(), 404, "unknown_ticket", id="another caller's ticket"),
        pytest.param(Forbidden(CANARY), 403, "forbidden", id="forbidden"),
    ],
)
def test_what_is_inside_stays_inside(error: Exception, status: int, code: str) -> None:
    """The caller reads a sentence from our table; the text of the error is in the log, with the same id."""
    with captured() as log:
        answer = failing(error).get()
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["code"] == code
    assert CANARY not in answer.text
    assert "Traceback" not in answer.text
    if status == 500:
        (line,) = log.named("request_failed")
        assert "Traceback" in line["exception"]
        assert line["request_id"] == answer.json["request_id"]
    if status == 429:
        assert answer.headers["Retry-After"] == "42"


def test_an_error_status_of_flask_is_ours_to_explain() -> None:
    """What werkzeug calls a 5xx is an error here: logged, and answered like any other."""

    def broken() -> str:
        raise BadGateway(CANARY)

    it = service()
    it.app.add_url_rule("/broken", "broken", broken)
    with captured() as log:
        answer = it.client.get("/broken", headers=BEARER)
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert CANARY not in answer.text
    assert log.named("request_failed")


def test_debug_of_flask_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """FLASK_DEBUG=1 shows no traceback to anybody."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    answer = failing(RuntimeError(CANARY)).get()
    assert answer.status_code == 500
    assert CANARY not in answer.text


def test_a_refusal_is_one_line_of_the_log(it: Service) -> None:
    """Who was refused what and why; of the parameters their names, never their values."""
    with captured("info") as log:
        it.post({"sample-rate": CANARY, "operation": CANARY, **{f"name-{n}": CANARY for n in range(30)}})
    (line,) = log.all
    assert (line["event"], line["status"], line["code"]) == ("request_refused", 400, "invalid_parameters")
    assert (line["method"], line["endpoint"], line["caller"]) == ("POST", "presign", it.caller_hash)
    assert (line["address"], line["key_id"]) == ("127.0.0.1", RECORD.id)
    assert len(line["problems"]) == 10
    assert CANARY not in log.text


@pytest.mark.parametrize("path", ["/presign?\r\nX: 1", "/%0d%0aX:1", "/\u2028", "/\x1b[31m"])
def test_a_hostile_path_makes_one_line(it: Service, path: str) -> None:
    """Requests and lines are as many as one another."""
    with captured("info") as log:
        assert it.client.get(path).status_code in {401, 404}
    assert len(log.text.splitlines()) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/presign", "/catalogue", "/healthz", "/nope", "/presign/", "/page", "/x/y"]
)
def test_the_page_changes_no_answer_of_the_api(tmp_path: Path, it: Service, method: str, path: str) -> None:
    """With and without it: the same status, the same methods."""
    beside = service(settings={"page_dir": tmp_path})
    without, with_page = (each.client.open(path, method=method) for each in (it, beside))
    assert with_page.status_code == without.status_code
    assert with_page.headers.get("Allow") == without.headers.get("Allow")
    assert (without.status_code == 404) == (path not in {"/presign", "/catalogue", "/healthz"})
