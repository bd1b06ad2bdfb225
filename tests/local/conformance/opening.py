"""Cases on the handshake (RFC 6455 section 4, RFC 9112): a sound request changed, and its status."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from support.raw_socket import KEY

DEFLATE = "permessage-deflate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, sound but for its ``line`` and ``changes`` (None: without that header), and its status.

    ``status`` None: the connection ends without an answer. ``more`` are lines of the head as they are.
    """

    name: str
    section: str
    status: int | None
    changes: Mapping[str, str | None] = field(default_factory=dict)
    line: str = "GET {} HTTP/1.1"
    more: tuple[str, ...] = ()


def changed(name: str, section: str, status: int, header: str, value: str | None) -> Request:
    """A request with one header changed."""
    return Request(name=name, section=section, status=status, changes={header: value})


ACCEPTED = [
    Request(name="as the RFC has it", section="1.3", status=101),
    changed("Upgrade in capitals", "4.2.1", 101, "Upgrade", "WebSocket"),
    changed("Connection in small letters", "4.2.1", 101, "Connection", "upgrade"),
    changed("Connection as Firefox has it", "4.2.1", 101, "Connection", "keep-alive, Upgrade"),
    changed("Connection, the other way round", "4.2.1", 101, "Connection", "Upgrade, keep-alive"),
    changed("the key of the RFC", "1.3", 101, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    changed("compression offered", "9.1", 101, "Sec-WebSocket-Extensions", DEFLATE),
    changed(
        "compression as Chromium offers it",
        *("9.1", 101, "Sec-WebSocket-Extensions", f"{DEFLATE}; client_max_window_bits"),
    ),
    changed(
        "compression offered twice",
        *("9.1", 101, "Sec-WebSocket-Extensions", f"{DEFLATE}; server_no_context_takeover, {DEFLATE}"),
    ),
    changed("an extension of nobody", "9.1", 101, "Sec-WebSocket-Extensions", "x-nobody; a=1"),
    changed("a subprotocol offered", "4.2.2", 101, "Sec-WebSocket-Protocol", "aws"),
    changed("several subprotocols", "4.2.2", 101, "Sec-WebSocket-Protocol", "aws, chat, superchat"),
    changed("a header of nobody", "4.2.1", 101, "X-Nobody", "x"),
    changed("an empty header", "4.2.1", 101, "X-Nobody", ""),
    changed("a long header", "4.2.1", 101, "X-Nobody", "x" * 4000),
    changed("a cookie", "4.1", 101, "Cookie", "a=b; c=d"),
    Request(
        name="names in small letters",
        section="4.2.1",
        status=101,
        changes={"Upgrade": None, "Sec-WebSocket-Version": None},
        more=("upgrade: websocket", "SEC-WEBSOCKET-VERSION: 13"),
    ),
    Request(name="a value without a space", section="4.2.1", status=101, more=("X-Nobody:x",)),
    Request(name="a hundred headers", section="4.2.1", status=101, more=("X-Nobody: x",) * 100),
]

REFUSED = [
    # The RFC lets "websocket" stand among others; the library wants it alone, as every client sends it.
    changed("Upgrade among others", "4.2.1", 426, "Upgrade", "h2c, websocket"),
    changed("no Upgrade", "4.2.1", 426, "Upgrade", None),
    changed("another Upgrade", "4.2.1", 426, "Upgrade", "h2c"),
    changed("no Connection", "4.2.1", 426, "Connection", None),
    changed("another Connection", "4.2.1", 426, "Connection", "keep-alive"),
    changed("Connection: close", "4.2.1", 426, "Connection", "close"),
    changed("no version", "4.2.1", 400, "Sec-WebSocket-Version", None),
    changed("version 0", "4.4", 400, "Sec-WebSocket-Version", "0"),
    changed("version 8", "4.4", 400, "Sec-WebSocket-Version", "8"),
    changed("version 12", "4.4", 400, "Sec-WebSocket-Version", "12"),
    changed("version 14", "4.4", 400, "Sec-WebSocket-Version", "14"),
    changed("version 256", "4.4", 400, "Sec-WebSocket-Version", "256"),
    changed("a version that is no number", "4.4", 400, "Sec-WebSocket-Version", "thirteen"),
    changed("no key", "4.2.1", 400, "Sec-WebSocket-Key", None),
    changed("an empty key", "4.2.1", 400, "Sec-WebSocket-Key", ""),
    changed("a key that is too short", "4.2.1", 400, "Sec-WebSocket-Key", "c2hvcnQ="),
    changed("a key that is too long", "4.2.1", 400, "Sec-WebSocket-Key", KEY + "AAAA"),
    changed("a key that is not base64", "4.2.1", 400, "Sec-WebSocket-Key", "(not base64 at all!)"),
    Request(name="two keys", section="4.2.1", status=400, more=(f"Sec-WebSocket-Key: {KEY}",)),
    Request(name="two versions", section="4.2.1", status=400, more=("Sec-WebSocket-Version: 13",)),
    Request(name="HTTP/1.0", section="4.2.1", status=505, line="GET {} HTTP/1.0"),
    Request(name="a method in small letters", section="4.2.1", status=404, line="get {} HTTP/1.1"),
    Request(name="HEAD", section="4.2.1", status=404, line="HEAD {} HTTP/1.1"),
    Request(name="PUT", section="4.2.1", status=404, line="PUT {} HTTP/1.1"),
    Request(name="another path", section="4.2.2", status=404, line="GET /x HTTP/1.1"),
    Request(name="no path", section="4.2.1", status=404, line="GET * HTTP/1.1"),
    Request(name="a header of 9 KB", section="RFC 9110 5.4", status=431, more=(f"X-Nobody: {'x' * 9000}",)),
    Request(name="two hundred headers", section="RFC 9110 5.4", status=431, more=("X-Nobody: x",) * 200),
    Request(name="a target of 9 KB", section="RFC 9112 3", status=414, line=f"GET /{'x' * 9000} HTTP/1.1"),
]

DROPPED = [
    # What cannot be read as a request of HTTP/1.1 is not answered: the library hangs up.
    Request(name="HTTP/0.9", section="4.2.1", status=None, line="GET {}"),
    Request(name="HTTP/3.0", section="4.2.1", status=None, line="GET {} HTTP/3.0"),
    Request(name="no HTTP", section="4.2.1", status=None, line="GET {} SPDY/1.1"),
    Request(name="a header without a colon", section="RFC 9112 5", status=None, more=("nothing",)),
    Request(name="a header without a name", section="RFC 9112 5", status=None, more=(": nothing",)),
    Request(name="a space before the colon", section="RFC 9112 5.1", status=None, more=("X-Nobody : x",)),
    Request(name="a folded header", section="RFC 9112 5.2", status=None, more=("X-Nobody: x", " y")),
    Request(name="a NUL in a value", section="RFC 9110 5.5", status=None, more=("X-Nobody: \0",)),
    Request(name="a CR in a value", section="RFC 9112 2.2", status=None, more=("X-Nobody: x\ry",)),
    Request(name="a body", section="4.2.1", status=None, more=("Content-Length: 5",)),
    Request(name="a chunked body", section="4.2.1", status=None, more=("Transfer-Encoding: chunked",)),
]

REQUESTS = [*ACCEPTED, *REFUSED, *DROPPED]
