"""The reference client: tickets from the service, audio to Transcribe, words back. Extra: ``client``."""

from .audio import AudioFormat, AudioSource, paced, until
from .stream import Heard, transcribe
from .tickets import ClientTicket, HttpTickets, TicketSource

__all__ = [
    "AudioFormat",
    "AudioSource",
    "ClientTicket",
    "Heard",
    "HttpTickets",
    "TicketSource",
    "paced",
    "transcribe",
    "until",
]
