"""A recogniser in a process of its own, for engines that would hold the event loop.

Parent and child speak what a client and Transcribe speak: an event stream of audio one way and of results
the other, here over a socket pair: the pipe needs no format of its own, and its framing is checked. A
transcript without results is the last, so that a child that dies is not taken for one that is done.

The child is forked from a server process that has imported the engine's ``preload`` module, so it starts
with the model in memory. It ends with its stream: when it is killed, or when the other end of its socket
closes, which is also what happens when the server is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from types import TracebackType
from typing import Self

from scribepass.errors import RemoteProtocolError
from scribepass.transcribe import (
    NEED_DATA,
    Audio,
    Closed,
    EndOfAudio,
    Result,
    Role,
    StreamSession,
    Transcript,
)

from . import Engine, Options, RecogniserDied, Said

__all__ = ["Child", "preload"]

_CONTEXT = multiprocessing.get_context("forkserver")
_LAST = Transcript(results=())
_READ_BYTES = 16 * 1024
# Audio that a slow child has not taken yet, about a second of it: the more waits here, the later a stream is
# found to be behind.
_SOCKET_BYTES = 16 * 1024


def preload(engine: Engine) -> None:
    """Start the process that children are forked from. It stays for as long as this one.

    It imports the model for half a second, which nobody waits for but a stream that comes sooner.
    """
    if engine.isolation == "process":
        _CONTEXT.set_forkserver_preload([engine.preload] if engine.preload else [])
        forkserver.ensure_running()


class Child:
    """The parent's side of one recogniser: an asynchronous context, which ends the child when it is left."""

    def __init__(self, engine: Engine, options: Options) -> None:
        self._engine = engine
        self._options = options
        self._session = StreamSession(Role.CLIENT)

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        arguments = (theirs, self._engine, self._options)
        self._process = _CONTEXT.Process(target=_hear, args=arguments, name="recogniser", daemon=True)
        try:
            # It waits for the fork, and the first time for the model.
            await asyncio.to_thread(_start, self._process, theirs)
            self._reader, self._writer = await asyncio.open_connection(sock=ours)
            self._writer.transport.set_write_buffer_limits(high=0)
        except BaseException:
            ours.close()  # which ends a child that did start
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if self._process.is_alive():
            self._process.kill()  # whatever it still does is of no use to anybody
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._process.close()

    async def feed(self, pcm: bytes) -> None:
        """Hand over audio; waits while the child is behind. :class:`RecogniserDied` if it is no more."""
        await self._send(Audio(chunk=pcm))

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        await self._send(EndOfAudio())

    async def said(self) -> AsyncIterator[tuple[Result, ...]]:
        """Yield results as they come, until the last. :class:`RecogniserDied` if there should be more."""
        while True:
            try:
                event = self._session.next_event()
            except RemoteProtocolError as error:
                raise RecogniserDied("the recogniser's process does not speak the protocol") from error
            match event:
                case Transcript(results=()):
                    return
                case Transcript(results=results):
                    yield results
                case Closed():
                    raise RecogniserDied("the recogniser's process ended before its stream")
                case _:
                    await self._receive()

    async def _send(self, event: Audio | EndOfAudio) -> None:
        try:
            self._writer.write(self._session.send(event))
            await self._writer.drain()
        except ConnectionError as error:
            raise RecogniserDied("the recogniser's process ended before its stream") from error

    async def _receive(self) -> None:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = await self._reader.read(_READ_BYTES)
        if data:
            self._session.receive_data(data)
        else:
            self._session.receive_eof()


def _start(process: ForkServerProcess, theirs: socket.socket) -> None:
    # The thread closes what it hands over: a cancelled caller must not do it in the middle.
    with theirs:
        process.start()


def _hear(channel: socket.socket, engine: Engine, options: Options) -> None:
    """The child: audio in, results out, until the audio ends or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; what it means is for the server to say
    session = StreamSession(Role.SERVER)
    with (
        contextlib.suppress(ConnectionError),  # the parent is gone, or wants no more
        channel,
        contextlib.closing(engine.open(options)) as recogniser,
    ):
        while data := channel.recv(_READ_BYTES):
            session.receive_data(data)
            while (event := session.next_event()) is not NEED_DATA:
                if not isinstance(event, Audio):
                    _tell(channel, session, recogniser.finish())
                    channel.sendall(session.send(_LAST))
                    return
                _tell(channel, session, recogniser.feed(event.chunk))


def _tell(channel: socket.socket, session: StreamSession, said: Sequence[Said]) -> None:
    if results := [each for each in said if isinstance(each, Result)]:
        channel.sendall(session.send(Transcript(results=tuple(results))))
