"""Texts of policies: wildcards, and variables such as ``${aws:PrincipalTag/team}``.

What a variable stands for is text, whatever characters are in it: its stars match stars. Until they are
compared, such characters are written as the two of Unicode's private use below.
"""

from __future__ import annotations

import re

from .context import Context

__all__ = ["arn_like", "expand", "like", "plain"]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_LITERAL = str.maketrans({"*": "\ue000", "?": "\ue001"})
_PLAIN = str.maketrans({"\ue000": "*", "\ue001": "?"})


def expand(text: str, context: Context) -> str:
    """Put values for variables. ValueError where the request does not have exactly one."""
    return _VARIABLE.sub(lambda match: _value(match[1], context).translate(_LITERAL), text)


def _value(name: str, context: Context) -> str:
    if name in {"*", "?", "$"}:
        return name
    match = _DEFAULT.fullmatch(name)
    key, default = (match[1], match[2]) if match else (name, None)
    values = context.values(key)
    if values is not None and len(values) == 1:
        return values[0]
    if values == () and default is not None:
        return default
    raise ValueError(f"{name} has no value")


def plain(text: str) -> str:
    """The characters of an expanded text themselves."""
    return text.translate(_PLAIN)


def like(pattern: str, value: str, *, flags: int = 0) -> bool:
    """Whether ``value`` fits an expanded pattern, in which ``*`` is any text and ``?`` any character."""
    return re.fullmatch(_expression(pattern), value, flags | re.DOTALL) is not None


def arn_like(pattern: str, value: str) -> bool:
    """The same for ARNs: wildcards do not reach over the colons between their six parts."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(map(like, patterns, values))


def _expression(pattern: str) -> str:
    """The pattern as a regular expression that goes back over no star but the last.

    For what lies between two stars its first place is as good as any; without this a policy could keep the
    server busy for ever.
    """
    first, *parts = (_literal(part) for part in re.split(r"\*+", pattern))
    if not parts:
        return first
    *middle, last = parts
    return first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last


def _literal(part: str) -> str:
    expression = re.escape(part).replace(r"\?", ".")
    return expression.replace("\ue000", r"\*").replace("\ue001", r"\?")
