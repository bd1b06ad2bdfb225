"""One HTTP/2 connection on hyper-h2: frames in, requests out, and answers as flow control allows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from scribepass.local.limits import MAX_WINDOW, Limits
from scribepass.sigv4.request import SignedRequest
from scribepass.telemetry import get_log

from .frames import FrameFilter, FrameTooLong
from .requests import Fields, signed_request
from .wire import Http2Wire, Reset

__all__ = ["Http2", "Serve"]

Serve = Callable[[Http2Wire, SignedRequest, asyncio.BaseTransport], Coroutine[Any, Any, None]]
"""Answers one request. The transport says from where, and whether through TLS."""

_log = get_log("local")

logging.getLogger("hpack").setLevel(logging.INFO)  # at DEBUG it writes every header, tokens among them


class Http2(asyncio.Protocol):
    """One connection. Each request is served by a task, which is one of ``tasks`` while it runs.

    A connection without a request is closed after a while; one whose client has said GOAWAY, as soon as its
    last request is answered.
    """

    def __init__(self, serve: Serve, *, limits: Limits, tasks: set[asyncio.Task[None]]) -> None:
        self._serve = serve
        self._limits = limits
        self._tasks = tasks
        self._filter = FrameFilter()
        self._h2 = _engine(limits)
        self._wires: OrderedDict[int, Http2Wire] = OrderedDict()  # the next to be served first
        self._paused = False
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what may be sent here, and wait for requests."""
        self._transport = cast("asyncio.Transport", transport)
        self._h2.initiate_connection()
        # No stream waits because another one's audio is not heard yet: each has its own window.
        wanted = min(self._limits.http2_streams * self._limits.http2_window_bytes, MAX_WINDOW)
        if wanted > self._h2.inbound_flow_control_window:
            self._h2.increment_flow_control_window(wanted - self._h2.inbound_flow_control_window)
        self._write()
        self._rest()

    def data_received(self, data: bytes) -> None:
        """Take frames. A client that breaks the rules of HTTP/2 is told so and dropped."""
        if self._closed:
            return
        try:
            events = self._h2.receive_data(self._filter.feed(data))
        except FrameTooLong:
            self._h2.close_connection(ErrorCodes.FRAME_SIZE_ERROR)
            self._close()
            return
        except ProtocolError:
            self._close()
            return
        for event in events:
            self._take(event)
        self.flush()
        self._leave()

    def pause_writing(self) -> None:
        """Hear nothing from a client that does not read: answers to its pings would pile up."""
        self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        self._transport.resume_reading()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """End every stream."""
        self._closed = True
        self._timer.cancel()
        self._lose()

    def shut(self) -> None:
        """Say that this server ends, and end every stream."""
        if not self._closed:
            self._h2.close_connection()
            self._close()

    def respond(self, stream_id: int, head: Fields) -> None:
        """Send the head of an answer."""
        with contextlib.suppress(ProtocolError):
            self._h2.send_headers(stream_id, head)
        self._write()

    def acknowledge(self, stream_id: int, size: int) -> None:
        """Open the windows of the client again."""
        if not self._closed:
            self._h2.acknowledge_received_data(size, stream_id)
            self._write()

    def reset(self, stream_id: int, why: Reset) -> None:
        """End a stream at once."""
        with contextlib.suppress(ProtocolError):
            self._h2.reset_stream(stream_id, why.value)
        self._write()

    def flush(self) -> None:
        """Send what windows and the socket allow: a frame of each stream in turn."""
        served = True
        while served and not (self._paused or self._closed):
            served = False
            for stream_id, wire in list(self._wires.items()):
                if self._send_some(stream_id, wire):
                    self._wires.move_to_end(stream_id)
                    served = True
            self._write()

    def _send_some(self, stream_id: int, wire: Http2Wire) -> bool:
        try:
            room = self._h2.local_flow_control_window(stream_id)
            taken = wire.take(min(room, self._h2.max_outbound_frame_size))
            if taken is None:
                return False
            self._h2.send_data(stream_id, taken[0], end_stream=taken[1])
        except ProtocolError:  # the client has reset it
            wire.lose()
            return False
        return True

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event)
            return
        stream_id = getattr(event, "stream_id", None)
        wire = self._wires.get(stream_id or 0)
        if isinstance(event, DataReceived):
            if wire is not None:
                wire.feed(event.data, event.flow_controlled_length)
            else:
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded) and wire is not None:
            wire.feed_eof()
        elif isinstance(event, StreamReset) and wire is not None:
            wire.lose()

    def _begin(self, event: RequestReceived) -> None:
        stream_id = event.stream_id
        # One that was reset has no place in h2's count, and may still be winding down here.
        if len(self._wires) >= self._limits.http2_streams:
            self.reset(stream_id, Reset.REFUSED_STREAM)
            return
        self._timer.cancel()
        wire = Http2Wire(self, stream_id, limits=self._limits)
        self._wires[stream_id] = wire
        request = signed_request(event.headers)
        task = asyncio.get_running_loop().create_task(self._serve(wire, request, self._transport))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._end(task, wire))

    def _end(self, task: asyncio.Task[None], wire: Http2Wire) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("request_broken", exc_info=error)
        wire.abort()  # where it is not over
        del self._wires[wire.stream_id]
        if not (self._wires or self._closed):
            self._rest()
            self._leave()

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.http_idle_seconds, self.shut)

    def _leave(self) -> None:
        if self._filter.leaving and not self._wires:
            self._close()

    def _close(self) -> None:
        """Write what is left to say, and close; a client that does not read it is dropped."""
        if self._closed:
            return
        self._write()
        self._closed = True
        self._timer.cancel()
        self._lose()
        self._transport.close()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.close_seconds, self._transport.abort)

    def _lose(self) -> None:
        for wire in self._wires.values():
            wire.lose()

    def _write(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._closed:
            self._transport.write(data)


def _engine(limits: Limits) -> H2Connection:
    connection = H2Connection(config=H2Configuration(client_side=False, header_encoding=None))
    connection.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: limits.http2_streams,
            SettingCodes.INITIAL_WINDOW_SIZE: limits.http2_window_bytes,
            SettingCodes.MAX_HEADER_LIST_SIZE: limits.http2_header_bytes,
        },
    )
    connection.decoder.max_header_list_size = limits.http2_header_bytes
    return connection
