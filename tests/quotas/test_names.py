"""Names under which is counted: bounded, and nobody's."""

import pytest

from scribepass.quotas.names import name_of, network_of


def test_a_caller_is_known_by_a_hash_only() -> None:
    """A ``sub`` may be an e-mail address; whoever reads the store does not learn it."""
    name = name_of("corp|ada@example.com")
    assert len(name) == 32
    assert name != name_of("corp|bob@example.com")
    assert len(name_of("x" * 100_000)) == len(name_of("\ud800")) == 32


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ],
    ids=["IPv4", "IPv4 in IPv6", "IPv6", "IPv6 of the same network"],
)
def test_an_address_counts_with_its_network(address: str, network: str) -> None:
    """Whoever has one IPv6 address has 2**64 of them."""
    assert network_of(address) == network


@pytest.mark.parametrize("text", ["", "unix:/run/x.sock", "x" * 100_000], ids=["empty", "socket", "long"])
def test_what_is_no_address_has_a_short_name_too(text: str) -> None:
    """No key is as long as a stranger likes."""
    assert len(network_of(text)) == 32
