"""Bytes in, in pieces of any size; messages out.

A read ends in one of three ways: a ``Message``, ``NEED_DATA``, or ``RemoteProtocolError``. After an
error there is no way back into step, so the decoder stays broken and keeps nothing more.
"""

from __future__ import annotations

import enum
from typing import Final, Literal, NoReturn

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

from .frame import (
    CRC_BYTES,
    DEFAULT,
    PRELUDE_BYTES,
    Limits,
    Start,
    check_prelude,
    frame_length,
    make_start,
    read_frame,
    read_payload,
)
from .message import Message


class NeedData(enum.Enum):
    """The type of ``NEED_DATA``."""

    NEED_DATA = "need data"


NEED_DATA: Final = NeedData.NEED_DATA

_SMALLEST: Final[Start] = make_start((), b"", 0)


class Decoder:
    """An incremental reader of one stream.

    However the bytes are cut, the messages and the error are the same, and the error comes after
    every message that was complete before it.
    """

    def __init__(self, *, limits: Limits = DEFAULT) -> None:
        self._limits = limits
        self._buffer: bytes | bytearray = b""  # bytes: exactly what was received, not copied
        self._start = 0  # of the next frame to hand out
        self._checked = 0  # end of the last frame whose prelude is true; past the buffer if unfinished
        self._known = _SMALLEST  # how the last frame began: the next one mostly begins likewise
        self._fault: tuple[str, Violation] | None = None  # what is wrong at _checked
        self._ended = False

    @property
    def buffered(self) -> int:
        """Bytes received and not handed out; once ``NEED_DATA`` came, those of an unfinished frame."""
        return len(self._buffer) - self._start

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the stream. What is wrong with them is told by ``next_message``.

        Preludes are checked here, so a frame that would be too long is refused before it is stored.

        Raises:
            LocalProtocolError: after ``receive_eof``.
        """
        if self._ended:
            raise LocalProtocolError("data after the end of the stream")
        if self._fault is not None:
            return
        if self._buffer:
            self._append(data)
        else:
            self._buffer = bytes(data)
        known = self._known
        try:
            while len(self._buffer) - self._checked >= PRELUDE_BYTES:
                if self._buffer.startswith(known.encoded, self._checked):
                    self._checked += known.total
                else:
                    self._checked += check_prelude(self._buffer, self._checked, self._limits)
        except RemoteProtocolError as error:
            self._fault = str(error), error.kind
            self._buffer = self._buffer[: self._checked]

    def receive_eof(self) -> None:
        """The stream has ended. Inside a frame that is a fault, which ``next_message`` raises in its turn."""
        self._ended = True
        if self._fault is None and self._checked != len(self._buffer):
            self._fault = "the stream ended inside a frame", Violation.FRAMING

    def next_message(self) -> Message | Literal[NeedData.NEED_DATA]:
        """The next message, or ``NEED_DATA`` until more of it is received.

        Raises:
            RemoteProtocolError: the bytes are not an event stream. Ever after, the same error again.
        """
        data, at, known = self._buffer, self._start, self._known
        if at < self._checked:
            is_known = data.startswith(known.encoded, at)
            end = at + (known.total if is_known else frame_length(data, at))
            if end <= len(data):
                return self._read(at, end, known if is_known else None)
        if self._fault is not None:
            self._break(*self._fault)
        return NEED_DATA

    def _read(self, at: int, end: int, known: Start | None) -> Message:
        try:
            if known is None:
                known, payload = read_frame(self._buffer, at, self._limits)
                self._known = known
            else:
                payload = read_payload(self._buffer, at + len(known.encoded), end - CRC_BYTES, known.crc)
        except RemoteProtocolError as error:
            self._break(str(error), error.kind)
        self._start = end
        if end == len(self._buffer):
            self._buffer = b""
            self._start = self._checked = 0
        return Message(known.headers, payload)

    def _append(self, data: bytes | bytearray | memoryview) -> None:
        # Linear: bytes are copied into a bytearray once, and a bytearray moves no more than it drops.
        if isinstance(self._buffer, bytes) or 2 * self._start >= len(self._buffer):
            self._buffer = bytearray(self._buffer[self._start :])
            self._checked -= self._start
            self._start = 0
        self._buffer += data

    def _break(self, message: str, kind: Violation) -> NoReturn:
        self._fault = message, kind
        self._buffer = b""
        self._start = self._checked = 0
        raise RemoteProtocolError(message, kind=kind) from None
