"""AWS's own sources of credentials: the provider chain of boto3, and a role that is assumed.

No option of boto3 bounds the whole of a fetch: whoever must not wait longer than 5 s asks by way of
`RefreshAhead`, which leaves a fetch that hangs behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, NoCredentialsError

from scribepass.sigv4 import Credentials
from scribepass.telemetry import NULL_METRICS, Metrics, get_log

from .boto_faults import FAULTS, failure_of, fault_in, is_worth_another
from .faults import Fault
from .session_policy import Conditions, session_policy
from .sessions import Sts, session_of, sts_at
from .skew import ClockSkew

__all__ = ["AssumeRole", "ProviderChain"]

NEARLY_FULL = 80
"""Per cent of what STS packs policy and tags into, above which a longer one might soon be refused."""

_log = get_log("credentials")


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
            found = session_of(self._region).get_credentials()
            if found is None:
                raise NoCredentialsError
            return _usable(found.get_frozen_credentials(), found)
        except FAULTS as error:
            raise failure_of(self.name, error) from error


def _utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, eq=False)
class AssumeRole:
    """Temporary credentials of one role by STS, scoped down to ``actions`` by a session policy.

    The call itself is signed with what the provider chain finds. ``duration`` is in seconds, from 900 up to
    what the role allows. ``source_identity`` and ``tags`` need the right to set them in the role's trust
    policy. ``skew`` is told STS's time, ``metrics`` each call.

    Raises:
        ValueError: AWS would find the session policy too long, or an address in it is none.
    """

    role_arn: str
    _: KW_ONLY
    session_name: str
    actions: Sequence[str]
    region: str
    endpoint_url: str | None = None
    duration: int = 3600
    external_id: str | None = None
    source_identity: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    conditions: Conditions | None = None
    clock: Callable[[], datetime] = _utcnow
    skew: ClockSkew | None = None
    metrics: Metrics = NULL_METRICS
    _sts: Sts = field(init=False, repr=False)
    _asked: Mapping[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sts", sts_at(self.region, self.endpoint_url))
        object.__setattr__(self, "_asked", self._question())

    @property
    def name(self) -> str:
        """The role's ARN."""
        return self.role_arn

    def fetch(self) -> Credentials:
        """One call of AssumeRole, or two where the first found a closed connection or a server in trouble.

        Raises:
            CredentialsUnavailable: STS cannot be reached, refuses, or answers what are not credentials.
        """
        try:
            try:
                return self._call()
            except FAULTS as error:
                if not is_worth_another(error):
                    raise
            return self._call()
        except FAULTS as error:
            failed = failure_of(self.name, error, session=self.session_name)
            if failed.fault in {Fault.DENIED, Fault.FAILED}:
                self._sts.forget()  # what signs the call may be at fault, and may have been replaced
            raise failed from error

    def _question(self) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": self.duration,
            "Policy": session_policy(self.actions, conditions=self.conditions),
        }
        if self.external_id is not None:
            asked["ExternalId"] = self.external_id
        if self.source_identity is not None:
            asked["SourceIdentity"] = self.source_identity
        if self.tags:
            asked["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags]
        return asked

    def _call(self) -> Credentials:
        client = self._sts.client()
        started = time.perf_counter()
        result = "ok"
        try:
            answer = client.assume_role(**self._asked)
            self._hear(answer, started)
            return self._credentials(answer)
        except FAULTS as error:
            result = fault_in(error).value
            if isinstance(error, ClientError):
                self._hear(error.response, started)
            raise
        finally:
            self.metrics.count("sts_calls", result=result)
            self.metrics.observe("sts_seconds", time.perf_counter() - started)

    def _hear(self, answer: Mapping[str, Any], started: float) -> None:
        if self.skew is not None:
            headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            self.skew.hear(headers.get("date"), clock=self.clock, took=time.perf_counter() - started)

    def _credentials(self, answer: Any) -> Credentials:  # noqa: ANN401 (not yet trusted)
        whose = answer.get("AssumedRoleUser", {}).get("Arn")
        if whose is not None and whose.lower() != self._session_arn().lower():
            raise ValueError("the credentials are those of another role or session")
        packed = answer.get("PackedPolicySize", 0)
        if packed >= NEARLY_FULL:
            _log.warning("session_policy_nearly_full", source=self.name, per_cent=packed)
        members = answer["Credentials"]
        return Credentials(
            access_key_id=members["AccessKeyId"],
            secret_access_key=members["SecretAccessKey"],
            session_token=members["SessionToken"],
            expires_at=members["Expiration"],
        )

    def _session_arn(self) -> str:
        _, partition, _, _, account, role = self.role_arn.split(":", 5)
        return f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{self.session_name}"


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
