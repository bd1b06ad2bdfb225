"""Session policies: what was meant, and nothing that an input could add."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.credentials.session_policy import MAX_CHARACTERS, Conditions, plain_address, session_policy

ACTION = "transcribe:StartStreamTranscriptionWebSocket"
EVERYTHING = Conditions(source_ip="192.0.2.7", regions=("eu-west-1", "us-east-1"), secure_transport=True)


def condition(**asked: object) -> object:
    (statement,) = json.loads(session_policy([ACTION], conditions=Conditions(**asked)))["Statement"]
    return statement.get("Condition")


def test_all_conditions_at_once() -> None:
    """One statement that allows, so that all of them must hold."""
    assert json.loads(session_policy([ACTION], conditions=EVERYTHING)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [ACTION],
                "Resource": "*",
                "Condition": {
                    "IpAddress": {"aws:SourceIp": "192.0.2.7/32"},
                    "StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]},
                    "Bool": {"aws:SecureTransport": "true"},
                },
            }
        ],
    }


def test_nothing_is_asked_for_by_default() -> None:
    """An empty Condition would be one more thing that AWS might refuse."""
    assert condition() is None
    assert "Condition" not in session_policy([ACTION])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1/128"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:c000:207", "192.0.2.7/32"),
    ],
)
def test_one_address_one_network(address: str, network: str) -> None:
    """IPv4 as /32, IPv6 as /128, and what was mapped to IPv6 as what AWS sees."""
    assert condition(source_ip=address) == {"IpAddress": {"aws:SourceIp": network}}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.com",
        "192.0.2.7/8",
        "192.0.2.7, 10.0.0.1",
        "010.0.0.1",
        "fe80::1%eth0",
        '1.2.3.4"',
        "1.2.3",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """There is no session without the condition that was asked for."""
    with pytest.raises(ValueError, match="address"):
        session_policy([ACTION], conditions=Conditions(source_ip=address))
    with pytest.raises(ValueError, match="address"):
        plain_address(address)


HOSTILE = st.text(st.sampled_from(string.printable + '"\\{}[],:\u2028\u0000é😀'), max_size=60)


@given(actions=st.lists(HOSTILE, min_size=1, max_size=5), regions=st.lists(HOSTILE, max_size=5))
def test_no_input_adds_to_the_policy(actions: list[str], regions: list[str]) -> None:
    """Whatever is in a name, the document is parsed to what was meant."""
    text = session_policy(actions, conditions=Conditions(regions=tuple(regions)))
    wanted = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    if regions:
        wanted["Condition"] = {"StringEquals": {"aws:RequestedRegion": regions}}
    assert json.loads(text) == {"Version": "2012-10-17", "Statement": [wanted]}


def test_a_policy_that_aws_would_find_too_long_is_refused() -> None:
    """2,048 characters is STS's limit; better at the start than at the first request."""
    assert len(session_policy([ACTION] * 3, conditions=EVERYTHING)) < MAX_CHARACTERS / 4
    with pytest.raises(ValueError, match="2048"):
        session_policy([ACTION] * 60)
