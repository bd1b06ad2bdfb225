"""boto3's sessions and clients; the only home of boto3.

Clients are made when they are first needed, in the process that needs them, because a session must not be
shared across a fork. One call has 1 s to connect and 3 s between two bytes of the answer, of which at most
64 KiB are read, for 5 s.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from .answers import BoundedAnswers

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

__all__ = ["Sts", "session_of", "sts_at"]

_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    # A throttled call must not be repeated at once; `AssumeRole` repeats what may be.
    retries={"total_max_attempts": 1, "mode": "standard"},
    max_pool_connections=8,
)


class _Session(botocore.session.Session):
    """A session whose clients read bounded answers, those of its own providers (web identity) too."""

    def create_client(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 (botocore has no types)
        client: Any = super().create_client(*args, **options)
        endpoint = client._endpoint  # noqa: SLF001 (the one way in)
        endpoint.http_session = BoundedAnswers(endpoint.http_session)
        return client


class Sts:
    """One STS, and this process's client of it. Safe to share between threads."""

    def __init__(self, region: str, endpoint_url: str | None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._made: tuple[int, STSClient] | None = None

    def client(self) -> STSClient:
        """The client, with what the provider chain found when it was made, which takes 50 ms."""
        made = self._made  # once: another thread may forget it meanwhile
        if made is None or made[0] != os.getpid():
            session = boto3.Session(botocore_session=session_of(self._region))
            made = self._made = (os.getpid(), session.client("sts", endpoint_url=self._endpoint_url))
        return made[1]

    def forget(self) -> None:
        """Make another client next time: one keeps the credentials it was made with, also none at all."""
        self._made = None


def sts_at(region: str, endpoint_url: str | None) -> Sts:
    """The same one for all who ask while anybody has it: a client for each caller would cost too much."""
    where = (region, endpoint_url)
    found = _EVERY.get(where)
    if found is None:
        found = _EVERY[where] = Sts(region, endpoint_url)
    return found


def session_of(region: str) -> botocore.session.Session:
    """A session that asks the regional STS, whatever endpoint the environment or a profile names."""
    session = _Session()
    session.set_config_variable("region", region)
    session.set_config_variable("ignore_configured_endpoint_urls", value=True)
    session.set_config_variable("sts_regional_endpoints", "regional")
    session.set_default_client_config(_CONFIG)
    return session


_EVERY: weakref.WeakValueDictionary[tuple[str, str | None], Sts] = weakref.WeakValueDictionary()
