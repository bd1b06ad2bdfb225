"""The browser client beside AWS's JavaScript: its codec under Node, and what a page has to load."""

import gzip
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE.parent / "peers"
LIBRARY = HERE.parents[1] / "web" / "scribepass"
ESBUILD = PEERS / "node_modules" / ".bin" / "esbuild"

OURS = "scribepass"
PAGE = "@smithy/eventstream-codec, for pages"
NATIVE = "the same for Node, its CRC in C"
BUILDS = {PAGE: "browser", NATIVE: "node"}
WANTED = {PAGE: 2.0}
CODEC = """
export { EventStreamCodec } from "@smithy/eventstream-codec";
export { fromUtf8, toUtf8 } from "@smithy/util-utf8";
"""
SDK = """
export {
  StartStreamTranscriptionCommand,
  TranscribeStreamingClient,
} from "@aws-sdk/client-transcribe-streaming";
"""
MOST_BYTES = 10 * 1024


def bundle(code: str, *options: str) -> bytes:
    """A module that says ``code``, with all that it imports, in one file."""
    command = [str(ESBUILD), "--bundle", "--format=esm", "--main-fields=module,main", *options]
    return subprocess.run(command, input=code.encode(), cwd=PEERS, capture_output=True, check=True).stdout


def gzipped(code: str) -> int:
    """Bytes of what a page would load."""
    return len(gzip.compress(bundle(code, "--platform=browser", "--minify"), 9, mtime=0))


def times() -> dict[str, dict[str, float]]:
    """Microseconds by race and contestant."""
    with tempfile.TemporaryDirectory() as folder:
        told = []
        for name, platform in BUILDS.items():
            module = Path(folder) / f"{platform}.mjs"
            module.write_bytes(bundle(CODEC, f"--platform={platform}"))
            told.append(f"{name}={module.as_uri()}")
        command = ["node", str(HERE / "codec.mjs"), *told]
        found: dict[str, dict[str, float]] = json.loads(
            subprocess.run(command, capture_output=True, check=True).stdout
        )
        return found


def report_codec() -> bool:
    """Print a table for each race; true when every wanted ratio was reached."""
    reached = True
    for title, figures in times().items():
        print(f"\n{title}, JavaScript\n{'':38}{'µs':>9}{'ratio':>9}{'wanted':>9}")
        for name, microseconds in figures.items():
            ratio = microseconds / figures[OURS]
            wanted = WANTED.get(name)
            reached &= wanted is None or ratio >= wanted
            print(f"{name:38}{microseconds:9.2f}{ratio:9.2f}{f'≥ {wanted:g}' if wanted else '':>9}".rstrip())
    return reached


def report_size() -> None:
    """Print what a page loads."""
    modules = {
        OURS: f'export * from "{LIBRARY.as_posix()}/index.js";',
        "  its part on the audio thread": f'import "{LIBRARY.as_posix()}/capture-worklet.js";',
        "@aws-sdk/client-transcribe-streaming": SDK,
    }
    sizes = {name: gzipped(code) for name, code in modules.items()}
    print(f"\nwhat a page loads, minified and gzipped\n{'':38}{'bytes':>9}{'ratio':>9}{'wanted':>18}")
    for name, size in sizes.items():
        missed = ", missed" if size > MOST_BYTES else ""
        goal = f"≤ {MOST_BYTES:,}{missed}" if name == OURS else ""
        print(f"{name:38}{size:9,}{size / sizes[OURS]:9.2f}{goal:>18}".rstrip())


def report() -> bool:
    """Print the tables; true when every wanted ratio was reached."""
    if not (shutil.which("node") and ESBUILD.exists()):
        print("\nthe browser client: not measured, node or tests/peers is not installed")
        return True
    reached = report_codec()
    report_size()
    return reached
