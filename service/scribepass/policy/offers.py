"""What can be offered to the callers of a class: of what they may use, what goes with what is set for them.

Each question is about a request that names the operation, what that cannot do without, and nothing else.
"""

from __future__ import annotations

from scribepass.errors import Forbidden
from scribepass.transcribe import Operation
from scribepass.transcribe.values import Value

from .completion import contradictions, readable, unmet
from .rules import Rules

__all__ = ["offers_encoding", "offers_language"]


def offers_language(rules: Rules, code: str, *, operation: Operation) -> bool:
    """Whether a stream of ``operation`` may have this ``language-code``.

    Not where another is locked, nor where something is that excludes it, such as ``identify-language``, or
    that wants a parameter beside it which only the caller can give.
    """
    if not rules.allows_language(code, operation=operation):
        return False
    settled = _settled(rules, operation, "language-code", code)
    return settled is not None and not unmet(operation, settled) and not contradictions(operation, settled)


def offers_encoding(rules: Rules, code: str, *, operation: Operation) -> bool:
    """Whether a stream of ``operation`` may have this ``media-encoding``: neither refused nor locked away."""
    if not rules.allows_encoding(code):
        return False
    settled = _settled(rules, operation, "media-encoding", code)
    return settled is not None and not contradictions(operation, settled)


def _settled(rules: Rules, operation: Operation, name: str, code: str) -> dict[str, Value] | None:
    """What would be asked for; None where this is locked otherwise."""
    try:
        return dict(readable(operation, rules.complete(operation, [(name, code)])))
    except Forbidden:
        return None
