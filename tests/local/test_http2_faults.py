"""Faults on demand, and who is let in, over HTTP/2: a stream fails, its connection does not."""

import asyncio

import pytest

from scribepass.errors import RemoteProtocolError
from scribepass.eventstream import Message
from scribepass.local.faults import Fault, FaultKind, Plan
from scribepass.local.limits import MAX_WINDOW, Limits
from scribepass.local.server import LocalAws
from scribepass.local.sts import FaultKind as Sts
from scribepass.local.sts import StsFault
from support.http2 import Answer, Client, EventSigner, connected, heard_in, signed_headers
from support.streaming import END, audio, local_aws


def fail(local: LocalAws, kind: FaultKind, **how: object) -> None:
    local.faults.add(Plan(faults=(Fault(kind=kind, **how),)))  # type: ignore[arg-type]


async def opened(client: Client, local: LocalAws) -> tuple[int, EventSigner]:
    headers = signed_headers(local)
    return client.request(headers), EventSigner(headers)


async def finishes(client: Client, local: LocalAws) -> bool:
    """Whether one more stream on this connection goes as it should."""
    stream_id, sign = await opened(client, local)
    await client.send(
        stream_id, b"".join([*(sign(audio()) for _ in range(10)), sign(END), sign(b"")]), end=True
    )
    return heard_in(await client.answered(stream_id)).finals == ["one two"]


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.CLOSE, FaultKind.EXCEPTION])
async def test_how_a_stream_ends(kind: FaultKind) -> None:
    """A drop is a reset, a close an end without words, an exception a last event."""
    async with local_aws() as local, connected(local) as client:
        fail(local, kind)
        stream_id, sign = await opened(client, local)
        await client.send(stream_id, sign(audio()))
        answer = await client.answered(stream_id)
        assert (answer.reset is not None) == (kind is FaultKind.DROP)
        failure = heard_in(answer).failure
        assert (failure is not None) == (kind is FaultKind.EXCEPTION)
        assert await finishes(client, local)


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.WRONG_CRC])
async def test_what_is_no_event(kind: FaultKind) -> None:
    """The first bytes of the body are no frame."""
    async with local_aws() as local, connected(local) as client:
        fail(local, kind)
        stream_id, _ = await opened(client, local)
        await client.until(lambda: bool(client.answers[stream_id].body))
        with pytest.raises(RemoteProtocolError):
            Message.decode(bytes(client.answers[stream_id].body))


async def test_half_open() -> None:
    """Nothing comes and no window opens again; a reset of the client's ends it, and other streams go on."""
    async with local_aws() as local, connected(local) as client:
        fail(local, FaultKind.HALF_OPEN)
        stream_id, sign = await opened(client, local)
        before = client.h2.local_flow_control_window(stream_id)
        await client.send(stream_id, sign(audio()))
        assert await finishes(client, local)
        assert not client.answers[stream_id].over
        assert bytes(client.answers[stream_id].body) == b""
        assert client.h2.local_flow_control_window(stream_id) < before
        client.h2.reset_stream(stream_id)
        client.flush()
        assert await finishes(client, local)
    assert [record.outcome for record in local.journal] == ["half-open", "finished", "finished"]


async def test_half_open_ends_with_the_server() -> None:
    """A stream that hangs does not hold the server up."""
    async with local_aws() as local, connected(local) as client:
        fail(local, FaultKind.HALF_OPEN)
        await opened(client, local)
        async with asyncio.timeout(10):
            while not [record for record in local.journal if record.outcome]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_windows_as_wide_as_can_be() -> None:
    """The connection's own window stops where HTTP/2 does."""
    limits = Limits(http2_window_bytes=MAX_WINDOW)
    async with local_aws(limits=limits) as local, connected(local) as client:
        assert await finishes(client, local)


async def asked(client: Client, local: LocalAws, *, whole: bool = True) -> Answer:
    """An unsigned call of STS, whose answer is an error of 403."""
    head = [
        (":method", "POST"),
        (":path", "/"),
        (":scheme", "http"),
        (":authority", f"127.0.0.1:{local.port}"),
    ]
    stream_id = client.request(head)
    await client.send(stream_id, b"Action=GetCallerIdentity&Version=2011-06-15", end=True)
    return await client.answered(stream_id) if whole else client.answers[stream_id]


async def test_faults_of_sts() -> None:
    """A call meets them as over HTTP/1.1, and the connection is of use afterwards."""
    async with local_aws() as local, connected(local) as client:
        for kind in (Sts.RESET, Sts.TRUNCATED, Sts.HANG):
            local.sts_faults.add(StsFault(kind=kind))
        local.sts_faults.add(StsFault(kind=Sts.SLOW, delay_seconds=0.01))
        reset, half = await asked(client, local), await asked(client, local)
        hung = await asked(client, local, whole=False)
        late = await asked(client, local)
        assert (reset.headers, reset.reset is None) == ({}, False)
        assert (half.status, half.reset is None) == (403, False)
        assert 0 < len(half.body) < int(half.headers["content-length"])
        assert (hung.headers, hung.over) == ({}, False)
        assert (late.status, len(late.body)) == (403, int(late.headers["content-length"]))
        assert await finishes(client, local)


@pytest.mark.parametrize(
    "changed", [{":authority": "evil.example"}, {"origin": "https://evil.example"}], ids=["host", "origin"]
)
@pytest.mark.parametrize("path", ["/stream-transcription", "/", "/healthz"])
async def test_who_is_not_let_in(changed: dict[str, str], path: str) -> None:
    """Host and Origin are checked before anything else."""
    async with local_aws() as local, connected(local) as client:
        headers = {**dict(signed_headers(local)), ":path": path, **changed}
        answer = await client.answered(client.request(list(headers.items()), end=True))
        assert answer.status == 403
        assert local.journal.rejections == ()
        assert await finishes(client, local)


async def test_a_refused_stream_is_noted() -> None:
    """With its transport and, where a signature did not hold, with what the client signed."""
    async with local_aws() as local, connected(local) as client:
        headers = {**dict(signed_headers(local)), ":authority": f"localhost:{local.port}"}
        answer = await client.answered(client.request(list(headers.items()), end=True))
        assert answer.status == 403
        (refused,) = local.journal.rejections
        assert (refused.transport, refused.kind) == ("http2", "InvalidSignatureException")
        assert refused.diagnosis is not None
        assert str(refused.diagnosis.because).startswith(f"127.0.0.1:{local.port} was signed")
