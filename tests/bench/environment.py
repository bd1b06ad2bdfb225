"""What the servers of the benchmark are told."""

import os
from collections.abc import Mapping
from pathlib import Path

ASKED = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}

MANY = "1000000"
"""Limits so high that nothing is refused and everything is counted."""

CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "ASIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEBYaD/+=" * 50,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def settings(folder: Path, *, port: int, operator_port: int) -> dict[str, str]:
    """The environment: one worker, an API key, everything counted, measured and logged."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCRIBEPASS_", "AWS_"))}
    return {
        **kept,
        **CREDENTIALS,
        "SCRIBEPASS_CREDENTIAL_MODE": "ambient",
        "SCRIBEPASS_API_KEYS_FILE": str(folder / "keys.json"),
        "SCRIBEPASS_SECRET": "a-secret-of-the-benchmark-long-enough",
        "SCRIBEPASS_BIND": f"127.0.0.1:{port}",
        "SCRIBEPASS_OPERATOR_BIND": f"127.0.0.1:{operator_port}",
        "SCRIBEPASS_WORKERS": "1",
        "SCRIBEPASS_RATE_PER_MINUTE": MANY,
        "SCRIBEPASS_RATE_BURST": MANY,
        "SCRIBEPASS_RATE_PER_HOUR": MANY,
        "SCRIBEPASS_MAX_SESSIONS": MANY,
        "SCRIBEPASS_STREAM_QUOTA": MANY,
        "SCRIBEPASS_GLOBAL_RATE_PER_SECOND": MANY,
        "SCRIBEPASS_GLOBAL_BURST": MANY,
    }
