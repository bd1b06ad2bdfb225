"""Runs Autobahn|Testsuite against the server: ``python -m tests.autobahn``.

The suite runs on Python 2.7 and nothing newer, so this is no part of the tests that run everywhere; a table
of cases of our own is (``tests/local/conformance``). Where there is a Python 2.7, the suite is installed
into a folder of the cache by its pip, once. Compression, which is not accepted, counts as unimplemented.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
SUITE = CHECKOUT / ".cache" / "autobahn"
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"}
FRAGMENTS = "1000000"
"""The library refuses a message in more than 4,096 of them; the suite sends 65,536."""


def installed(python: str) -> Path:
    """The folder that holds the suite."""
    if not (SUITE / "autobahntestsuite").is_dir():
        requirements = Path(__file__).with_name("requirements.txt")
        pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(SUITE)]
        subprocess.run([*pip, "--requirement", str(requirements)], check=True)
        (SUITE / "zope" / "__init__.py").touch()  # which Python 2 wants, and pip leaves out of such a folder
    return SUITE


@contextmanager
def echoing() -> Iterator[str]:
    """The server, for a client that wants echoes; its URL."""
    environ = {**os.environ, "WEBSOCKETS_MAX_FRAGMENTS": FRAGMENTS}
    command = [sys.executable, "-m", "tests.autobahn.echo", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=CHECKOUT) as process:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{process.stdout.readline().split()[-1]}"
        process.terminate()


def run(python: str, *, url: str, cases: list[str]) -> Mapping[str, Mapping[str, Any]]:
    """What came of each case."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "outdir": folder,
            "servers": [{"agent": "scribepass", "url": url}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps(settings))
        program = "from autobahntestsuite.wstest import run; run()"
        command = [python, "-c", program, "--mode", "fuzzingclient", "--spec", str(spec)]
        environ = {**os.environ, "PYTHONPATH": str(installed(python))}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ) as process:
            if process.wait():
                raise RuntimeError("the suite did not run to its end")
        index: dict[str, dict[str, dict[str, Any]]] = json.loads((Path(folder) / "index.json").read_text())
    return index["scribepass"]


def main() -> int:
    """Exit status 1 when a case failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=shutil.which("python2.7"), help="a Python 2.7")
    parser.add_argument("cases", nargs="*", default=["*"], help="such as 1.* or 7.1.5; all of them")
    given = parser.parse_args()
    if given.python is None:
        print("there is no Python 2.7 here; --python names one")
        return 1
    with echoing() as url:
        outcomes = run(given.python, url=url, cases=given.cases)
    print(Counter(each["behavior"] for each in outcomes.values()))
    failed = [
        name for name, each in outcomes.items() if not {each["behavior"], each["behaviorClose"]} <= PASSED
    ]
    print(f"{len(outcomes)} cases, {len(failed)} failed", *failed)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
