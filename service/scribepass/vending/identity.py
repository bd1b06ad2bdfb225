"""Names that prove something: ticket ids, and what a caller is called where others can read it.

All are keyed with one secret of the deployment, so that every worker and every machine makes and knows the
same ones, and keeps nothing in memory for it.

A ticket id is ``tk_`` and 42 bytes in base64url::

    16 session id | 5 issued at (POSIX seconds) | 3 what for | 2 random | 16 HMAC-SHA256 of it and the caller

"What for" is a digest of operation and region: elsewhere the same session would be another stream.
"""

from __future__ import annotations

import base64
import hmac
import re
import uuid
from datetime import datetime, timedelta
from functools import lru_cache

from scribepass.callers import Caller
from scribepass.errors import UnknownTicket

from .randomness import Randomness

__all__ = ["CallerNames", "TicketIds"]

PREFIX = "tk_"
_SECONDS, _USE, _RANDOM, _MAC = 5, 3, 2, 16
_BODY = 16 + _SECONDS + _USE + _RANDOM
_TEXT = re.compile(r"tk_[A-Za-z0-9_-]{56}", re.ASCII)
_AHEAD = timedelta(seconds=60)  # another machine's clock may be so much before this one's
_KEPT = 2048  # callers whose names are not made again for each ticket
_NOT_FOR_SESSION_NAMES = re.compile("[^A-Za-z0-9.-]")


_RANDOMNESS = Randomness()


class TicketIds:
    """Issues ticket ids and reads them again, on whichever machine has the same ``secret``."""

    def __init__(self, secret: bytes) -> None:
        self._hmac = hmac.new(_derived(secret, purpose="ticket ids"), digestmod="sha256")
        self._use = lru_cache(maxsize=_KEPT)(self._hash_of_use)

    def new_session(self) -> str:
        """An id that no session has: a UUID of version 4."""
        return str(uuid.UUID(bytes=_RANDOMNESS.take(16), version=4))

    def issue(self, session_id: str, *, caller: Caller, use: str, now: datetime) -> str:
        """An id for a ticket of ``session_id`` (a UUID), good for ``caller`` and ``use`` alone."""
        issued = int(now.timestamp()).to_bytes(_SECONDS, "big")
        body = uuid.UUID(session_id).bytes + issued + self._use(use) + _RANDOMNESS.take(_RANDOM)
        return PREFIX + base64.urlsafe_b64encode(body + self._mac(body, caller)).decode("ascii")

    def session_of(
        self, ticket_id: str, *, caller: Caller, now: datetime, within: float, use: str | None = None
    ) -> str:
        """The session id of a ticket that was issued to ``caller`` in the last ``within`` seconds.

        Where ``use`` is named, it was for that.

        Raises:
            UnknownTicket: it is none of ours, another caller's, for another use, or older; all alike.
        """
        if not _TEXT.fullmatch(ticket_id):
            raise UnknownTicket
        data = base64.urlsafe_b64decode(ticket_id.removeprefix(PREFIX))
        body, mac = data[:_BODY], data[_BODY:]
        if not hmac.compare_digest(mac, self._mac(body, caller)):
            raise UnknownTicket
        age = now.timestamp() - int.from_bytes(body[16 : 16 + _SECONDS], "big")
        if not -_AHEAD.total_seconds() <= age <= within:
            raise UnknownTicket
        if use is not None and body[16 + _SECONDS : -_RANDOM] != self._use(use):
            raise UnknownTicket
        return str(uuid.UUID(bytes=body[:16]))

    def _hash_of_use(self, use: str) -> bytes:
        return self._digest(b"use " + use.encode())[:_USE]

    def _mac(self, body: bytes, caller: Caller) -> bytes:
        return self._digest(body + caller.id.encode())[:_MAC]

    def _digest(self, data: bytes) -> bytes:
        made = self._hmac.copy()  # hmac.digest would let go of the interpreter
        made.update(data)
        return made.digest()


class CallerNames:
    """What callers are called in logs and in CloudTrail: always the same, and nobody's address."""

    def __init__(self, secret: bytes) -> None:
        self._key = _derived(secret, purpose="caller names")
        self._hashed = lru_cache(maxsize=_KEPT)(self._hash)
        self._named = lru_cache(maxsize=_KEPT)(self._session_name)

    def hash_of(self, caller: Caller) -> str:
        """32 hexadecimal digits that stand for this caller alone."""
        return self._hashed(caller.id)

    def session_name(self, caller: Caller) -> str:
        """A role session name, as AWS takes it: ``sp-``, where the caller is known from, and its hash."""
        return self._named(caller.source, caller.id)

    def _hash(self, caller_id: str) -> str:
        return hmac.digest(self._key, caller_id.encode(), "sha256")[:16].hex()

    def _session_name(self, source: str, caller_id: str) -> str:
        return f"sp-{_NOT_FOR_SESSION_NAMES.sub('-', source)[:24]}-{self._hashed(caller_id)}"


def _derived(secret: bytes, *, purpose: str) -> bytes:
    return hmac.digest(secret, f"scribepass {purpose} 1".encode(), "sha256")
