"""AWS Signature Version 4, made and checked. Pure: the time is an argument.

``presign`` and ``Presigner`` make URLs, ``sign`` makes headers, ``verify`` checks both, ``ChunkSigner``
and ``ChunkVerifier`` do the same for the events of a stream. `scribepass.sigv4.canonical` has the stages.
"""

from .canonical import TRANSCRIBE, Dialect, PathMode, TokenMode
from .chunks import ChunkSigner, ChunkVerifier
from .credentials import Credentials
from .presign import MAX_EXPIRES, Presigner, presign
from .request import SignedRequest
from .sign import sign
from .verify import SKEW, KeyLookup, Verified, verify

__all__ = [
    "MAX_EXPIRES",
    "SKEW",
    "TRANSCRIBE",
    "ChunkSigner",
    "ChunkVerifier",
    "Credentials",
    "Dialect",
    "KeyLookup",
    "PathMode",
    "Presigner",
    "SignedRequest",
    "TokenMode",
    "Verified",
    "presign",
    "sign",
    "verify",
]
