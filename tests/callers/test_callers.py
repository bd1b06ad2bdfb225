"""Authenticators: who decides, and in which order."""

from collections.abc import Mapping

import pytest

from scribepass.callers import ANONYMOUS, Caller, FirstOf, Open
from scribepass.errors import Unauthenticated


class Knows:
    """Knows one header."""

    def __init__(self, name: str) -> None:
        self.name = name

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        if self.name not in headers:
            return None
        if headers[self.name] == "bad":
            raise Unauthenticated("Bearer")
        return Caller(id=self.name)


def test_the_first_that_knows_its_kind_decides() -> None:
    """None means not my kind, and the next is asked."""
    both = FirstOf(Knows("one"), Knows("two"))
    assert both.authenticate({"two": "good"}) == Caller(id="two")
    assert both.authenticate({"one": "good", "two": "good"}) == Caller(id="one")
    assert both.authenticate({}) is None
    assert FirstOf().authenticate({"one": "good"}) is None


def test_a_bad_credential_is_not_rescued_by_an_open_door() -> None:
    """Who presents a bad key is refused, though without a key it would be let in."""
    either = FirstOf(Knows("one"), Open())
    assert either.authenticate({}) is ANONYMOUS
    with pytest.raises(Unauthenticated):
        either.authenticate({"one": "bad"})
