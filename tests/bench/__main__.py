"""Ratios against peers, measured side by side in one run: ``make bench``.

Every round times each contestant once, in turn, so that a machine that slows down slows all of them. Figures
are medians over the rounds, in microseconds a call; a ratio is the peer's median over ours. Then come the
browser client's codec, size and latency, what a whole ticket costs under gunicorn (`cost`), and how many
streams a core of the local AWS holds (`load`, `recognition`).
"""

import statistics
import sys
import timeit
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from . import browser, codec, cost, load, mouth, presigning, recognition
from .race import Race

ROUNDS = 41
ROUND_SECONDS = 0.02


def medians(contestants: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds a call, the median over interleaved rounds."""
    timers = {name: timeit.Timer(call) for name, call in contestants.items()}
    counts = {}
    for name, timer in timers.items():
        number, seconds = timer.autorange()
        counts[name] = max(1, round(number * ROUND_SECONDS / seconds))
    samples: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            samples[name].append(timer.timeit(counts[name]) / counts[name])
    return {name: statistics.median(values) for name, values in samples.items()}


def report(race: Race) -> bool:
    """Print one table; true when every wanted ratio was reached."""
    times = medians(race.contestants)
    print(f"\n{race.title}\n{'':38}{'µs':>9}{'ratio':>9}{'wanted':>9}")
    reached = True
    for name, seconds in times.items():
        ratio = seconds / times[race.ours]
        wanted = race.wanted.get(name)
        reached &= wanted is None or ratio >= wanted
        goal = f"≥ {wanted:g}" if wanted else ""
        print(f"{name:38}{seconds * 1e6:9.2f}{ratio:9.2f}{goal:>9}")
    return reached


def main() -> int:
    """Exit status 1 when a wanted ratio of the first tables was missed."""
    print(f"Python {sys.version.split()[0]}, {ROUNDS} interleaved rounds, medians")
    races = [*presigning.races(Race), *codec.races(Race)]
    outcomes = [*(report(race) for race in races), browser.report()]
    mouth.report()
    cost.report()
    load.report()
    recognition.report()
    return int(not all(outcomes))


if __name__ == "__main__":
    sys.exit(main())
