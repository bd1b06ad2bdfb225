"""Child processes that live and end together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import click

from scribepass.cli.exits import Exit

__all__ = ["Family"]

STOP_SECONDS = 10.0
POLL_SECONDS = 0.05

GUARD = 'while read -r child; do children="$children $child"; done; kill $children 2>/dev/null'
"""A shell that is told of each child, and ends them when its input ends: however this process dies."""

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy of the environment would look for loopback on its own machine."""


class Family:
    """Commands of this program as children. When the block ends, however it ends, they have ended.

    The first child to end by itself ends the family, and so do SIGINT, SIGTERM and SIGHUP.
    """

    def __init__(self) -> None:
        self.outcome = Exit.OK
        self._children: list[asyncio.subprocess.Process] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()

    async def __aenter__(self) -> Self:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(each, self._over.set)
        self._guard = subprocess.Popen(  # noqa: ASYNC220, S602 - returns at once; the script is a constant
            GUARD, shell=True, stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        # The last to start is the first to stop: nobody is left asking for what has gone.
        for child in reversed(self._children):
            await _stop(child)
        self._guard.kill()
        self._guard.communicate()

    async def start(self, name: str, arguments: Sequence[str], *, environ: Mapping[str, str]) -> None:
        """Start ``scribepass ARGUMENTS``, which writes to our stderr; ``name`` is what to call it."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scribepass", *arguments),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._children.append(child)
        if self._guard.stdin is not None:
            self._guard.stdin.write(b"%d\n" % child.pid)
            self._guard.stdin.flush()
        self._watchers.append(asyncio.create_task(self._watch(name, child)))

    async def _watch(self, name: str, child: asyncio.subprocess.Process) -> None:
        status = await child.wait()
        click.echo(f"scribepass: {name} has ended ({_how(status)}), so everything ends", err=True)
        self.outcome = Exit.FAILED
        self._over.set()

    async def ready(self, url: str) -> bool:
        """Whether ``url`` answers 200 before the family is over. Waits until either is so."""
        while not self._over.is_set():
            if await asyncio.to_thread(_answers, url):
                return True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), POLL_SECONDS)
        return False

    async def over(self) -> None:
        """Return when a child has ended or a signal has come."""
        await self._over.wait()


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=1):
            return True
    except OSError:
        return False


async def _stop(child: asyncio.subprocess.Process) -> None:
    """Ask the child to stop; after a while, kill it and whatever it has started."""
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), STOP_SECONDS)
    except TimeoutError:
        os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _how(status: int) -> str:
    return f"exit code {status}" if status >= 0 else f"by {signal.Signals(-status).name}"
