"""Where the time of a ticket goes: the application by itself, sampled while it answers.

A profiler that counts calls makes small functions look large. A timer of the process's CPU time interrupts
instead, and each interruption counts for the part whose code, or whose library's, was running. The parts add
up to the time of a request that is measured without the timer.

``python -m tests.bench.sections KEY``, in the environment of the service, prints it as JSON.
"""

import io
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from .environment import ASKED, settings

SAMPLE_SECONDS = 0.001
SECONDS = 12.0
BATCH = 100

# The first of these that the path of a frame's file holds, from the innermost frame outwards.
PARTS = {
    "authentication": ("scribepass/app/guard", "scribepass/app/address", "scribepass/callers/"),
    "quotas": ("scribepass/quotas/",),
    "policy": ("scribepass/policy/",),
    "reading and checking": (
        *("scribepass/app/reading", "scribepass/app/asking", "scribepass/transcribe/p"),
        *("scribepass/transcribe/rules", "scribepass/transcribe/values", "scribepass/transcribe/catalogue"),
    ),
    "signing": (
        *("scribepass/vending/", "scribepass/sigv4/", "scribepass/credentials/"),
        "scribepass/transcribe/endpoint",
    ),
    "audit line": (
        *("scribepass/telemetry/logs", "scribepass/telemetry/redaction", "scribepass/telemetry/sink"),
        "/structlog/",
    ),
    "metrics": ("scribepass/telemetry/", "/prometheus_client/"),
    "headers of the answer": ("scribepass/app/headers", "/flask_cors/"),
    "route": ("scribepass/app/",),
    "Flask and werkzeug": ("/flask/", "/werkzeug/"),
}
OTHER = "the benchmark itself"

Answer = Callable[[], bytes]


def application(key: str) -> Answer:
    """One request of the service in this process."""
    from scribepass.app.wsgi import app, parts

    deadline = time.monotonic() + 30
    while not parts.vendor.ready() and time.monotonic() < deadline:
        time.sleep(0.05)
    body = json.dumps(ASKED).encode()
    fixed: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/presign",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }

    def answer() -> bytes:
        statuses: list[str] = []
        parts = app({**fixed, "wsgi.input": io.BytesIO(body)}, lambda status, *_: statuses.append(status))
        data = b"".join(parts)
        if not statuses[0].startswith("201"):
            raise RuntimeError(f"no ticket: {data!r}")
        return data

    return answer


def part_of(frame: FrameType | None) -> str:
    """The part of the innermost frame that belongs to one."""
    while frame is not None:
        path = frame.f_code.co_filename
        for part, places in PARTS.items():
            if any(place in path for place in places):
                return part
        frame = frame.f_back
    return OTHER


def profile(answer: Answer) -> dict[str, float]:
    """Seconds of CPU by part for one answer."""
    samples: Counter[str] = Counter()
    for _ in range(5 * BATCH):
        answer()
    whole = statistics.median(_batch(answer) for _ in range(40))
    signal.signal(signal.SIGPROF, lambda _signal, frame: samples.update([part_of(frame)]))
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    end = time.process_time() + SECONDS
    while time.process_time() < end:
        answer()
    signal.setitimer(signal.ITIMER_PROF, 0)
    total = sum(samples.values()) - samples[OTHER]
    return {part: whole * samples[part] / total for part in PARTS}


def _batch(answer: Answer) -> float:
    before = time.process_time()
    for _ in range(BATCH):
        answer()
    return (time.process_time() - before) / BATCH


def measure(folder: Path, *, key: str) -> dict[str, float]:
    """`profile` of the service in a process of its own."""
    figures = folder / "figures"
    figures.mkdir()
    environ = settings(folder, port=8000, operator_port=8001) | {"PROMETHEUS_MULTIPROC_DIR": str(figures)}
    with (folder / "sections.log").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.sections", key],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    if done.returncode:
        raise RuntimeError((folder / "sections.log").read_text()[-3000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def show(parts: Mapping[str, float]) -> None:
    """Print the table, the largest part first."""
    whole = sum(parts.values())
    print(f"\nwhere it goes, in the application by itself{'µs':>8}{'share':>9}")
    for part, seconds in sorted(parts.items(), key=lambda pair: -pair[1]):
        print(f"{part:42}{seconds * 1e6:9.1f}{seconds / whole:9.0%}")
    print(f"{'all':42}{whole * 1e6:9.1f}")


if __name__ == "__main__":
    output = os.dup(1)
    os.write(output, json.dumps(profile(application(sys.argv[1]))).encode())
