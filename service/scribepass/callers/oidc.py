"""Callers by access tokens of OpenID Connect issuers: ``Authorization: Bearer <JWT>``.

An issuer's keys, algorithms and rules come from its entry in the issuers file; a token chooses among issuers
and among an issuer's keys, and that is all. Its claims are read from what a good signature covers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from jwt import PyJWTError
from jwt.api_jws import PyJWS

from scribepass.errors import IssuerUnavailable, Unauthenticated
from scribepass.telemetry import EventLog, get_log

from . import Caller
from .claims import subject_of
from .good_keys import Pace, memory
from .issuers import ALGORITHMS, Issuer
from .jwks import fetch
from .key_set import KeySet
from .last_good import LastGood
from .refusals import Reason, Refused
from .tokens import Token, json_object

__all__ = ["Oidc"]

SCHEME = "Bearer"
UNKNOWN = "none"
"""The source of a token of nobody that is trusted, in the log."""

_JWS = PyJWS(algorithms=ALGORITHMS)  # it knows neither "none" nor a shared secret
_last_good: dict[str, LastGood] = {}  # of this process, and of its parent before the fork


class Oidc:
    """An authenticator for access tokens of ``issuers``. Safe to share between threads.

    ``clock`` is the wall clock, by which tokens expire.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        *,
        clock: Callable[[], datetime],
        fetch: Callable[[str], bytes] = fetch,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
        log: EventLog | None = None,
    ) -> None:
        self._clock = clock
        self._log: EventLog = log or get_log("callers")
        self._issuers = {each.issuer: each for each in issuers}
        self._key_sets = {
            each.name: KeySet(
                each.jwks_uri,
                issuer=each.name,
                clock=clock,
                fetch=fetch,
                monotonic=monotonic,
                pace=pace,
                last=_memory_of(each.jwks_uri),
            )
            for each in self._issuers.values()
        }

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller whose access token it is; None without a bearer token of three parts.

        Raises:
            Unauthenticated: the token does not hold, whatever the reason. The log says which.
            IssuerUnavailable: it names an issuer of whom no key is at hand.
        """
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or text.startswith("sp_") or text.count(".") != 2:
            return None
        source = UNKNOWN
        try:
            token = Token.read(text)
            issuer = self._issuer_of(token)
            source = issuer.name
            sub = self._subject(token, issuer=issuer)
        except IssuerUnavailable:
            raise
        except Refused as refused:
            reason = refused.reason
        except Exception as error:  # noqa: BLE001 (whatever fails here, nobody is let in)
            reason = Reason.FAULT
            self._log.error("token_not_verified", source=source, error=type(error).__name__)
        else:
            return Caller(id=f"{source}|{sub}", source=source)
        self._log.info("token_refused", source=source, reason=reason.value)
        raise Unauthenticated(SCHEME)

    def ages(self) -> dict[str, float | None]:
        """Seconds since each issuer's keys were last fetched, by its name; None where they never were."""
        return {name: each.age() for name, each in self._key_sets.items()}

    def ready(self) -> bool:
        """Whether keys of every issuer are at hand. Asks nobody."""
        return all(each.ready() for each in self._key_sets.values())

    def start(self) -> None:
        """Begin to fetch keys in the background, in this process. Does not wait."""
        for each in self._key_sets.values():
            each.start()

    def close(self) -> None:
        """End the threads. What is at hand stays at hand."""
        for each in self._key_sets.values():
            each.close()

    def _issuer_of(self, token: Token) -> Issuer:
        issuer = self._issuers.get(token.iss)
        if issuer is None:
            raise Refused(Reason.UNKNOWN_ISSUER)
        return issuer

    def _subject(self, token: Token, *, issuer: Issuer) -> str:
        algorithm = token.algorithm(issuer.algorithms)
        if not issuer.accepts_typ(token.typ()):
            raise Refused(Reason.TYP)
        key = self._key_sets[issuer.name].key(token.kid(), algorithm=algorithm)
        if key is None:
            raise Refused(Reason.UNKNOWN_KEY)
        try:
            signed = _JWS.decode(token.text, key, algorithms=[algorithm])
        except PyJWTError as error:
            raise Refused(Reason.SIGNATURE) from error
        return subject_of(json_object(signed), issuer=issuer, now=self._clock())


def _memory_of(uri: str) -> LastGood:
    if uri not in _last_good:
        _last_good[uri] = memory()
    return _last_good[uri]
