"""Policies in IAM's JSON language: whether a text is one, and what it lets happen.

Evaluated is what can matter to a stream or to STS: actions, resources, principals of trust policies, IAM's
condition operators on the keys below, and policy variables. What is not understood fails closed: an Allow
with it does not apply, a Deny with it does.
"""

from __future__ import annotations

from .context import Context
from .document import MalformedPolicy, Policy, parse, parse_trust
from .evaluate import Decision, decide

__all__ = ["Context", "Decision", "MalformedPolicy", "Policy", "decide", "parse", "parse_trust"]
