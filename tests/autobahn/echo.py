"""The server as it is, but for what it does with a message: it sends it back, for Autobahn|Testsuite.

``python -m tests.autobahn.echo PORT``. Sniffing, handshake, framing, limits and closing are those of the
local AWS; a stream of speech and its answers would tell a suite that expects echoes nothing.
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from scribepass.local import server
from scribepass.local.aws import LocalAws
from scribepass.local.limits import Limits
from scribepass.local.recognisers.scripted import Scripted

LIMITS = Limits(message_bytes=32 * 1024 * 1024, connections=1000)
"""Messages of up to 16 MiB are part of the suite."""


class Echo(LocalAws):
    """A server that accepts every WebSocket and repeats what it is sent."""

    def examine(self, connection: ServerConnection, request: Request) -> Response | None:  # noqa: ARG002
        return None

    async def transcribe(self, connection: ServerConnection) -> None:
        try:
            async for message in connection:
                await connection.send(message)
        except ConnectionClosed:
            pass


async def main(port: int) -> None:
    """Serve until the process is ended."""
    echo = Echo(
        Scripted(["one two"]),
        region="us-east-1",
        clock=server.utcnow,
        limits=LIMITS,
        refuse_handshake=False,
        signing_secret=None,
    )
    with server._bound("127.0.0.1", port) as listener:
        async with server._listening(echo, listener, limits=LIMITS):
            print(f"echoing on {listener.getsockname()[1]}", flush=True)
            await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
