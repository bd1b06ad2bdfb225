"""Condition operators: what each compares, and how it treats a key that is absent or has several values.

Source: "IAM JSON policy elements: Condition operators" and "Multivalued context keys", IAM User Guide.
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .wildcards import arn_like, like, plain

__all__ = ["Operator", "operator_named"]

Test = Callable[[str, str], bool]
"""From the request's value and a wanted one to whether they fit; ValueError where one cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """``negated`` operators hold where their test does not, and where the key is absent.

    ``quantifier`` is ``ForAllValues``, ``ForAnyValue`` or empty; ``variables``: wanted values may have them.
    ``test`` None is ``Null``, which asks for the key itself.
    """

    test: Test | None
    negated: bool = False
    variables: bool = False
    if_exists: bool = False
    quantifier: str = ""

    def holds(self, present: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
        """Whether the values ``present`` of a key fit one ``wanted``. ValueError: that cannot be said."""
        if self.test is None:
            return any((not present) is _truth(each) for each in wanted)
        if not present:
            return self.if_exists or (self.quantifier == "ForAllValues" if self.quantifier else self.negated)
        test = self.test
        fits = [any(test(value, each) for each in wanted) is not self.negated for value in present]
        every = self.quantifier == "ForAllValues" or (self.negated and not self.quantifier)
        return all(fits) if every else any(fits)


def operator_named(name: str) -> Operator | None:
    """The operator of a policy's text, with its quantifier and suffix; None if IAM has none of this name."""
    quantifier, colon, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    found = _OPERATORS.get(base)
    if found is None or (colon and quantifier not in {"ForAllValues", "ForAnyValue"}):
        return None
    if found.test is None and (colon or base != rest):
        return None
    return Operator(
        test=found.test,
        negated=found.negated,
        variables=found.variables,
        if_exists=base != rest,
        quantifier=quantifier,
    )


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return text.lower() == "true"


def _within(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _numbers(compare: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: compare(float(value), float(wanted))


def _dates(compare: Callable[[datetime, datetime], bool]) -> Test:
    return lambda value, wanted: compare(_moment(value), _moment(wanted))


_COMPARISONS: Mapping[str, Callable[..., bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_TEXTS: Mapping[str, tuple[str, Test]] = {
    "StringEquals": ("StringNotEquals", lambda value, wanted: value == plain(wanted)),
    "StringEqualsIgnoreCase": (
        "StringNotEqualsIgnoreCase",
        lambda value, wanted: value.casefold() == plain(wanted).casefold(),
    ),
    "StringLike": ("StringNotLike", lambda value, wanted: like(wanted, value)),
    "ArnEquals": ("ArnNotEquals", lambda value, wanted: arn_like(wanted, value)),
    "ArnLike": ("ArnNotLike", lambda value, wanted: arn_like(wanted, value)),
}
_OPERATORS: Mapping[str, Operator] = {
    **{name: Operator(test=test, variables=True) for name, (_, test) in _TEXTS.items()},
    **{name: Operator(test=test, variables=True, negated=True) for name, test in _TEXTS.values()},
    **{f"Numeric{name}": Operator(test=_numbers(compare)) for name, compare in _COMPARISONS.items()},
    "NumericNotEquals": Operator(test=_numbers(operator.eq), negated=True),
    **{f"Date{name}": Operator(test=_dates(compare)) for name, compare in _COMPARISONS.items()},
    "DateNotEquals": Operator(test=_dates(operator.eq), negated=True),
    "Bool": Operator(test=lambda value, wanted: _truth(value) is _truth(wanted)),
    "IpAddress": Operator(test=_within),
    "NotIpAddress": Operator(test=_within, negated=True),
    "Null": Operator(test=None),
}
