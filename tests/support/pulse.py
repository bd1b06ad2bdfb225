"""PulseAudio of a test's own: a loudspeaker that nobody hears, and a microphone for what the test plays."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.tools import needs

READY_SECONDS = 30
STOP_SECONDS = 20
PLAY_SECONDS = 60
"""Longer than any clip lasts, also on a loaded machine."""
OPTIONS = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--high-priority=no"]
DEVICES = """
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=loudspeaker
load-module module-null-sink sink_name=mouth
load-module module-remap-source source_name=microphone master=mouth.monitor
set-default-sink loudspeaker
set-default-source microphone
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A running server; programs with ``environment`` have its devices and no others."""

    environment: Mapping[str, str]

    def say(self, clip: Path) -> None:
        """Play a WAV file to the microphone, until its end."""
        command = [needs("paplay"), "--device=mouth", str(clip)]
        subprocess.run(command, env=self.environment, timeout=PLAY_SECONDS, check=True)


@contextmanager
def running() -> Iterator[Pulse]:
    """A server until the block ends; its folder is also the home of who uses it."""
    program = needs("pulseaudio")
    # Not in pytest's folder: the path of a socket has its limit.
    with tempfile.TemporaryDirectory(prefix="pulse-", ignore_cleanup_errors=True) as home:
        socket, script, log = Path(home, "socket"), Path(home, "devices.pa"), Path(home, "pulse.log")
        script.write_text(DEVICES.format(socket=socket))
        environment = _private(home)
        with log.open("wb") as sink:
            command = [program, *OPTIONS, "-F", str(script)]
            process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        try:
            _wait_for(socket, process, log)
            yield Pulse(environment={**environment, "PULSE_SERVER": f"unix:{socket}"})
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _private(home: str) -> dict[str, str]:
    """This environment without the sound, the settings and the proxies of who runs the tests."""
    foreign = ("PULSE_", "XDG_", "DBUS_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    return {**kept, "HOME": home, "XDG_RUNTIME_DIR": home}


def _wait_for(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"PulseAudio never listened:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
