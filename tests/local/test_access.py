"""Who is let in: Host and Origin on every way into the local AWS, and the address that it listens on."""

import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from scribepass.local.access import Access
from scribepass.local.server import serve
from support.streaming import END, SCRIPT, listen, local_aws, signed_url

HOSTS = (
    "localhost",
    "LOCALHOST:8444",
    "127.0.0.1:1",
    "127.0.0.2",
    "[::1]:8443",
    "transcribestreaming.us-east-1.amazonaws.com:8443",
    "transcribestreaming-fips.us-east-1.amazonaws.com",
    "transcribestreaming.cn-north-1.amazonaws.com.cn:8443",
    "sts.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
    "aws.test:8444",
)
FOREIGN_HOSTS = (
    "",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.0.2.1",
    "169.254.169.254",
    "0.0.0.0",  # noqa: S104 - browsers reach loopback by it
    "localhost:8444:8444",
    "localhost@evil.example",
    "transcribestreaming.us-east-1.amazonaws.com.evil.example",
    "transcribestreaming.nowhere-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "aws.test.evil.example",
)
ORIGINS = (
    "http://localhost:8000",
    "https://localhost",
    "http://127.0.0.1:8000",
    "http://[::1]:3000",
    "https://app.test",
)
FOREIGN_ORIGINS = (
    "",
    "null",
    "https://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://localhost:8000/",
    "http://localhost:8000, https://evil.example",
    "https://app.test:8443",
    "chrome-extension://abcdefgh",
    "file://",
)
ACCESS = Access(hosts=frozenset({"aws.test"}), origins=frozenset({"https://app.test"}))


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_known(host: str) -> None:
    """Loopback, AWS's own names, and what was added; any port, in Host and in HTTP/2's :authority."""
    assert ACCESS.fault([("Host", host)]) is None
    assert ACCESS.fault([(":authority", host)]) is None


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_that_is_not(host: str) -> None:
    """A name that somebody may point at this machine is refused, whatever stands beside it."""
    assert "--allow-host" in str(ACCESS.fault([("host", host)]))
    assert ACCESS.fault([("host", "localhost"), ("host", host)]) is not None


def test_no_host() -> None:
    """None at all is refused; an empty :authority, which older SDKs send, is not."""
    assert ACCESS.fault([]) is not None
    assert ACCESS.fault([(":authority", "")]) is None
    assert ACCESS.fault([(":authority", ""), ("host", "evil.example")]) is not None


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_origin_that_is_trusted(origin: str) -> None:
    """Pages of this machine, whose port does not matter, and what was added."""
    assert ACCESS.fault([("host", "localhost"), ("origin", origin)]) is None


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_an_origin_that_is_not(origin: str) -> None:
    """Everybody else's pages, and what hides where it comes from."""
    assert "--allow-origin" in str(ACCESS.fault([("host", "localhost"), ("origin", origin)]))
    twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", origin)]
    assert ACCESS.fault(twice) is not None


FORGED = [
    pytest.param({"Host": "evil.example"}, id="host"),
    pytest.param({"Origin": "https://evil.example"}, id="origin"),
]


@pytest.mark.parametrize("headers", FORGED)
async def test_every_way_in_is_guarded(headers: dict[str, str]) -> None:
    """STS, health, paths that are not there and the control API answer 403 before anything else."""
    async with local_aws(control_port=0) as local, httpx.AsyncClient() as web:
        for method, url in (
            ("POST", local.url),
            ("GET", f"{local.url}/healthz"),
            ("GET", f"{local.url}/nothing"),
            ("GET", signed_url(local).replace("ws://", "http://")),
            ("GET", f"{local.control_url}/state"),
            ("POST", f"{local.control_url}/reset"),
            ("GET", f"{local.control_url}/nothing"),
        ):
            answer = await web.request(method, url, headers=headers)
            assert answer.status_code == 403, url
        assert local.journal.rejections == ()


async def test_a_page_of_somebody_else_opens_no_stream() -> None:
    """With a URL that is signed well, it gets a 403; a page of this machine gets a stream."""
    async with local_aws() as local:
        with pytest.raises(InvalidStatus) as refused:
            await connect(signed_url(local), compression=None, origin="https://evil.example")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        assert list(local.journal) == []
        page = connect(signed_url(local), compression=None, origin="http://127.0.0.1:8000")  # type: ignore[arg-type]
        async with page as socket:
            await socket.send(END)
            assert (await listen(socket)).failure is None


async def test_what_was_added_is_let_in() -> None:
    """A container's name in Host, and a page that is served elsewhere."""
    async with local_aws(access=ACCESS) as local, httpx.AsyncClient() as web:
        headers = {"Host": "aws.test", "Origin": "https://app.test"}
        answer = await web.get(f"{local.url}/healthz", headers=headers)
        assert (answer.status_code, json.loads(answer.text)) == (200, {"status": "ok"})


async def test_beyond_loopback_only_when_asked() -> None:
    """0.0.0.0 is for those who say that they know."""
    with pytest.raises(ValueError, match="loopback only"):
        async with serve("0.0.0.0", 0, recogniser=SCRIPT):  # noqa: S104
            pass
    access = Access(beyond_loopback=True)
    serving = serve("0.0.0.0", 0, recogniser=SCRIPT, access=access)  # noqa: S104
    async with serving as local, httpx.AsyncClient() as web:
        assert (await web.get(f"http://127.0.0.1:{local.port}/healthz")).status_code == 200
    with pytest.raises(ValueError, match="address"):
        access.check_address("example.com")
