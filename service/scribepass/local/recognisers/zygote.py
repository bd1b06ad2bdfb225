"""Imported once by the fork server, so that every child of it starts with the decoder in memory."""

from __future__ import annotations

import signal

from scribepass.local.recognisers.pocketsphinx import decoder

# Ctrl-C reaches the whole group of processes; what it means is for the server to say.
signal.signal(signal.SIGINT, signal.SIG_IGN)
decoder()
