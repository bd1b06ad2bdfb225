"""What `import scribepass` gives, and what it does not pull in."""

import importlib
import subprocess
import sys

import pytest

import scribepass


@pytest.mark.parametrize(
    "package",
    [
        "scribepass",
        "scribepass.errors",
        "scribepass.eventstream",
        "scribepass.sigv4",
        "scribepass.transcribe",
    ],
)
def test_all_names_exactly_what_is_public(package: str) -> None:
    """Each name of __all__ is there, once."""
    module = importlib.import_module(package)
    assert len(module.__all__) == len(set(module.__all__))
    assert all(hasattr(module, name) for name in module.__all__)


def test_the_pure_api_is_at_the_top() -> None:
    """The codec, the signer, the parameters and the session are one import away."""
    assert {"Decoder", "Message", "Presigner", "StreamSession", "parse", "presign", "verify"} <= set(
        scribepass.__all__
    )


def test_importing_scribepass_pulls_in_no_framework() -> None:
    """`import scribepass` brings neither flask nor boto3, nor anything that opens a socket."""
    program = "import sys, scribepass; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {
        "flask",
        "boto3",
        "botocore",
        "websockets",
        "httpx",
        "gunicorn",
        "asyncio",
        "structlog",
    } & set(loaded)
