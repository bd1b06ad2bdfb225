"""The service as shipped, two workers and a redis-server that dies under load."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Self

import pytest

from support import gunicorn, redis

LIMIT = 60
ASK = "/presign?language-code=en-US&media-encoding=pcm&sample-rate=16000"


class Load:
    """Clients that ask without pause; how they were answered."""

    def __init__(self, service: gunicorn.Running, *, clients: int = 8) -> None:
        self.answers: Counter[int] = Counter()
        self.longest = 0.0
        self._service = service
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for each in self._threads:
            each.join()

    def _run(self) -> None:
        while not self._done.is_set():
            started = time.monotonic()
            status, _ = self._service.ask(ASK)
            with self._lock:
                self.answers[status] += 1
                self.longest = max(self.longest, time.monotonic() - started)


@pytest.mark.parametrize("fault", ["killed", "black hole", "restarted every second"])
def test_the_store_fails_under_load(tmp_path: Path, fault: str) -> None:
    """Tickets and refusals, never a 500; at most 1.2 times the limit in the minute."""
    with redis.running(tmp_path) as server, gunicorn.running(
        tmp_path,
        **{
            **gunicorn.LOCAL,
            "SCRIBEPASS_LOG_LEVEL": "info",
            "SCRIBEPASS_STORE_URL": server.url,
            "SCRIBEPASS_WORKERS": "2",
            "SCRIBEPASS_RATE_PER_MINUTE": str(LIMIT),
            "SCRIBEPASS_RATE_BURST": str(LIMIT),
        },
    ) as service:  # fmt: skip
        with Load(service) as load:
            time.sleep(1)
            if fault == "killed":
                server.kill()
                time.sleep(4)
            elif fault == "black hole":
                server.pause()
                time.sleep(4)
                server.resume()
                time.sleep(2)
            else:
                for _ in range(3):
                    server.kill()
                    time.sleep(0.7)
                    server.start()
                    time.sleep(0.7)
        print(f"{fault}: {dict(load.answers)}, longest {load.longest:.3f} s")
        assert set(load.answers) == {200, 429}
        assert load.answers[200] <= 1.2 * LIMIT
        assert [line for line in service.lines() if line["event"] == "limiter_store_lost"]
