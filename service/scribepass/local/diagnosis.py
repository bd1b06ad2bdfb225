"""Why a signature does not hold: what a client may have signed in place of what it sent. Pure.

The secret is known here, so that guesses can be checked: each likely mistake gives another canonical request,
and the one whose signature is the client's is the client's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus

from scribepass.errors import SignatureRejected
from scribepass.sigv4 import canonical
from scribepass.sigv4.authentication import Authentication, read_authentication
from scribepass.sigv4.canonical import EMPTY_SHA256, TRANSCRIBE
from scribepass.sigv4.claim import Claim, read_claim
from scribepass.sigv4.request import SignedRequest
from scribepass.sigv4.verify import KeyLookup
from scribepass.transcribe import REGIONS

__all__ = ["Diagnosis", "diagnose", "lines_of", "redacted"]

_TOKEN = re.compile(r"(X-Amz-Security-Token[=:])[^&\n]*", re.IGNORECASE)
_PORT = re.compile(r":[0-9]+$")
_STREAM = "STREAMING-AWS4-HMAC-SHA256-EVENTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Two canonical requests, without tokens: ``ours`` is computed from what came.

    ``theirs`` is what the client signed, and ``because`` says how the two came to differ. Where that is
    None no mistake was found, and ``theirs`` is the request as it came.
    """

    ours: str = field(repr=False)
    theirs: str = field(repr=False)
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    payload_hash: str

    @property
    def text(self) -> str:
        return canonical.canonical_request(
            method=self.method,
            path=self.path,
            query=self.query,
            headers=self.headers,
            payload_hash=self.payload_hash,
        )


def diagnose(request: SignedRequest, *, lookup: KeyLookup) -> Diagnosis | None:
    """Compare; None where the signature holds, cannot be read, or is of a key that nobody knows."""
    try:
        claim = read_claim(request, dialect=TRANSCRIBE)
        secret = lookup(claim.access_key_id, claim.token).secret_access_key
    except SignatureRejected:
        return None
    if _signs(claim, secret, claim.canonical_request):
        return None
    stated = read_authentication(request, dialect=TRANSCRIBE)
    parts = _as_sent(request, stated)
    for because, guess in _guesses(request, stated, claim, parts):
        if _signs(claim, secret, guess.text):
            return _diagnosis(claim, guess, because)
    return _diagnosis(claim, replace(parts, query=_query_as_sent(request)), None)


def lines_of(canonical_request: str) -> list[str]:
    """A canonical request for the eye: each parameter of its query on a line of its own."""
    lines = canonical_request.split("\n")
    return [*lines[:2], *lines[2].split("&"), *lines[3:]]


def redacted(canonical_request: str) -> str:
    """A canonical request without its session token."""
    return _TOKEN.sub(r"\1[redacted]", canonical_request)


def _diagnosis(claim: Claim, theirs: _Parts, because: str | None) -> Diagnosis:
    return Diagnosis(ours=redacted(claim.canonical_request), theirs=redacted(theirs.text), because=because)


def _signs(claim: Claim, secret: str, canonical_request: str) -> bool:
    scope = canonical.credential_scope(date=claim.date, region=claim.region, service=claim.service)
    key = canonical.signing_key(secret, date=claim.date, region=claim.region, service=claim.service)
    text = canonical.string_to_sign(timestamp=claim.timestamp, scope=scope, request=canonical_request)
    return canonical.signature(key, text) == claim.signature


def _as_sent(request: SignedRequest, stated: Authentication) -> _Parts:
    names = stated.signed_headers.split(";")
    headers = {name: stated.headers.get(name, _host(stated)) for name in names}
    return _Parts(
        method=request.method,
        path=canonical.canonical_path(request.path),
        query=canonical.canonical_query(canonical.encode_pairs(stated.parameters)),
        headers=headers,
        payload_hash=stated.payload_hash,
    )


def _host(stated: Authentication) -> str:
    return stated.headers.get("host", stated.headers.get(":authority", ""))


def _query_as_sent(request: SignedRequest) -> str:
    kept = [each for each in request.query.split("&") if not each.startswith("X-Amz-Signature=")]
    return "&".join(kept)


def _guesses(
    request: SignedRequest, stated: Authentication, claim: Claim, parts: _Parts
) -> Iterator[tuple[str, _Parts]]:
    for because, host in _hosts(_host(stated), claim):
        name = "host" if "host" in parts.headers else ":authority"
        yield because, replace(parts, headers={**parts.headers, name: host})
    for because, query in _queries(request, stated):
        yield because, replace(parts, query=query)
    yield "the path was signed as it was sent, not in its canonical form", replace(parts, path=request.path)
    for method in {"GET", "POST"} - {parts.method}:
        yield f"{method} was signed, {parts.method} was sent", replace(parts, method=method)
    for declared in (EMPTY_SHA256, "UNSIGNED-PAYLOAD", _STREAM):
        yield f"{declared} was signed for the body", replace(parts, payload_hash=declared)


def _hosts(sent: str, claim: Claim) -> Iterator[tuple[str, str]]:
    port = _PORT.search(sent)
    if port:
        yield "the host was signed without its port", sent[: port.start()]
    names = ["localhost", "127.0.0.1", "[::1]"]
    if claim.region in REGIONS:
        names.append(REGIONS[claim.region].host.partition(":")[0])
    for name in names:
        for host in (name, f"{name}{port[0] if port else ''}", f"{name}:8443"):
            yield f"{host} was signed, and the request was sent to {sent}", host


def _queries(request: SignedRequest, stated: Authentication) -> Iterator[tuple[str, str]]:
    pairs = sorted(stated.parameters)
    yield "the query was signed as it was sent, not in its canonical form", _query_as_sent(request)
    spellings: Mapping[str, Callable[[str], str]] = {
        "slashes in values were not percent-encoded": lambda value: quote(value, safe="/"),
        "commas in values were not percent-encoded": lambda value: quote(value, safe=","),
        "blanks in values were signed as plus signs": quote_plus,
        "values were percent-encoded twice": lambda value: quote(quote(value, safe=""), safe=""),
        "values were not percent-encoded": lambda value: value,
    }
    for because, spell in spellings.items():
        yield because, "&".join(f"{quote(name, safe='')}={spell(value)}" for name, value in pairs)
    for left_out, _ in pairs:
        rest = [pair for pair in pairs if pair[0] != left_out]
        yield f"{left_out} was not signed", canonical.canonical_query(canonical.encode_pairs(rest))
