"""As ``zygote``, for ``pocketsphinx:fast``."""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)

from scribepass.local.recognisers.pocketsphinx import Passes, decoder  # noqa: E402 - after the line above

decoder(Passes.NOT_THE_SECOND)
decoder(Passes.FIRST)
