"""Which rules are whose."""

import pytest

from scribepass.callers import ANONYMOUS, Caller
from scribepass.policy import Policy, Rules, open_policy

POLICY = Policy(
    default=Rules(name="default"),
    classes={
        "default": Rules(name="default"),
        "clinic": Rules(name="clinic"),
        "mobile": Rules(name="mobile"),
    },
    callers={"ward-7": "clinic", "staff|1": "default"},
    sources={"staff": "mobile", "anonymous": "mobile"},
)


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (Caller(id="ward-7", key_id="k"), "clinic"),
        (Caller(id="ward-8", key_id="k"), "default"),
        (Caller(id="staff|1", source="staff"), "default"),
        (Caller(id="staff|2", source="staff"), "mobile"),
        (Caller(id="other|2", source="other"), "default"),
        (Caller(id="clinic"), "default"),
        (Caller(id="staff"), "default"),
        (Caller(id=""), "default"),
        (ANONYMOUS, "mobile"),
    ],
)
def test_a_caller_has_its_own_class_or_that_of_its_source(caller: Caller, name: str) -> None:
    """Its id goes first; who is in neither list has the default."""
    assert POLICY.rules_of(caller).name == name


def test_an_open_policy_has_one_class() -> None:
    """The default, which allows everything."""
    assert open_policy().rules_of(ANONYMOUS) == Rules()
