"""Who a request comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Principal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A user or a role's session, and what was said of the session when it was made.

    ``role`` is the ARN of the role, ``policy_arns`` name managed session policies, ``transitive`` the keys
    of ``tags`` that go on to the next session, in lower case. ``issued_at``: POSIX seconds, None for a key
    that is not temporary.
    """

    arn: str
    user_id: str
    role: str | None = None
    session_policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    source_identity: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    issued_at: int | None = None

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> Principal:
        """Make one of ``asdict`` of one that has been through JSON."""
        tags = tuple((name, value) for name, value in claims.get("tags", ()))
        lists = {name: tuple(claims.get(name, ())) for name in ("policy_arns", "transitive")}
        return cls(**{**claims, **lists, "tags": tags})

    @property
    def account(self) -> str:
        """The twelve digits of the account."""
        return self.arn.split(":")[4]

    @property
    def condition_keys(self) -> dict[str, tuple[str, ...]]:
        """What conditions can ask of the one who signs, by key in lower case."""
        keys = {
            "aws:principalarn": self.role or self.arn,
            "aws:principalaccount": self.account,
            "aws:principaltype": "User" if self.role is None else "AssumedRole",
            "aws:userid": self.user_id,
            **{f"aws:principaltag/{key.lower()}": value for key, value in self.tags},
        }
        if self.role is None:
            keys["aws:username"] = self.arn.rpartition("/")[2]
        if self.source_identity is not None:
            keys["aws:sourceidentity"] = self.source_identity
        if self.issued_at is not None:
            keys["aws:tokenissuetime"] = datetime.fromtimestamp(self.issued_at, UTC).isoformat()
            keys["aws:multifactorauthpresent"] = "false"  # the local STS has no devices
        return {key: (value,) for key, value in keys.items()}
