"""Programs that a test needs beside Python."""

import os
import shutil

import pytest

PACKAGES = {
    "chromium": "chromium",
    "ffmpeg": "ffmpeg",
    "firefox-esr": "firefox-esr",
    "node": "nodejs",
    "paplay": "pulseaudio-utils",
    "pulseaudio": "pulseaudio",
    "redis-server": "redis-server",
}


def needs(program: str, *others: str) -> str:
    """The path of ``program``, or of another that will do.

    Where there is none the test is skipped, and says what to install; under CI it fails.
    """
    found = next((path for each in (program, *others) if (path := shutil.which(each))), None)
    if found:
        return found
    message = f"{program} is not installed (Debian: apt-get install {PACKAGES[program]})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
