"""The reference client: tickets from the service, audio to Transcribe, words back. Extra: ``client``."""

from .audio import AudioFormat, AudioSource, paced, until
from .notices import Dropped, Notice, Paused, Reconnecting, Resumed
from .stream import Heard, transcribe
from .tickets import ClientTicket, HttpTickets, TicketSource
from .timing import Timing

__all__ = [
    "AudioFormat",
    "AudioSource",
    "ClientTicket",
    "Dropped",
    "Heard",
    "HttpTickets",
    "Notice",
    "Paused",
    "Reconnecting",
    "Resumed",
    "TicketSource",
    "Timing",
    "paced",
    "transcribe",
    "until",
]
