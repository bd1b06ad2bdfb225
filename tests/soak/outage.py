"""STS is killed just before the refresh would begin, and comes back 30 minutes later: no ticket may fail.

Real processes on loopback: gunicorn as it is shipped, an STS that can be killed, an open loop of requests.
With ``--tempo 60`` all clocks but those of the network run 60 times as fast.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from scribepass.credentials.plan import SHARED
from support.clock import Hurried
from support.gunicorn import COMMAND, UNLIMITED, Running, running
from support.stack import environment, free_port

from .load import Load
from .sts import end_of

TESTS = Path(__file__).parents[1]
OUTAGE = 1800.0
WORKERS = 2
YOUNG, OLD = 3600.0, 2400.0
"""Seconds that sessions have left when they come: all, or what is left after 20 minutes."""
JITTER = 0.1 * (YOUNG - SHARED.ahead)
PATIENCE = 30.0


@dataclass
class Sts:
    """The STS, alive or not."""

    folder: Path
    clock: Hurried
    life: float
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def calls(self) -> int:
        log = self.folder / "sts-calls.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def start(self) -> None:
        asked = [self.port, self.clock.tempo, self.clock.start, self.life, self.folder / "sts-calls.log"]
        command = [sys.executable, "-m", "soak.sts", *map(str, asked)]
        self.process = subprocess.Popen(command, env=environment(PYTHONPATH=str(TESTS)))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Soak:
    """One run. Durations are in seconds of the hurried clock, but for ``PATIENCE``."""

    tempo: float
    rate: float
    folder: Path
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Hurried(self.tempo)
        # As it is shipped in real time; otherwise with its clock, and so that five minutes pass before.
        self.shipped = self.tempo == 1
        self.life = YOUNG if self.shipped else OLD
        self.sts = Sts(self.folder, self.clock, self.life)

    def run(self) -> None:
        """The whole story; what went wrong is in ``faults``."""
        key, record = new_key("test", caller="soak")
        add_key(self.folder / "keys.json", record=record)
        self.sts.start()
        try:
            with self.service() as service, Load(port=service.port, key=key, rate=self.rate) as load:
                self.story(service, load)
            self.check(load)
        finally:
            self.sts.kill()

    def service(self) -> AbstractContextManager[Running]:
        command = COMMAND if self.shipped else [*COMMAND[:-1], "soak.service:app"]
        return running(
            self.folder,
            command=command,
            PYTHONPATH=str(TESTS),
            SOAK_TEMPO=str(self.tempo),
            SOAK_START=str(self.clock.start),
            SOAK_LIFE=str(self.life),
            SCRIBEPASS_ENV="local",
            SCRIBEPASS_WORKERS=str(WORKERS),
            SCRIBEPASS_API_KEYS_FILE=str(self.folder / "keys.json"),
            SCRIBEPASS_ROLE_ARN="arn:aws:iam::111122223333:role/scribepass-vending",
            SCRIBEPASS_STS_ENDPOINT=f"http://127.0.0.1:{self.sts.port}",
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
            AWS_SECRET_ACCESS_KEY="secret-of-the-environment",
            **UNLIMITED,
        )

    def story(self, service: Running, load: Load) -> None:
        seen = load.seen
        self.until(load, lambda: len(seen.last_use) == WORKERS, "every worker has credentials")
        old = set(seen.last_use)
        margin = max(5.0, 0.25 * self.tempo) + (JITTER if self.shipped else 0)
        self.sleep_until(min(map(end_of, old)) - SHARED.ahead - margin, service)
        self.say(f"STS is killed after {self.sts.calls} calls and {len(seen.seconds)} tickets")
        self.expect(self.sts.calls == WORKERS, "a refresh had begun before the outage")
        self.sts.kill()
        self.sleep_until(self.clock().timestamp() + OUTAGE, service)
        self.expect(seen.keys_since(0) == old, "there were new credentials during the outage")
        left = min(map(end_of, old)) - self.clock().timestamp()
        self.say(f"STS is back, {left:.0f} s before the end")
        self.sts.start()
        back = self.clock().timestamp()
        self.until(load, lambda: len(set(seen.last_use) - old) == WORKERS, "every worker has new credentials")
        self.say(f"all workers have new credentials, {self.clock().timestamp() - back:.0f} s later")
        time.sleep(1)

    def check(self, load: Load) -> None:
        seen = load.seen
        self.say(load.report())
        attempts = (self.folder / "gunicorn.log").read_text().count('"credentials_refresh_failed"')
        self.say(f"{attempts} attempts failed, {self.sts.calls} calls of STS in all")
        self.expect(seen.failed() == 0, f"{seen.failed()} tickets failed")
        self.expect(not seen.too_long, f"{len(seen.too_long)} URLs outlive their credentials")
        self.expect(self.sts.calls >= 2 * WORKERS, "STS was not called again")
        # Every 30 s at most, and every 5 s in the last ten minutes.
        most = WORKERS * (OUTAGE / 30 + 600 / 5)
        self.expect(0 < attempts <= most, f"{attempts} attempts during the outage")

    def sleep_until(self, moment: float, service: Running) -> None:
        """Readiness stays green meanwhile."""
        while (left := moment - self.clock().timestamp()) > 0:
            time.sleep(min(left / self.tempo, 1.0))
            status, _ = service.ask("/readyz")
            self.expect(status == 200, f"readiness was {status}")

    def until(self, load: Load, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.02)
        if not holds():
            raise AssertionError(f"not within {PATIENCE:.0f} s: {what}; {load.report()}")

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds and otherwise not in self.faults:
            self.faults.append(otherwise)

    def say(self, text: str) -> None:
        print(f"{self.clock():%H:%M:%S} {text}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--tempo", type=float, default=1.0, help="how many times as fast (1: an hour)")
    parser.add_argument("--rate", type=float, default=20.0, help="tickets a real second (20)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(given.tempo, given.rate, Path(folder))
        soak.run()
    print("\n".join(soak.faults) or "every promise was kept")
    return int(bool(soak.faults))
