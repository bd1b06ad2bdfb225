"""An open loop of tickets: each is asked for when it is due, however long the ones before it take."""

import http.client
import itertools
import json
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import parse_qs, urlsplit

from .sts import end_of

ASKED = json.dumps({"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}).encode()
ISSUED = "201"
THREADS = 8


@dataclass
class Seen:
    """What came back. Times are seconds from the moment at which the request was due."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    """Key ids of credentials that end before a URL that they signed."""
    last_use: dict[str, float] = field(default_factory=dict)
    """Real monotonic time of the last ticket by key id."""

    def keys_since(self, moment: float) -> set[str]:
        return {key for key, used in list(self.last_use.items()) if used >= moment}

    def failed(self) -> int:
        return sum(number for status, number in self.statuses.items() if status != ISSUED)

    def take(self, answer: dict[str, str]) -> None:
        """Read the URL as AWS would; what the answer says of itself is compared too."""
        signed = {name: values[0] for name, values in parse_qs(urlsplit(answer["url"]).query).items()}
        key = signed["X-Amz-Credential"].partition("/")[0]
        dated = datetime.strptime(signed["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        ends = dated.timestamp() + int(signed["X-Amz-Expires"])
        said = datetime.fromisoformat(answer["credentials_expire_at"]).timestamp()
        if ends > end_of(key) or abs(said - end_of(key)) > 1:
            self.too_long.append(key)
        self.last_use[key] = time.monotonic()


class Load:
    """``rate`` requests a second for ``POST /presign``, until it is stopped."""

    def __init__(self, *, port: int, key: str, rate: float) -> None:
        self.seen = Seen()
        self._port = port
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._rate = rate
        self._numbers = itertools.count()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def report(self) -> str:
        seen = sorted(self.seen.seconds)
        cuts = statistics.quantiles(seen, n=100) if len(seen) > 1 else [0.0] * 99
        figures = f"p50 {cuts[49] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms, max {seen[-1] * 1e3:.1f} ms"
        return f"{len(seen)} asked for: {dict(self.seen.statuses)}; {figures}"

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        for number in self._numbers:
            due = self._begun + number / self._rate
            if self._stopped.wait(max(due - time.monotonic(), 0.0)):
                break
            try:
                connection.request("POST", "/presign", body=ASKED, headers=self._headers)
                answer = connection.getresponse()
                status, body = str(answer.status), answer.read()
            except (OSError, http.client.HTTPException) as error:
                status, body = type(error).__name__, b""
                connection.close()
            with self._lock:
                self.seen.statuses[status] += 1
                self.seen.seconds.append(time.monotonic() - due)
                if status == ISSUED:
                    self.seen.take(json.loads(body))
        connection.close()
