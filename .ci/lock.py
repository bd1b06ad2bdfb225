"""Write the hashed lock files, or with ``--check`` say whether they are stale. No address enters them."""

import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = {
    "requirements.lock": ["--extra", "client", "--extra", "local"],
    "requirements-dev.lock": [
        *("--extra", "client", "--extra", "local", "--extra", "sherpa", "--extra", "otel", "--extra", "dev"),
    ],
}
OPTIONS = (
    """--quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --group build"""
)
COMPILE = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS.split(), "pyproject.toml"]


def compiled(name: str, folder: Path) -> str:
    """The lock as it would be written now, keeping the versions that the present one holds."""
    target = folder / name
    if Path(name).exists():
        target.write_text(Path(name).read_text())
    subprocess.run([*COMPILE, *LOCKS[name], "--output-file", str(target)], check=True)
    return target.read_text()


def main() -> int:
    """Exit status 1 with ``--check`` when a lock is stale."""
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        for name in LOCKS:
            text = compiled(name, Path(folder))
            if not Path(name).exists() or Path(name).read_text() != text:
                stale.append(name)
                if "--check" not in sys.argv:
                    Path(name).write_text(text)
    print(*(f"{name} {'is stale' if '--check' in sys.argv else 'written'}" for name in stale), sep="\n")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
