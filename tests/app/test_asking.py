"""What is asked for, before it is vended: names and values become a request, or every fault at once."""

import pytest

from scribepass.app.asking import ticket_request
from scribepass.callers import ANONYMOUS
from scribepass.errors import InvalidParameters
from scribepass.policy import open_policy
from support.service import ASKED, service

VENDOR = service(settings={"regions": "us-east-1,af-south-1"}).vendor


def faults(**changed: object) -> set[tuple[str, str]]:
    pairs = {**ASKED, **{name.replace("_", "-"): value for name, value in changed.items()}}
    with pytest.raises(InvalidParameters) as raised:
        ticket_request(list(pairs.items()), vendor=VENDOR, rules=open_policy().rules_of(ANONYMOUS))
    return {(each.field, each.code) for each in raised.value.problems}


@pytest.mark.parametrize("value", [[], {}, [[]], ["us-east-1"], {"a": []}, None, 5, True], ids=repr)
def test_any_json_value_may_stand_where_text_is_meant(value: object) -> None:
    """Also one that cannot be looked up: a fault of its parameter."""
    assert faults(region=value) == {("region", "type")}
    assert faults(operation=value) == {("operation", "value")}
    assert faults(client_reference_id=value) == {("client-reference-id", "pattern")}


def test_a_language_that_the_region_has_not_is_told_beside_other_faults() -> None:
    """By the one rule that the vendor checks too."""
    expected = {("language-code", "value"), ("sample-rate", "range")}
    assert faults(language_code="am-ET", region="af-south-1", sample_rate=1) == expected
    assert faults(language_code="am-ET", region="eu-west-1") == {("region", "value")}


def test_of_an_unknown_operation_only_what_it_cannot_excuse_is_told() -> None:
    """Another operation has other parameters, and other values for them."""
    told = faults(operation="standrd", specialty="PRIMARYCARE", langage_code="xx", sample_rate=[])
    assert told == {("operation", "value"), ("sample-rate", "type"), ("langage-code", "unknown")}
