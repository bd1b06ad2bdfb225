"""The declarations: what TypeScript says of the library, of those who use it, and of both together."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from support.idp import peers

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
STRICT = {
    "noEmit": True,
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "skipDefaultLibCheck": True,
    "target": "ES2022",
    "lib": ["ES2022", "DOM", "DOM.Iterable"],
    "types": [],
}
RESOLUTIONS = {
    "bundler": {"module": "ES2022", "moduleResolution": "bundler"},
    "Node": {"module": "nodenext", "moduleResolution": "nodenext"},
}


def project(folder: Path, *files: str, **options: object) -> Path:
    """A consumer's project with the library in its ``node_modules``."""
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "scribepass").symlink_to(WEB)
    (folder / "package.json").write_text('{"type": "module"}')
    for file in files:
        shutil.copy(HERE / "types" / file, folder)
    config = folder / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": {**STRICT, **options}, "files": files}))
    return config


def findings(config: Path) -> str:
    """What the compiler has to say: nothing, if all is well."""
    command = [str(peers() / "node_modules" / ".bin" / "tsc"), "--project", str(config), "--pretty", "false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(done.stdout), done.stderr
    return done.stdout


def test_the_javascript_is_clean() -> None:
    """Library and page under checkJs and strict."""
    assert findings(WEB / "jsconfig.json") == ""


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_a_consumer_compiles(tmp_path: Path, resolution: str) -> None:
    """Every option, event and source under strict; every wrong use is an error (`@ts-expect-error`)."""
    config = project(tmp_path, "consumer.ts", "captions.ts", **RESOLUTIONS[resolution])
    assert findings(config) == ""


def test_an_old_consumer_compiles(tmp_path: Path) -> None:
    """A resolution that knows no ``exports`` finds the types by ``types``."""
    config = project(tmp_path, "consumer.ts", module="ES2022", moduleResolution="node10")
    assert findings(config) == ""


def conforming(folder: Path) -> Path:
    """The declarations beside the library without them, which shares its shapes."""
    made = folder / "made"
    made.mkdir()
    for module in (WEB / "scribepass").glob("*.js"):
        shutil.copy(module, made)
    shapes = (WEB / "scribepass" / "types.d.ts").as_posix()
    (made / "types.d.ts").write_text(f"export type * from {json.dumps(shapes)};\n")
    # What the JSDoc says is compared, under the options that it is checked with.
    relaxed = {"exactOptionalPropertyTypes": False, "allowJs": True, "checkJs": True}
    return project(folder, "conformance.ts", **RESOLUTIONS["bundler"], **relaxed)


def test_the_declarations_are_the_javascript(tmp_path: Path) -> None:
    """Each export has the type that it is declared with, and there is no other."""
    assert findings(conforming(tmp_path)) == ""


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        pytest.param("index.js", "plainText, spans", "plainText, reduce, spans", id="an undeclared export"),
        pytest.param("errors.js", "this.status = status;", "this.status = `${status}`;", id="another type"),
        pytest.param("captions.js", "export function toVtt(", "export function toWebVtt(", id="another name"),
    ],
)
def test_a_difference_is_found(tmp_path: Path, module: str, old: str, new: str) -> None:
    """The comparison above is no formality."""
    config = conforming(tmp_path)
    changed = tmp_path / "made" / module
    text = changed.read_text()
    assert old in text
    changed.write_text(text.replace(old, new))
    assert "conformance.ts" in findings(config)
