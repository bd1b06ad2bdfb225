"""One stream as a conversation: a state machine that is either end of it, and does no I/O.

A read ends in one of four ways: an event, ``NEED_DATA``, ``Closed``, or an error. After an error it is always
the same error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from scribepass.errors import LocalProtocolError, RemoteProtocolError, SignatureMalformed, Violation
from scribepass.eventstream import NEED_DATA, TRANSCRIBE, Decoder, Limits, Message, NeedData

from .catalogue import Operation
from .events import EVENTS, EndOfAudio, Event, decode, encode
from .states import TRANSITIONS, Closed, Role, State

__all__ = ["NEED_DATA", "TRANSITIONS", "ChunkCheck", "Closed", "NeedData", "Role", "State", "StreamSession"]

ChunkCheck = Callable[[datetime, bytes, bytes], None]
"""Called with the date, the signature and the payload of each signed event; raises to refuse it."""


class StreamSession:
    """One end of one stream.

    Give it what the transport brings (``receive_data``, ``receive_eof``), take what was said by
    ``next_event``, and put on the transport what ``send`` returns.

    Clients end their audio in six ways: an empty AudioEvent; a signed one; a signed message without payload;
    a WebSocket message without bytes; the end of an HTTP/2 stream; the close of a WebSocket. A server reads
    each of them, and any that follow one another, as one ``EndOfAudio``.

    Args:
        role: which end this is.
        operation: which events there are. Others are ``UnknownEvent`` when received, and cannot be sent.
        verify_chunk: for a server, checks each signed event. What it raises passes through ``next_event``.
            None unwraps signed events and checks nothing.
        signed_only: for a server, whether an unsigned event is an error. Over HTTP/2 no client sends any.
        limits: of one received message.
    """

    def __init__(
        self,
        role: Role,
        *,
        operation: Operation = Operation.STANDARD,
        verify_chunk: ChunkCheck | None = None,
        signed_only: bool = False,
        limits: Limits = TRANSCRIBE,
    ) -> None:
        self._role = role
        self._peer = Role.SERVER if role is Role.CLIENT else Role.CLIENT
        self._operation = operation
        self._verify_chunk = verify_chunk
        self._signed_only = signed_only
        self._limits = limits
        self._decoder = Decoder(limits=limits)
        self._received: deque[Message | EndOfAudio | RemoteProtocolError | None] = deque()  # None: the end
        self._broken = False  # what still comes is not read
        self._ended = False  # the transport has said so
        self._states = {Role.CLIENT: State.START, Role.SERVER: State.RESULTS}
        self._closed: Closed | None = None
        self._fault: Exception | None = None

    @property
    def our_state(self) -> State:
        """The state of this end, by what it has sent."""
        return self._states[self._role]

    @property
    def their_state(self) -> State:
        """The state of the other end, by what ``next_event`` has returned."""
        return self._states[self._peer]

    def send(self, event: Event | Closed) -> bytes:
        """The frame of an event, which counts as sent from now on. A server's ``Closed`` has no bytes.

        Raises:
            LocalProtocolError: this end may not say that now, or ``encode`` refuses it. The state stays.
        """
        after = TRANSITIONS[self._role][self.our_state].get(type(event))
        if after is None or not (isinstance(event, Closed) or type(event) in EVENTS[self._operation]):
            what = f"{type(event).__name__} cannot be sent by a {self._role.value}"
            raise LocalProtocolError(f"{what} in {self.our_state.name} of a {self._operation.value} stream")
        frame = b"" if isinstance(event, Closed) else encode(event).encode()
        self._states[self._role] = after
        return frame

    def receive_data(self, data: bytes) -> None:
        """Take a WebSocket binary message, or any slice of an HTTP/2 stream that is not empty.

        A message without bytes is how the JavaScript SDK says that its audio is over.

        Raises:
            LocalProtocolError: after ``receive_eof``.
        """
        if self._ended:
            raise LocalProtocolError("data after the end of the stream")
        if self._broken:
            return
        if data:
            self._decoder.receive_data(data)
        elif self._role is Role.CLIENT:
            return
        elif self._decoder.buffered:
            self._decoder.receive_eof()
        else:
            self._received.append(EndOfAudio())
        self._drain()

    def receive_eof(self) -> None:
        """The transport has ended: the WebSocket is closed, or the HTTP/2 stream has END_STREAM."""
        if self._ended:
            return
        self._ended = True
        self._decoder.receive_eof()
        self._drain()
        if self._role is Role.SERVER:
            self._received.append(EndOfAudio())
        self._received.append(None)

    def next_event(self) -> Event | Closed | Literal[NeedData.NEED_DATA]:
        """What the other side says next; ``Closed``, from then on, when it says no more.

        A server that has sent ``Failure`` or ``Closed`` hears nothing but the end.

        Raises:
            RemoteProtocolError: their bytes, or the order of their events, are wrong; then always the same.
            SignatureMalformed: an event is unsigned and may not be; then always the same.
            Exception: what ``verify_chunk`` raises; then always the same.
        """
        if self._fault is not None:
            raise self._fault.with_traceback(None)
        try:
            while self._received:
                event = self._take(self._received.popleft())
                if event is not None:
                    return event
        except Exception as fault:
            self._fault = fault
            self._broken = True
            self._received.clear()
            raise
        return self._closed or NEED_DATA

    def _drain(self) -> None:
        if self._broken:
            return
        try:
            while (message := self._decoder.next_message()) is not NEED_DATA:
                self._received.append(message)
        except RemoteProtocolError as fault:
            self._broken = True
            self._received.append(fault)

    def _take(self, received: Message | EndOfAudio | RemoteProtocolError | None) -> Event | Closed | None:
        if received is None:
            return self._close()
        if self._role is Role.SERVER and self.our_state is not State.RESULTS:
            return None
        if isinstance(received, RemoteProtocolError):
            raise received
        event = received if isinstance(received, EndOfAudio) else self._read(received)
        if isinstance(event, EndOfAudio) and self.their_state is State.FINISHED:
            return None
        after = TRANSITIONS[self._peer][self.their_state].get(type(event))
        if after is None:
            what = f"{type(event).__name__} from a {self._peer.value} in {self.their_state.name}"
            raise RemoteProtocolError(what, kind=Violation.ORDER)
        self._states[self._peer] = after
        return event

    def _close(self) -> Closed:
        server = self._states[Role.SERVER]
        self._closed = Closed(
            clean=self._states[Role.CLIENT] is State.FINISHED and server is not State.FAILED
        )
        if self._role is Role.CLIENT:
            self._states[Role.SERVER] = TRANSITIONS[Role.SERVER][server][Closed]
        return self._closed

    def _read(self, message: Message) -> Event:
        signature = message.get(":chunk-signature") if self._role is Role.SERVER else None
        if signature is None:
            if self._signed_only:
                raise SignatureMalformed("the event is not signed")
            return decode(message, operation=self._operation)
        date = message.get(":date")
        if not isinstance(signature, bytes) or not isinstance(date, datetime):
            raise RemoteProtocolError("a signed event has a timestamp and bytes", kind=Violation.HEADER)
        if self._verify_chunk is not None:
            self._verify_chunk(date, signature, message.payload)
        if not message.payload:
            return EndOfAudio()
        inner = Message.decode(message.payload, limits=self._limits)
        if inner.get(":chunk-signature") is not None:
            raise RemoteProtocolError("a signed event inside a signed event", kind=Violation.HEADER)
        return decode(inner, operation=self._operation)
