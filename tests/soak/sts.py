"""An STS in a process of its own, whose clock runs ``tempo`` times as fast as the real one.

``python -m soak.sts PORT TEMPO START LIFE LOG``: credentials last ``LIFE`` seconds, which their key id tells
too (`end_of`); each call is a line of ``LOG``.
"""

import sys
from datetime import timedelta
from pathlib import Path

from support.clock import Hurried
from support.sts import Stub, issued


def key_id(number: int, *, ends: float) -> str:
    return f"ASIA{number:04}E{ends:.0f}"


def end_of(key: str) -> float:
    """The end of the credentials with this key id, as POSIX time."""
    return float(key.partition("E")[2])


def main(port: str, tempo: str, start: str, life: str, log: str) -> None:
    clock = Hurried(float(tempo), start=float(start))

    def reply(asked: dict[str, str]) -> str:
        now = clock()
        with Path(log).open("a") as lines:
            lines.write(f"{now.isoformat()} {asked['RoleSessionName']}\n")
        ends = (now + timedelta(seconds=float(life))).timestamp()
        number = len(Path(log).read_text().splitlines())
        return issued(now=now, life=float(life), AccessKeyId=key_id(number, ends=ends))

    with Stub(int(port)) as server:
        server.reply = reply
        server.now = lambda: clock().timestamp()
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
