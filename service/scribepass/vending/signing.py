"""A URL for one ticket: it ends before the key that signs it, and is read again before it is given out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

from scribepass.errors import CredentialsUnavailable, LocalProtocolError
from scribepass.sigv4 import Credentials, Presigner
from scribepass.sigv4.presign import SIGNING_PARAMETERS
from scribepass.transcribe import StreamParams, host_of, stream_url

__all__ = ["MARGIN", "MIN_EXPIRES", "Signer", "life_of"]

MIN_EXPIRES = 15
"""Seconds; under that, a slow network or a clock a little off makes URLs fail at random."""

MARGIN = 30
"""Seconds between the end of a URL and that of the credentials that signed it."""

_SIGNING = set(SIGNING_PARAMETERS)
_AMBIGUOUS = re.compile("[+;#]")
_PRESIGNERS = 256  # as many sets of credentials, in as many regions, keep what can be kept between requests


class Signer:
    """Signs for ``endpoint``, such as ``ws://127.0.0.1:8444``, or else for Amazon Transcribe."""

    def __init__(self, *, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._presigners: dict[tuple[str, str], tuple[Credentials, Presigner]] = {}

    def sign(
        self, params: StreamParams, *, region: str, credentials: Credentials, now: datetime, expires: int
    ) -> str:
        """The presigned URL, good for ``expires`` seconds from ``now``."""
        unsigned = stream_url(params.operation, region=region, params=params, endpoint=self._endpoint)
        url = self._presigner(credentials, region=region).presign(unsigned, now=now, expires=expires)
        origin = self._endpoint or f"wss://{host_of(region)}"
        _must_mean(
            url, base=f"{origin}{params.operation.path}", parameters=dict(params.items()), expires=expires
        )
        return url

    def _presigner(self, credentials: Credentials, *, region: str) -> Presigner:
        # Two threads may both make one after a refresh; either is whole, and the later one stays.
        use = (credentials.access_key_id, region)
        made_for, presigner = self._presigners.get(use, (None, None))
        if presigner is None or made_for is not credentials:
            presigner = Presigner(credentials, region=region)
            if len(self._presigners) >= _PRESIGNERS:
                self._presigners.clear()
            self._presigners[use] = (credentials, presigner)
        return presigner


def life_of(credentials: Credentials, *, asked: int, most: int, now: datetime) -> int:
    """Seconds that a URL may live: it never outlives its key, for then AWS would refuse it unexplained.

    Raises:
        CredentialsUnavailable: that leaves less than `MIN_EXPIRES`.
    """
    life = min(asked, most)
    if credentials.expires_at is not None:
        life = min(life, math.floor((credentials.expires_at - now).total_seconds()) - MARGIN)
    if life < MIN_EXPIRES:
        raise CredentialsUnavailable("credentials that end too soon")
    return life


def _must_mean(url: str, *, base: str, parameters: Mapping[str, str], expires: int) -> None:
    """Read the finished URL as its recipient will: it must mean what was intended, and nothing besides.

    By the standard library's decoder, because what is checked is our own encoder. A plus sign, a fragment or
    a semicolon means different things to different readers, so none may be there.
    """
    address, _, query = url.partition("?")
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    said, meant = dict(pairs), {**parameters, "X-Amz-Expires": str(expires)}
    besides = said.keys() - parameters.keys() - {"X-Amz-Security-Token"}
    sound = (
        address == base and len(said) == len(pairs) and besides == _SIGNING and not _AMBIGUOUS.search(query)
    )
    if not sound or any(
        unquote(said.get(name, "%00"), errors="strict") != value for name, value in meant.items()
    ):
        raise LocalProtocolError("the URL does not mean what was to be signed; it was not given out")
