"""AWS's own sources of credentials; the only home of boto3.

Clients are made when they are first needed, in the process that needs them, because a session must not be
shared across a fork. One fetch makes up to 2 attempts, each with 1 s to connect and 3 s between two bytes of
the answer; AssumeRole reads at most 64 KiB, for 5 s, of its body. No option of boto3 bounds the whole:
whoever must not wait longer than 5 s asks by way of `RefreshAhead`, which leaves a fetch that hangs behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from scribepass.telemetry import get_log

from .answers import BoundedAnswers

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

__all__ = ["AssumeRole", "ProviderChain", "session_policy"]

MAX_POLICY_CHARACTERS = 2048
"""The longest session policy that AssumeRole takes."""

_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=1,
)

# What boto3 raises, and what its providers and parsers let through: an answer that is no XML (not one of
# BotoCoreError's), a file that is not there, credentials that are still expired after a refresh.
_FAULTS = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

_log = get_log("credentials")


def session_policy(actions: Sequence[str]) -> str:
    """The JSON policy that allows ``actions`` and nothing else. ValueError if AWS would find it too long."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    if len(text) > MAX_POLICY_CHARACTERS:
        raise ValueError(f"a session policy has at most {MAX_POLICY_CHARACTERS} characters")
    return text


class ProviderChain:
    """What boto3's provider chain finds: environment, profile, web identity, container, instance."""

    name = "provider chain"

    def __init__(self, region: str) -> None:
        self._region = region

    def fetch(self) -> Credentials:
        """The chain walked anew: a session that is kept renews them 15 minutes before their end only.

        Raises:
            CredentialsUnavailable: no provider has credentials, or one failed.
        """
        try:
            found = _session(self._region).get_credentials()
            if found is None:
                raise NoCredentialsError
            return _usable(found.get_frozen_credentials(), found)
        except _FAULTS as error:
            raise _unavailable(self.name, error) from error


class AssumeRole:
    """Temporary credentials of one role by STS, scoped down to ``actions`` by a session policy.

    The call itself is signed with what the provider chain finds. ``duration`` is in seconds, from 900 up to
    what the role allows.
    """

    def __init__(
        self,
        role_arn: str,
        *,
        session_name: str,
        actions: Sequence[str],
        region: str,
        endpoint_url: str | None = None,
        duration: int = 3600,
    ) -> None:
        self.name = role_arn
        self._session_name = session_name
        self._policy = session_policy(actions)
        self._region = region
        self._endpoint_url = endpoint_url
        self._duration = duration
        self._made: tuple[int, STSClient] | None = None

    def fetch(self) -> Credentials:
        """One call of AssumeRole.

        Raises:
            CredentialsUnavailable: STS cannot be reached, refuses, or answers what are not credentials.
        """
        try:
            answer = self._client().assume_role(
                RoleArn=self.name,
                RoleSessionName=self._session_name,
                DurationSeconds=self._duration,
                Policy=self._policy,
            )
            return _credentials(answer["Credentials"])
        except _FAULTS as error:
            # A client keeps the credentials it was made with, also none at all.
            self._made = None
            raise _unavailable(self.name, error) from error

    def _client(self) -> STSClient:
        made = self._made  # once: an abandoned fetch may forget it meanwhile
        if made is None or made[0] != os.getpid():
            session = boto3.Session(botocore_session=_session(self._region))
            client = session.client("sts", endpoint_url=self._endpoint_url, config=_CONFIG)
            endpoint: Any = client._endpoint  # type: ignore[attr-defined]  # noqa: SLF001 (the one way in)
            endpoint.http_session = BoundedAnswers(endpoint.http_session)
            made = self._made = (os.getpid(), client)
        return made[1]


def _session(region: str) -> botocore.session.Session:
    """A session that asks the regional STS, whatever endpoint the environment or a profile names."""
    session = botocore.session.Session()
    session.set_config_variable("region", region)
    session.set_config_variable("ignore_configured_endpoint_urls", value=True)
    session.set_config_variable("sts_regional_endpoints", "regional")
    session.set_default_client_config(_CONFIG)
    return session


def _usable(frozen: Any, found: Any) -> Credentials:  # noqa: ANN401 (botocore has no types of its own)
    # The only place where botocore keeps the end of credentials; those without one do not have it.
    expires_at = getattr(found, "_expiry_time", None)
    if expires_at is None:
        _log.warning("credentials_without_end", method=found.method)
    return Credentials(
        access_key_id=frozen.access_key,
        secret_access_key=frozen.secret_key,
        session_token=frozen.token,
        expires_at=expires_at,
    )


def _credentials(members: Any) -> Credentials:  # noqa: ANN401 (an answer, not yet trusted)
    return Credentials(
        access_key_id=members["AccessKeyId"],
        secret_access_key=members["SecretAccessKey"],
        session_token=members["SessionToken"],
        expires_at=members["Expiration"],
    )


def _unavailable(source: str, error: Exception) -> CredentialsUnavailable:
    """Log what AWS said: its message names roles and principals. Other texts may quote a whole answer."""
    said = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    _log.warning(
        "credentials_fetch_failed",
        source=source,
        error=type(error).__name__,
        aws_code=said.get("Code"),
        aws_message=said.get("Message"),
    )
    return CredentialsUnavailable(source)
