"""Writes valid.json and invalid.json beside itself, or with ``--check`` only compares them.

Run: ``python tests/vectors/eventstream/make.py``. Deterministic; needs the standard library alone.
"""

import json
import sys
from pathlib import Path

import invalid
import valid

HERE = Path(__file__).parent


def render(cases):
    """JSON that reads well in a diff: one line for each member of a case."""
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names), "two cases have one name"
    bodies = [",\n".join(f"  {json.dumps(key)}: {json.dumps(case[key])}" for key in case) for case in cases]
    return '{"cases": [{\n' + "\n}, {\n".join(bodies) + "\n}]}\n"


def main():
    stale = []
    for name, cases in (("valid.json", valid.cases()), ("invalid.json", invalid.cases())):
        text = render(cases)
        if "--check" not in sys.argv:
            (HERE / name).write_text(text, encoding="utf-8")
        elif (HERE / name).read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.exit(f"not what make.py writes: {', '.join(stale)}")


if __name__ == "__main__":
    main()
