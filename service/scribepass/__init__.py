"""Presigned Amazon Transcribe streaming URLs, and everything that speaks through them.

Here stands the pure part: the event-stream codec, Signature Version 4, the stream's parameters and its
session. Nothing of it does I/O. The client is in ``scribepass.client``, the service in ``scribepass.app``.
"""

from scribepass.errors import (
    InvalidParameters,
    LocalProtocolError,
    Problem,
    RemoteProtocolError,
    ScribepassError,
    SignatureRejected,
    StreamFailed,
)
from scribepass.eventstream import NEED_DATA, Decoder, Message
from scribepass.sigv4 import Credentials, Presigner, SignedRequest, presign, verify
from scribepass.transcribe import (
    Audio,
    EndOfAudio,
    Operation,
    Role,
    StreamParams,
    StreamSession,
    Transcript,
    parse,
    stream_url,
)

__version__ = "0.1.0"

__all__ = [
    "NEED_DATA",
    "Audio",
    "Credentials",
    "Decoder",
    "EndOfAudio",
    "InvalidParameters",
    "LocalProtocolError",
    "Message",
    "Operation",
    "Presigner",
    "Problem",
    "RemoteProtocolError",
    "Role",
    "ScribepassError",
    "SignatureRejected",
    "SignedRequest",
    "StreamFailed",
    "StreamParams",
    "StreamSession",
    "Transcript",
    "parse",
    "presign",
    "stream_url",
    "verify",
]
