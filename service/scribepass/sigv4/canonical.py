"""The stages of AWS Signature Version 4, each visible: one canonicaliser that signs and verifies.

::

    request ─► canonical_request ─► string_to_sign ─┐
    secret, date, region, service ─► signing_key ───┴─► signature

Source: "Create a signed AWS API request", AWS Identity and Access Management User Guide.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_PLAIN_PATH = re.compile("(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?")  # and no segment . or .. or empty
_SPACES = re.compile("[ \t\r\n]+")


class PathMode(enum.Enum):
    """How a path becomes canonical."""

    NORMALIZED = "dot and empty segments removed, then what is on the wire encoded once more"
    VERBATIM = "segments kept as they are and encoded once: Amazon S3"


class TokenMode(enum.Enum):
    """Where a session token stands."""

    SIGNED = "inside the canonical request: Transcribe, STS and most others"
    APPENDED = "added after signing: a few older services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What differs from one AWS service to another. The defaults are right for Transcribe and STS."""

    path: PathMode = PathMode.NORMALIZED
    token: TokenMode = TokenMode.SIGNED


TRANSCRIBE = Dialect()


def amz_date(moment: datetime) -> str:
    """``YYYYMMDDTHHMMSSZ`` in UTC; fractions of a second are dropped. A naive ``moment`` is a ValueError."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a datetime must be timezone-aware")
    if offset:
        moment = moment.astimezone(UTC)
    # Twice as fast as strftime, which also leaves years before 1000 unpadded.
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return "%04d%02d%02dT%02d%02d%02dZ" % parts  # noqa: UP031


def uri_encode(text: str) -> str:
    """RFC 3986 as AWS wants it: all but ``A-Z a-z 0-9 - _ . ~`` becomes UTF-8 in upper-case ``%XX``."""
    return quote(text, safe="")


def uri_decode(text: str) -> str:
    """The inverse of `uri_encode`. A plus sign is a plus sign; a broken escape or UTF-8 is a ValueError."""
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise ValueError("a percent sign is not followed by two hexadecimal digits")
    return unquote(text, errors="strict")


def parse_query(query: str) -> list[tuple[str, str]]:
    """Names and values of a query in their order, decoded once. ``a`` means ``a=``; ``&&`` means ``&``."""
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return [(uri_decode(name), uri_decode(value)) for name, _, value in pairs]


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of each pair the encoded name and ``name=value``, in the same order."""
    names = [(uri_encode(name), value) for name, value in pairs]
    return [(name, f"{name}={uri_encode(value)}") for name, value in names]


def canonical_query(pieces: Iterable[tuple[str, str]]) -> str:
    """What `encode_pairs` gives, sorted by name and then value, in code point order, and joined."""
    return "&".join([piece for _, piece in sorted(pieces)])


def canonical_path(path: str, mode: PathMode = PathMode.NORMALIZED) -> str:
    """The canonical form of a path as it is on the wire, so ``%20`` becomes ``%2520`` when normalised."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    if mode is PathMode.VERBATIM:
        return "/".join(uri_encode(uri_decode(segment)) for segment in path.split("/"))
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(uri_encode(segment))
    tail = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{tail}"


def canonical_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Lower-case name to value, in order; spaces trimmed and folded, values of one name joined by commas."""
    merged: dict[str, list[str]] = {}
    for name, value in headers:
        merged.setdefault(name.lower(), []).append(_SPACES.sub(" ", value).strip(" "))
    return {name: ",".join(values) for name, values in sorted(merged.items())}


def canonical_request(
    *, method: str, path: str, query: str, headers: Mapping[str, str], payload_hash: str
) -> str:
    """Join canonical parts. ``headers`` are the signed ones and no others, in order."""
    lines = "".join([f"{name}:{value}\n" for name, value in headers.items()])
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(headers)}\n{payload_hash}"


def credential_scope(*, date: str, region: str, service: str) -> str:
    """``YYYYMMDD/region/service/aws4_request``."""
    return f"{date}/{region}/{service}/{TERMINATOR}"


def string_to_sign(*, timestamp: str, scope: str, request: str) -> str:
    """``timestamp`` is an `amz_date`, ``request`` a `canonical_request`."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"


def signing_key(secret_access_key: str, *, date: str, region: str, service: str) -> bytes:
    """The key of one day (``YYYYMMDD``), region and service."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes | hmac.HMAC, text: str) -> str:
    """The signature of a string to sign, 64 lower-case hexadecimal digits.

    ``key`` is a `signing_key`, or an HMAC-SHA256 that was given one; the latter is not changed.
    """
    mac = key.copy() if isinstance(key, hmac.HMAC) else hmac.new(key, digestmod="sha256")
    mac.update(text.encode())
    return mac.hexdigest()
