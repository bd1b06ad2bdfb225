"""Session policies: what temporary credentials may do, whatever more their role may. Pure.

A session has the rights that its role and its policy both give, so that a policy can only take away.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["MAX_CHARACTERS", "Conditions", "plain_address", "session_policy"]

MAX_CHARACTERS = 2048
"""The longest session policy that AssumeRole takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What AWS holds a session to.

    ``source_ip`` is the only address that may use it, ``regions`` are those that it may be used in, and
    ``secure_transport`` says that it may be used over TLS only. None, empty and False ask for nothing.
    """

    source_ip: str | None = None
    regions: tuple[str, ...] = ()
    secure_transport: bool = False

    def to_json(self) -> dict[str, Mapping[str, object]]:
        """As a statement has them. ValueError if ``source_ip`` is no address."""
        asked: dict[str, Mapping[str, object]] = {}
        if self.source_ip is not None:
            network = ipaddress.ip_network(plain_address(self.source_ip))
            asked["IpAddress"] = {"aws:SourceIp": str(network)}
        if self.regions:
            asked["StringEquals"] = {"aws:RequestedRegion": list(self.regions)}
        if self.secure_transport:
            asked["Bool"] = {"aws:SecureTransport": "true"}
        return asked


def plain_address(text: str) -> str:
    """One spelling for one address, and IPv4 for what was mapped to IPv6. ValueError if it is none."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError("an address of one link only, which AWS never sees")
        address = address.ipv4_mapped or address
    return str(address)


def session_policy(actions: Sequence[str], *, conditions: Conditions | None = None) -> str:
    """The JSON policy that allows ``actions`` under ``conditions``, and nothing else.

    Raises:
        ValueError: AWS would find it too long, or an address in it is none.
    """
    statement: dict[str, object] = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    if conditions is not None and (asked := conditions.to_json()):
        statement["Condition"] = asked
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"a session policy has at most {MAX_CHARACTERS} characters")
    return text
