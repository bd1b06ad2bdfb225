"""From a request to what conditions can ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scribepass.sigv4.request import SignedRequest

from .policy import Context
from .principal import Principal

__all__ = ["context_of"]

_HEADERS = {"user-agent": "aws:useragent", "referer": "aws:referer"}


def context_of(
    request: SignedRequest,
    principal: Principal | None,
    *,
    source_ip: str,
    region: str | None,
    now: datetime,
    secure_transport: bool = False,
    further: Mapping[str, tuple[str, ...]] | None = None,
) -> Context:
    """The context of a request by ``principal``; ``further`` are the service's own keys, in lower case."""
    headers = {
        _HEADERS[name.lower()]: (value,) for name, value in request.headers if name.lower() in _HEADERS
    }
    return Context(
        source_ip=source_ip,
        region=region,
        secure_transport=secure_transport,
        now=now,
        keys={**headers, **(principal.condition_keys if principal else {}), **(further or {})},
    )
