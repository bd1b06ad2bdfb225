"""The URL of a stream, before it is signed, and what a finished URL says.

Source: "Setting up a WebSocket stream" in the Amazon Transcribe developer guide. Names and values are
percent-encoded exactly once, by RFC 3986: everything but the unreserved characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from .catalogue import OPERATION_OF_PATH, REGIONS, Operation
from .params import StreamParams

_UNRESERVED = "-_.~"
_AS_IT_IS = re.compile("[A-Za-z0-9._~-]*").fullmatch
_ORIGIN = r"(?P<origin>wss?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)"
_ENDPOINT = re.compile(rf"{_ORIGIN}/?")
_URL = re.compile(rf"{_ORIGIN}(?P<path>/[a-z-]+)\?(?P<query>.*)")
_REGION_OF_ORIGIN = {f"wss://{region.host}": code for code, region in REGIONS.items()}


class StreamUrl(NamedTuple):
    """What a stream's URL says. ``region`` is None where scheme and host are not AWS's."""

    operation: Operation
    region: str | None
    pairs: list[tuple[str, str]]


def host_of(region: str) -> str:
    """The host of WebSocket streams in ``region``, with its port: as it is connected to, and as it is signed.

    Raises:
        ValueError: there is no streaming in that region.
    """
    if region not in REGIONS:
        raise ValueError("not a region with streaming")
    return REGIONS[region].host


def stream_url(
    operation: Operation, *, region: str, params: StreamParams, endpoint: str | None = None
) -> str:
    """The unsigned URL of a stream; ``endpoint``, such as ``ws://127.0.0.1:8444``, replaces AWS's.

    Raises:
        ValueError: there is no streaming in that region, ``params`` are of another operation, or ``endpoint``
            is more or less than a ws or wss scheme and a host.
    """
    if params.operation is not operation:
        raise ValueError(f"parameters of a {params.operation.value} stream for a {operation.value} stream")
    origin = f"wss://{host_of(region)}"
    if endpoint is not None:
        match = _ENDPOINT.fullmatch(endpoint)
        if match is None:
            raise ValueError("a streaming endpoint is ws:// or wss:// and a host, with nothing after it")
        origin = match["origin"]
    return f"{origin}{operation.path}?{_query(params.items())}"


def parse_stream_url(url: str) -> StreamUrl:
    """What ``url`` says, signed or not, with its pairs in their order.

    Strict, so that two URLs which say the same are the same: every pair must be in its one encoding.

    Raises:
        ValueError: it is not the URL of a stream. The message does not repeat it, for it may be signed.
    """
    match = _URL.fullmatch(url)
    if match is None or match["path"] not in OPERATION_OF_PATH:
        raise ValueError("not the URL of a stream")
    query = match["query"]
    halves = [pair.split("=", 1) for pair in query.split("&")]
    if any(len(half) != 2 for half in halves):
        raise ValueError("a parameter of the URL has no value")
    pairs = [(unquote(name, errors="strict"), unquote(value, errors="strict")) for name, value in halves]
    if query != _query(pairs):
        raise ValueError("the URL is not encoded by RFC 3986, once")
    return StreamUrl(OPERATION_OF_PATH[match["path"]], _REGION_OF_ORIGIN.get(match["origin"]), pairs)


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{_encoded(name)}={_encoded(value)}" for name, value in pairs])


def _encoded(text: str) -> str:
    return text if _AS_IT_IS(text) else quote(text, safe=_UNRESERVED)
