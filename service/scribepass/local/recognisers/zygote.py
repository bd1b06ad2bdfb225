"""Imported once by the fork server, so that every child of it starts with its decoder in memory."""

from __future__ import annotations

import signal

# Ctrl-C reaches the whole group of processes, and must not end this one half-way through its imports.
signal.signal(signal.SIGINT, signal.SIG_IGN)

from scribepass.local.recognisers.pocketsphinx import Passes, decoder  # noqa: E402 - after the line above

decoder(Passes.ALL)
decoder(Passes.FIRST)
