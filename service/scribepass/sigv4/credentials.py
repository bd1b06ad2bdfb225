"""The value that signs: an AWS key pair, with its session token when it is temporary."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

# What travels unescaped in "Credential=<id>/<scope>, ..." and in a header's value.
_ACCESS_KEY_ID = re.compile(r"[\w.@+=-]+", re.ASCII)
_SESSION_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """AWS credentials. ``session_token`` is None for a key pair that is not temporary.

    The secret and the token are in no ``repr``, ``str`` or ``format``, and the value cannot be pickled
    or copied.

    Raises:
        ValueError: a part is empty, would not survive a URL or a header, or ``expires_at`` is naive.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if not _ACCESS_KEY_ID.fullmatch(self.access_key_id):
            raise ValueError("access_key_id must be letters, digits and _.@+=-")
        if not self.secret_access_key:
            raise ValueError("secret_access_key is empty")
        if self.session_token is not None and not _SESSION_TOKEN.fullmatch(self.session_token):
            raise ValueError("session_token must be visible ASCII; None means that there is none")
        if self.expires_at is not None and self.expires_at.utcoffset() is None:
            raise ValueError("expires_at must be timezone-aware")

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not pickled: a pickle would hold the secret in clear")
