"""vnd.amazon.eventstream in both directions: the framing of messages, and nothing of what they mean.

``Message(headers, payload).encode()`` makes a frame; a ``Decoder`` takes bytes as they come and gives
messages. What a peer sends is either understood or a ``RemoteProtocolError``. Pure: no I/O, no clock.
"""

from .decoder import NEED_DATA, Decoder, NeedData
from .frame import DEFAULT, TRANSCRIBE, Limits
from .headers import Header, Headers, string_headers
from .message import Message, encode_message
from .values import HeaderType, HeaderValue

__all__ = [
    "DEFAULT",
    "NEED_DATA",
    "TRANSCRIBE",
    "Decoder",
    "Header",
    "HeaderType",
    "HeaderValue",
    "Headers",
    "Limits",
    "Message",
    "NeedData",
    "encode_message",
    "string_headers",
]
