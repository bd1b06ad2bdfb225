"""The parts of a URL that is about to be signed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .canonical import PathMode, canonical_path, encode_pairs, parse_query

_BASE = re.compile(
    r"(wss|ws|https|http)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?(/[^#\x00-\x1f\x7f]*)?"
)
_DEFAULT_PORT = {"wss": "443", "https": "443", "ws": "80", "http": "80"}

# A query that decoding and encoding would give back, without a name that begins with X-Amz-: each escape
# is upper-case and of a reserved ASCII character. Each
# alternative begins otherwise, so it is linear; possessive quantifiers match wrongly in Python 3.11.2.
_PLAIN = "[A-Za-z0-9_.~-]*"
_ENCODED = f"{_PLAIN}(?:%(?:[01][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF]){_PLAIN})*"
_PAIR = f"(?![Xx]-[Aa][Mm][Zz]-){_ENCODED}={_ENCODED}"
_ENCODED_QUERY = re.compile(f"{_PAIR}(?:&{_PAIR})*")


class Endpoint(NamedTuple):
    """A URL without its query: as it is sent, its Host header and its canonical path."""

    url: str
    host: str
    path: str


@lru_cache(maxsize=64)  # few per process: one for each region and operation
def parse_endpoint(base: str, mode: PathMode) -> Endpoint:
    """Parse a URL up to its query. The host is that which clients send: lower-case, no default port.

    Raises:
        ValueError: not ws, wss, http or https, or there is a user, a fragment or a control character.
    """
    match = _BASE.fullmatch(base)
    if match is None:
        raise ValueError("the URL is not scheme://host:port/path, with ws, wss, http or https")
    scheme, host, port, path = match.groups(default="")
    host = host.lower()
    if port and port != _DEFAULT_PORT[scheme]:
        if int(port) > 65535:
            raise ValueError("the port of the URL is above 65535")
        host = f"{host}:{port}"
    path = path or "/"
    return Endpoint(url=f"{scheme}://{host}{path}", host=host, path=canonical_path(path, mode))


def parse_parameters(query: str) -> dict[str, str]:
    """The parameters to be signed, encoded once: from each name to ``name=value``.

    Raises:
        ValueError: a name is repeated or begins with X-Amz- in any case, an escape is broken, or there
            is a fragment.
    """
    if _ENCODED_QUERY.fullmatch(query):
        count = query.count("&") + 1
        pieces = {piece.partition("=")[0]: piece for piece in query.split("&")}
    else:
        if "#" in query:
            raise ValueError("the URL has a fragment")
        pairs = encode_pairs(parse_query(query))
        count = len(pairs)
        pieces = dict(pairs)
        if any(name[:6].lower() == "x-amz-" for name in pieces):
            raise ValueError("a parameter begins with X-Amz-, which is for the signature")
    if len(pieces) != count:
        raise ValueError("a parameter is repeated")
    return pieces
