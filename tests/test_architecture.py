"""The plan of the house, held against the code: who may import whom, and how large a piece may be."""

import ast
import subprocess
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "service" / "scribepass"

PURE = {"errors", "eventstream", "sigv4", "transcribe", "policy"}
WAYS_IN = {"app", "client", "local"}

MAY_IMPORT = {
    "errors": set(),
    "background": set(),
    "eventstream": {"errors"},
    "sigv4": {"errors"},
    "telemetry": {"errors"},
    "settings": {"errors", "transcribe"},
    "transcribe": {"eventstream", "errors"},
    "credentials": {"sigv4", "background", "telemetry", "errors"},
    "callers": {"background", "telemetry", "errors"},
    "quotas": {"callers", "background", "telemetry", "errors"},
    "policy": {"transcribe", "callers", "errors"},
    "vending": {
        *("sigv4", "transcribe", "policy", "credentials", "callers", "quotas", "telemetry", "errors"),
    },
    "app": {
        *("vending", "callers", "credentials", "policy", "quotas", "transcribe", "settings"),
        *("background", "telemetry", "errors"),
    },
    "client": {"transcribe", "telemetry", "errors"},
    "local": {"sigv4", "transcribe", "settings", "telemetry", "errors"},
    "cli": WAYS_IN
    | {"callers", "credentials", "errors", "policy", "quotas", "settings", "sigv4", "telemetry"}
    | {"transcribe", "vending"},
    "testing": {"local", "sigv4", "transcribe"},
    "__init__": {"errors", "eventstream", "sigv4", "transcribe"},
    "__main__": {"cli"},
}

HOMES = {
    "flask": {"app"},
    "flask_cors": {"app"},
    "werkzeug": {"app"},
    "gunicorn": {"app"},
    "boto3": {"credentials/sessions.py"},
    "botocore": {"credentials/sessions.py", "credentials/boto_faults.py", "credentials/sts.py"},
    "urllib3": {"credentials/answers.py", "callers/jwks.py"},
    "jwt": {"callers"},
    "limits": {"quotas"},
    "redis": {"quotas"},
    "prometheus_client": {"telemetry"},
    "opentelemetry": {"telemetry"},
    "pydantic": {"transcribe/params.py", "settings", "policy", "callers/issuers.py", "app/openapi"},
    "pydantic_core": {"transcribe/params.py", "settings"},
    "structlog": {"telemetry"},
    "websockets": {"client", "local"},
    "httpx": {"client"},
    "soundfile": {"client"},
    "sounddevice": {"client"},
    "h11": {"local"},
    "h2": {"local/http2/connection.py"},
    "cryptography": {"callers/jwks.py", "local/certificates.py", "local/sts/jwks.py"},
    "pocketsphinx": {"local"},
    "sherpa_onnx": {"local/recognisers/sherpa.py"},
    "soxr": {"local"},
    "numpy": {"client", "local"},
    "pytest": {"testing"},
    "click": {"cli"},
    "rich": {"cli"},
}

WORLDLY = {
    "asyncio",
    "logging",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "select",
    "socket",
    "subprocess",
    "threading",
    "time",
}
THREADS_BELONG_TO = {"sigv4/presign.py"}

ENVIRONMENT_READERS = {"app/wsgi.py", "app/gunicorn_conf.py", "cli", "testing/service.py"}

FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in FILES]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of everything that a file imports, relative imports resolved."""
    package = ["scribepass", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def lives_in(path: Path, homes: set[str]) -> bool:
    relative = path.relative_to(PACKAGE).as_posix()
    return relative in homes or part_of(path) in homes


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_part_imports_only_what_the_plan_allows(path: Path) -> None:
    """Arrows point down only."""
    part = part_of(path)
    named = {name.split(".")[1] for name in imports_of(path) if name.startswith("scribepass.")}
    if part != "__init__":
        named.discard("__version__")
    assert named - {part} <= MAY_IMPORT[part]


def module_of(path: Path) -> str:
    return ".".join(["scribepass", *path.relative_to(PACKAGE).with_suffix("").parts])


def test_no_module_imports_itself_in_a_circle() -> None:
    """There is an order in which each module needs only earlier ones.

    The ``__init__`` of a package gathers its modules and stays out of it; the table above holds packages.
    """
    modules = {module_of(path): path for path in FILES if path.name != "__init__.py"}
    imported = {name: list(imports_of(path)) for name, path in modules.items()}
    needed = {
        name: {module for each in names for module in (each, each.rpartition(".")[0]) if module in modules}
        for name, names in imported.items()
    }
    TopologicalSorter(needed).prepare()


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_each_library_has_one_home(path: Path) -> None:
    """A third-party library is imported only where the plan says that it lives."""
    for name in imports_of(path):
        library = name.split(".")[0]
        if library in HOMES:
            assert lives_in(path, HOMES[library]), f"{library} does not live here"


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) in PURE], ids=str)
def test_pure_parts_know_no_clock_no_environment_and_no_socket(path: Path) -> None:
    """Codec, signatures, parameters and session can be replayed from a vector."""
    worldly = {name for name in imports_of(path) if name.split(".")[0] in WORLDLY}
    if path.relative_to(PACKAGE).as_posix() in THREADS_BELONG_TO:
        worldly = {name for name in worldly if not name.startswith("threading")}
    assert not worldly
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    }
    assert not {
        call for call in calls if call.endswith((".now", ".utcnow", ".today")) or call in {"open", "print"}
    }


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_environment_is_read_at_the_edges_only(path: Path) -> None:
    """os.environ is read where a process begins, or begins another, and passed down."""
    reads = any(
        isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
        for node in ast.walk(ast.parse(path.read_text()))
    )
    assert not reads or lives_in(path, ENVIRONMENT_READERS)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_pieces_are_small(path: Path) -> None:
    """No module above 300 lines, no function above 50."""
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name


def test_nine_functions_of_ten_are_short() -> None:
    """The median function has at most 10 lines, nine of ten at most 30."""
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[len(lengths) // 2] <= 10
    assert lengths[len(lengths) * 9 // 10] <= 30


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return listing.stdout.splitlines()


def test_the_top_level_holds_nothing_else() -> None:
    """Folders and files of the top level are the ones that the plan names."""
    folders = {name.split("/")[0] for name in tracked() if "/" in name and not name.startswith(".")}
    files = {name for name in tracked() if "/" not in name and not name.startswith(".")}
    assert folders <= {"service", "web", "tests", "infra"}
    assert files <= {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml",
                     "requirements.lock", "requirements-dev.lock"}  # fmt: skip


def test_locks_are_hashed_and_hold_no_address() -> None:
    """Every pin has a hash, and no lock names a registry."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (CHECKOUT / name).read_text()
        assert "://" not in text
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        assert all(line.endswith("\\") for line in pins)
