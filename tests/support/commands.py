"""The CLI as a real process, inside an event loop that may serve it."""

import asyncio
import contextlib
import os
from dataclasses import dataclass

from support.stack import environment, scribepass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


async def start(*arguments: str, stdin: int | None = None, **extra: str) -> asyncio.subprocess.Process:
    """Start ``scribepass ARGUMENTS`` with pipes at its outputs; ``extra`` goes into its environment."""
    return await asyncio.create_subprocess_exec(
        *scribepass(*arguments),
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**extra),
    )


async def ended(process: asyncio.subprocess.Process, *, seconds: float = 60) -> Ended:
    """Wait for the end. A process that takes too long is killed, and the test fails."""
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(f"still running after {seconds} s:\n{out.decode()}\n{err.decode()}") from None
    return Ended(code=process.returncode or 0, out=out.decode(), err=err.decode())


async def run(*arguments: str, stdin: bytes | None = None, **extra: str) -> Ended:
    """Run ``scribepass ARGUMENTS`` to its end, with ``stdin`` in a pipe."""
    if stdin is None:
        return await ended(await start(*arguments, **extra))
    reading, writing = os.pipe()
    process = await start(*arguments, stdin=reading, **extra)
    os.close(reading)
    feeding = asyncio.create_task(asyncio.to_thread(_feed, writing, stdin))
    try:
        return await ended(process)
    finally:
        await feeding


def _feed(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb") as pipe, contextlib.suppress(BrokenPipeError):
        pipe.write(data)
