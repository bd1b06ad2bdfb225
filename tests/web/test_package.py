"""The library as a package: what `npm pack` makes is installed offline, imported and bundled."""

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from support.idp import peers
from support.tools import needs

WEB = Path(__file__).resolve().parents[2] / "web"
LIBRARY = WEB / "scribepass"
EXPORTS = [
    "LocalProtocolError",
    "MicrophoneError",
    "ProtocolError",
    "RemoteProtocolError",
    "ScribepassError",
    "StreamError",
    "TicketError",
    "Transcriber",
    "file",
    "microphone",
    "plainText",
    "screenAudio",
    "spans",
    "stream",
]
APP = """
import { microphone, Transcriber } from "scribepass";
import { toVtt } from "scribepass/captions";
const transcriber = new Transcriber();
transcriber.addEventListener("transcript", ({ transcript }) => console.log(toVtt(transcript)));
transcriber.start(microphone());
"""


def run(*command: str, folder: Path) -> str:
    """Its output; a command that fails fails the test."""
    quiet = {**os.environ, "npm_config_update_notifier": "false", "npm_config_cache": str(folder / ".npm")}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def npm(*arguments: str, folder: Path) -> str:
    peers()
    return run(needs("npm"), *arguments, "--offline", "--no-audit", "--no-fund", folder=folder)


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What would be published."""
    folder = tmp_path_factory.mktemp("packed")
    [packed] = json.loads(npm("pack", str(WEB), "--json", folder=folder))
    return folder / str(packed["filename"])


@pytest.fixture(scope="module")
def app(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has installed it."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "package.json").write_text('{"name": "app", "version": "1.0.0", "type": "module"}')
    npm("install", f"file:{tarball}", folder=folder)
    return folder


def test_the_package_is_the_library_and_nothing_else(tarball: Path) -> None:
    """Each file of the library, its package.json, its README and its licence."""
    with tarfile.open(tarball) as archive:
        files = {name.removeprefix("package/") for name in archive.getnames()}
    library = {f"scribepass/{path.name}" for path in LIBRARY.iterdir()}
    assert all(path.suffix == ".js" or path.name.endswith(".d.ts") for path in LIBRARY.iterdir())
    assert files == library | {"package.json", "README.md", "LICENSE"}


def test_what_the_package_promises_is_there(app: Path) -> None:
    """Each path in ``exports``, ``main`` and ``types`` is a file; nothing is needed beside it."""
    package = json.loads((app / "node_modules" / "scribepass" / "package.json").read_text())

    def paths(value: object) -> list[str]:
        return (
            [path for each in value.values() for path in paths(each)]
            if isinstance(value, dict)
            else [str(value)]
        )

    promised = [package["main"], package["types"], *paths(package["exports"]), *package["sideEffects"]]
    assert [path for path in promised if not (app / "node_modules" / "scribepass" / path).is_file()] == []
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & set(package)


def test_node_imports_it(app: Path) -> None:
    """A server that renders pages imports it, with no browser around; what is not exported stays inside."""
    script = """
        const exported = async (name) => Object.keys(await import(name)).sort();
        const refused = await import("scribepass/scribepass/tickets.js").catch((error) => error.code);
        const captions = await import("scribepass/captions");
        const { Transcriber } = await import("scribepass");
        console.log(JSON.stringify({
          all: await exported("scribepass"),
          captions: ["toText", "toSrt", "toVtt", "toJson"].map((name) => typeof captions[name]),
          state: new Transcriber().state,
          refused,
        }));
    """
    (app / "import.mjs").write_text(script)
    assert json.loads(run(needs("node"), "import.mjs", folder=app)) == {
        "all": EXPORTS,
        "captions": ["function"] * 4,
        "state": "idle",
        "refused": "ERR_PACKAGE_PATH_NOT_EXPORTED",
    }


def test_esbuild_bundles_it(app: Path) -> None:
    """A page's bundle, and beside it the audio thread's, where the library looks for it."""
    (app / "app.js").write_text(APP)
    esbuild = str(peers() / "node_modules" / ".bin" / "esbuild")
    options = ["--bundle", "--format=esm", "--log-level=warning", "--outdir=built"]
    said = run(esbuild, "app.js", "capture-worklet=scribepass/capture-worklet.js", *options, folder=app)
    assert said == ""
    assert "registerProcessor(" in (app / "built" / "capture-worklet.js").read_text()
    bundle = (app / "built" / "app.js").read_text()
    assert 'new URL("./capture-worklet.js", import.meta.url)' in bundle
    assert "registerProcessor(" not in bundle
    assert "import " not in bundle.replace("import.meta", "")


def test_the_licence_is_the_projects() -> None:
    """A package carries its own copy."""
    assert (WEB / "LICENSE").read_text() == (WEB.parent / "LICENSE").read_text()
