"""Which audio the command line means."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from scribepass.cli.asked import Asked
from scribepass.client.audio import AudioFormat, AudioSource
from scribepass.client.ffmpeg import STANDARD_INPUT, FfmpegSource, is_installed
from scribepass.errors import AudioUnreadable

__all__ = ["open_source"]

PIPE = "standard input"
PIPE_RATE = 16000
"""What ffmpeg makes of a pipe, which cannot be asked for its rate beforehand."""


def open_source(asked: Asked, *, params: Mapping[str, str]) -> AudioSource:
    """The file, pipe or microphone. Raises AudioUnreadable, and UsageError for options that contradict."""
    if asked.encoding and not asked.rate:
        raise click.UsageError("--encoding needs --rate.")
    channels = 2 if _two_channels(params) else 1
    if asked.mic:
        return _microphone(asked.device, channels=channels)
    raw = _raw_format(asked, channels=channels)
    if asked.source == "-":
        return _pipe(raw, channels=channels)
    from scribepass.client.files import open_file, open_raw

    path = Path(asked.source or "")
    return open_raw(path, audio_format=raw) if raw else open_file(path, channels=channels)


def _raw_format(asked: Asked, *, channels: int) -> AudioFormat | None:
    if asked.rate is None:
        return None
    return AudioFormat(sample_rate=asked.rate, channels=channels, media_encoding=asked.encoding or "pcm")


def _two_channels(params: Mapping[str, str]) -> bool:
    return (
        params["operation"] == "call-analytics"
        or params.get("number-of-channels") == "2"
        or params.get("enable-channel-identification", "").lower() == "true"
    )


def _microphone(device: str | None, *, channels: int) -> AudioSource:
    from scribepass.client.microphone import Microphone, sounddevice

    if channels > 1:
        raise click.UsageError("--mic records one channel; these parameters need two.")
    return Microphone(sounddevice(), device=int(device) if device and device.isdecimal() else device)


def _pipe(raw: AudioFormat | None, *, channels: int) -> AudioSource:
    from scribepass.client.raw import RawPipe

    if sys.stdin is None:
        raise AudioUnreadable(PIPE, "it is closed")
    if sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal; pipe audio into it, or use --mic.")
    if raw:
        return RawPipe(sys.stdin.fileno(), audio_format=raw)
    if not is_installed():
        reason = "raw samples need --rate; anything else in a pipe needs ffmpeg, which is not on PATH"
        raise AudioUnreadable(PIPE, reason)
    form = AudioFormat(sample_rate=PIPE_RATE, channels=channels)
    return FfmpegSource(STANDARD_INPUT, name=PIPE, audio_format=form)
