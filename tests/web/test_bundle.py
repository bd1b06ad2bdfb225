"""What a page that uses the library loads: how much, and what is not in it."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from support.idp import peers

WEB = Path(__file__).resolve().parents[2] / "web"
LIBRARY = WEB / "scribepass"
MOST_BYTES = 14_000
"""Of index.js with all that it imports, bundled, minified, gzipped. Wanted were 10 KiB, and were missed."""


def bundled(entry: Path, *options: str) -> bytes:
    """One file, minified, by esbuild for browsers."""
    esbuild = peers() / "node_modules" / ".bin" / "esbuild"
    command = [
        str(esbuild),
        str(entry),
        "--bundle",
        "--minify",
        "--format=esm",
        "--platform=browser",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, check=False, cwd=peers())
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def gzipped(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def test_the_library_is_small() -> None:
    """It does not grow unnoticed; the audio thread's part is another file, loaded when one records."""
    page = gzipped(bundled(LIBRARY / "index.js"))
    worklet = gzipped(bundled(LIBRARY / "capture-worklet.js"))
    print(f"index.js {page:,} bytes · capture-worklet.js {worklet:,} bytes, gzipped")
    assert page <= MOST_BYTES


def test_the_sdk_is_larger(tmp_path: Path) -> None:
    """AWS's own client of the same stream, by the same tool: what a page would load instead."""
    entry = peers() / "node_modules" / "@aws-sdk" / "client-transcribe-streaming"
    app = tmp_path / "app.js"
    names = "TranscribeStreamingClient, StartStreamTranscriptionCommand"
    app.write_text(f'export {{ {names} }} from "{entry.as_posix()}";')
    sdk, ours = gzipped(bundled(app)), gzipped(bundled(LIBRARY / "index.js"))
    print(f"@aws-sdk/client-transcribe-streaming {sdk:,} bytes, {sdk / ours:.1f} times ours, gzipped")
    assert sdk > ours


IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
MODULES = sorted(LIBRARY.glob("*.js"))


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_nothing_comes_from_elsewhere(module: Path) -> None:
    """Each import is a file beside it: no package, no address. And each is one that the bundler has seen."""
    found = IMPORT.findall(module.read_text())
    assert [name for name in found if not re.fullmatch(r"\./[\w.-]+", name)] == []
    assert [name for name in found if not (LIBRARY / name).is_file()] == []


@pytest.mark.parametrize("entry", ["index.js", "captions.js", "capture-worklet.js"])
def test_no_text_becomes_code(entry: str) -> None:
    """Nothing that a strict content security policy or trusted types would refuse."""
    bundle = bundled(LIBRARY / entry).decode()
    sinks = ("eval", "Function", "innerHTML", "outerHTML", "insertAdjacentHTML", "document", "importScripts")
    assert [name for name in sinks if re.search(rf"\b{name}\b", bundle)] == []


def test_the_bundle_needs_nothing() -> None:
    """No import is left in it."""
    for entry in ("index.js", "captions.js", "capture-worklet.js"):
        code = bundled(LIBRARY / entry).decode()
        assert re.findall(r"\bimport\s*[({\"'*]|\bfrom\s*[\"']|\brequire\(", code) == []
