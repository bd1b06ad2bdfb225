"""One message of an event stream: headers and a payload."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

from .frame import CRC, DEFAULT, PRELUDE_BYTES, Limits, Start, check_prelude, make_start, read_frame
from .headers import Headers, encode_headers
from .values import HeaderValue


@dataclass(frozen=True, slots=True)
class Message:
    """Headers, in the order of the wire and with no name twice, and a payload."""

    headers: Headers
    payload: bytes = b""

    def get(self, name: str) -> HeaderValue | None:
        """The value of the header of this name, None if there is none."""
        for header in self.headers:
            if header.name == name:
                return header.value
        return None

    def encode(self) -> bytes:
        """The frame of this message.

        Raises:
            LocalProtocolError: a name is there twice or cannot be sent, a value does not fit its type,
                the payload is not bytes, or a limit of ``DEFAULT`` is passed.
        """
        return encode_message(self.headers, self.payload)

    @classmethod
    def decode(cls, frame: bytes, *, limits: Limits = DEFAULT) -> Message:
        """The message of exactly one whole frame.

        Raises:
            RemoteProtocolError: that is not what it is; ``kind`` says why.
        """
        if len(frame) < PRELUDE_BYTES:
            raise RemoteProtocolError(f"a frame of {len(frame)} bytes", kind=Violation.FRAMING)
        total = check_prelude(frame, 0, limits)
        if total != len(frame):
            raise RemoteProtocolError(f"{len(frame)} bytes for a frame of {total}", kind=Violation.FRAMING)
        start, payload = read_frame(frame, 0, limits)
        return cls(start.headers, payload)

    def __repr__(self) -> str:
        """The headers, but of the payload only its length: it is somebody's voice or words."""
        return f"Message({self.headers!r}, <{len(self.payload)} bytes>)"


_pack_crc = CRC.pack
_last = [make_start((), b"", 0)]


def encode_message(headers: Headers, payload: bytes) -> bytes:
    """What ``Message(headers, payload).encode()`` gives and raises, without the Message.

    A stream of audio sends the same headers before payloads of one length, so the start of the last frame
    is remembered, and then a checksum is all that is left to do. "The same" means the same object:
    a tuple of frozen values stays what it is.
    """
    if not isinstance(payload, bytes):
        raise LocalProtocolError(f"a payload is bytes, not {type(payload).__name__}")
    start = _last[0]
    if start.headers is not headers or start.payload_length != len(payload):
        start = _last[0] = _start_after(start, headers, len(payload))
    return b"".join((start.encoded, payload, _pack_crc(crc32(payload, start.crc))))


def _start_after(last: Start, headers: Headers, payload_length: int) -> Start:
    if last.headers is headers:
        return make_start(headers, last.encoded[PRELUDE_BYTES:], payload_length)
    if not isinstance(headers, tuple):
        raise LocalProtocolError(f"headers are a tuple, not a {type(headers).__name__}")
    return make_start(headers, encode_headers(headers), payload_length)
