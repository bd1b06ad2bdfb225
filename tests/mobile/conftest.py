"""The Kotlin client, compiled once, and a stack for it that recites."""

import json
import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.stack import Stack, scribepass, up

Kotlin = Callable[..., dict[str, Any]]

CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "web" / "mobile" / "README.md"
SOURCES = (CHECKOUT / "web" / "mobile" / "kotlin", Path(__file__).parent / "kotlin")
PEER = CHECKOUT / "tests" / "peers" / "node_modules" / "kotlin-compiler"
COMPILER = Path(os.environ.get("KOTLIN_HOME", PEER))
JARS = Path("/usr/share/java")
LIBRARIES = [JARS / name for name in ("com.android.json.jar", "okhttp.jar", "okio.jar")]
COROUTINES = COMPILER / "lib" / "kotlinx-coroutines-core-jvm.jar"
CLASSPATH = ":".join(map(str, [*LIBRARIES, COROUTINES, COMPILER / "lib" / "kotlin-stdlib.jar"]))
WANTED = (
    "the Kotlin client cannot be compiled (npm ci --prefix tests/peers; "
    "Debian: apt-get install default-jre-headless libandroid-json-java libokhttp-java)"
)
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
"""A compiler that runs once is over before the JVM has optimised it: this halves its time."""
KOTLINC = ["java", *QUICK, "-cp", f"{COMPILER}/lib/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]
EXAMPLE = """package scribepass

suspend fun example(token: () -> String, recording: () -> Boolean, show: (String) -> Unit) {
%s}
"""
SCRIPT = {"lines": [{"text": "go forward ten meters"}, {"text": "and stop"}]}


def block(language: str) -> str:
    """The README's only code block of this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture(scope="session")
def kotlin(tmp_path_factory: pytest.TempPathFactory) -> Kotlin:
    """Runs ``kotlin/Main.kt``: its arguments in, its JSON out. The README's example is compiled with it."""
    if not shutil.which("java") or not all(path.exists() for path in [*LIBRARIES, COROUTINES]):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(WANTED)
    classes = tmp_path_factory.mktemp("classes")
    example = classes / "Readme.kt"
    example.write_text(EXAMPLE % textwrap.indent(block("kotlin"), "    "))
    files = [example, *(path for folder in SOURCES for path in sorted(folder.glob("*.kt")))]
    options = ["-kotlin-home", str(COMPILER), "-no-stdlib", "-Werror", "-cp", CLASSPATH, "-d", str(classes)]
    done = subprocess.run([*KOTLINC, *options, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    def run(*arguments: object) -> dict[str, Any]:
        command = ["java", "-cp", f"{classes}:{CLASSPATH}", "scribepass.MainKt", *map(str, arguments)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert ended.returncode == 0, ended.stderr
        assert "X-Amz-" not in ended.stdout + ended.stderr
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    return run


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two lines are recited; one ticket may be outstanding; no key is needed, but a wrong one is refused."""
    folder = tmp_path_factory.mktemp("stack")
    script, keys = folder / "script.json", folder / "keys.json"
    script.write_text(json.dumps(SCRIPT))
    made = scribepass("keys", "new", "--file", str(keys), "--caller", "somebody")
    subprocess.run(made, check=True, capture_output=True)
    settings = {"SCRIBEPASS_MAX_SESSIONS": "1", "SCRIBEPASS_API_KEYS_FILE": str(keys)}
    with up(folder, "--recogniser", f"scripted:{script}", settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of silence, which the script fills with words."""
    path = tmp_path_factory.mktemp("audio") / "silence.pcm"
    path.write_bytes(bytes(3 * 32_000))
    return path
