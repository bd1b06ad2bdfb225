"""Whatever answers in the place of STS: nobody is given credentials that are none, and what is good stays."""

import gzip
import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.plan import SHARED
from scribepass.credentials.sts import AssumeRole
from scribepass.errors import CredentialsUnavailable
from support.clock import Clock
from support.credentials import settle
from support.environment import no_aws
from support.sts import SECRET, Stub, issued, refusal, sts

ROLE = "arn:aws:iam::111122223333:role/scribepass-vending"
HOUR = 3600.0
TIMEOUT = 1.0
NAIVE = "2099-01-01T00:00:00"

Answer = Callable[[BaseHTTPRequestHandler], None]


def sent(
    body: str | bytes, *, status: int = 200, kind: str = "text/xml", **headers: str | int
) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer with this body; underscores in the names of headers are hyphens."""
    content = body.encode() if isinstance(body, str) else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": kind, "Content_Length": len(content), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def bytes_only(content: bytes) -> Answer:
    return lambda handler: handler.wfile.write(content) and None


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A sound answer, then 100 MB of white space."""
    sent(issued(), Content_Length=10**8)(handler)
    for _ in range(100):
        handler.wfile.write(b" " * 10**6)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever."""
    sent(b"", Content_Length=10**8)(handler)
    while not handler.server.stopping.wait(0.05):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """As before, before the body begins."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not handler.server.stopping.wait(0.05):  # type: ignore[attr-defined]
        handler.wfile.write(b"x")


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Nothing at all."""
    handler.server.stopping.wait(10)  # type: ignore[attr-defined]


def reset(handler: BaseHTTPRequestHandler) -> None:
    """The connection is torn down."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def issued_to(arn: str) -> str:
    user = f"<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>"
    return issued().replace("</AssumeRoleResult>", f"{user}</AssumeRoleResult>")


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)).replace("&a0;", "&a;")
    + "]><AssumeRoleResponse>&a8;</AssumeRoleResponse>"
)

GARBAGE: Mapping[str, Answer] = {
    "a captive portal": sent("<html><body>login to the hotel's network</body></html>", kind="text/html"),
    "truncated XML": sent(issued()[:400]),
    "a body shorter than announced": sent(issued()[:400], Content_Length=4000),
    "a body longer than announced": sent(issued(), Content_Length=200),
    "empty": sent(""),
    "204 without a body": sent("", status=204),
    "no access key id": sent(issued(AccessKeyId="")),
    "no secret": sent(issued(SecretAccessKey="")),
    "no token": sent(issued(SessionToken="")),
    "no end": sent(issued(Expiration="")),
    "an end in the past": sent(issued(life=-60)),
    "an end without a time zone": sent(issued(Expiration=NAIVE)),
    "an end that is no time": sent(issued(Expiration="tomorrow")),
    "an end after the last year": sent(issued(Expiration="99999-01-01T00:00:00Z")),
    "a key id with a space": sent(issued(AccessKeyId="ASIA EXAMPLE")),
    "a token with a line break": sent(issued(token="a\r\nX-Evil: b")),
    "a token beyond ASCII": sent(issued(token="tökén" * 20)),
    "no UTF-8": sent(issued(token="ö" * 40).encode("latin-1")),
    "JSON": sent('{"Credentials": {}}', kind="application/json"),
    "XML of something else": sent("<rss><channel/></rss>"),
    "another action's answer": sent(issued().replace("AssumeRoleResult", "GetSessionTokenResult")),
    "an error with status 200": sent(refusal("AccessDenied", "no")),
    "a thousand million laughs": sent(LAUGHS),
    "another account's role": sent(
        issued_to("arn:aws:sts::999999999999:assumed-role/scribepass-vending/scribepass")
    ),
    "another session": sent(
        issued_to("arn:aws:sts::111122223333:assumed-role/scribepass-vending/somebody-else")
    ),
    "a redirect": sent("", status=302, Location="http://127.0.0.1:9/"),
    "a redirect that keeps the method": sent("", status=307, Location="http://127.0.0.1:9/"),
    "a refusal in HTML": sent("<html>forbidden</html>", status=403, kind="text/html"),
    "a bad gateway in HTML": sent("<html>bad gateway</html>", status=502, kind="text/html"),
    "gzip that nobody asked for": sent(gzip.compress(issued().encode()), Content_Encoding="gzip"),
    "a gzip bomb": sent(gzip.compress(b" " * 10**7), Content_Encoding="gzip"),
    "noise": sent(os.urandom(2000)),
    "no HTTP": bytes_only(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a broken chunk": bytes_only(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n"),
    "a thousand headers": bytes_only(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 1000 + b"\r\n"),
    "a header without end": bytes_only(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n"),
    "a reset": reset,
    "100 MB": endless,
    "a drip": dripping,
    "a drip of headers": dripping_headers,
    "silence": silent,
}
SLOW = {"a drip", "a drip of headers", "silence"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_aws(monkeypatch, home=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with sts() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def cache(stub: Stub, clock: Clock, request: pytest.FixtureRequest) -> Iterator[RefreshAhead]:
    """A cache of credentials of the stub, whose HTTP client is made already."""
    source = AssumeRole(
        ROLE, session_name="scribepass", actions=("a:b",), region="eu-west-1", endpoint_url=stub.url
    )
    source._sts.client()
    slow = request.node.callspec.params["form"] in SLOW
    plan = replace(SHARED, timeout=TIMEOUT if slow else SHARED.timeout, deadline=10.0)
    cache = RefreshAhead(
        source, clock=clock, monotonic=clock.monotonic, plan=plan, draw=lambda low, _high: low
    )
    yield cache
    cache.close()


def refused(cache: RefreshAhead) -> None:
    with pytest.raises(CredentialsUnavailable) as raised:
        cache.current()
    assert 1 <= raised.value.retry_after <= 60
    assert SECRET not in str(raised.value)
    assert cache.seconds_left() == 0


@pytest.mark.parametrize("form", GARBAGE)
def test_garbage_is_a_failed_refresh(form: str, stub: Stub, clock: Clock, cache: RefreshAhead) -> None:
    """Cold and expired: a refusal that says when to come again. Warm: what is at hand goes on serving."""
    stub.raw = GARBAGE[form]
    refused(cache)

    stub.raw = None
    clock.advance(10)
    stub.body = issued(life=HOUR, now=clock())
    good = cache.current()

    stub.raw = GARBAGE[form]
    clock.advance(HOUR - 30 * 60)
    settle(cache)
    asked = len(stub.asked)
    assert asked >= 3
    assert cache.current() is good

    clock.advance(30 * 60)
    refused(cache)
    assert len(stub.asked) > asked

    stub.raw = None
    clock.advance(10)
    stub.body = issued(life=HOUR, now=clock())
    assert cache.current().access_key_id == "ASIAEXAMPLE"
