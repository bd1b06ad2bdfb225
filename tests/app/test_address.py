"""Where a request comes from: never what only its sender says."""

import pytest

from scribepass.app.address import Forwarding

PROXIES = ("10.0.0.0/8", "fd00::/8", "192.0.2.1")


@pytest.mark.parametrize(
    ("hops", "peer", "forwarded", "client"),
    [
        pytest.param(0, "10.0.0.1", ["203.0.113.9"], "10.0.0.1", id="no hops: the header is not read"),
        pytest.param(1, "10.0.0.1", ["203.0.113.9"], "203.0.113.9", id="one proxy"),
        pytest.param(1, "10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9", id="a forged one on the left"),
        pytest.param(1, "10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9", id="two headers"),
        pytest.param(2, "10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9", id="two proxies"),
        pytest.param(
            2, "10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9", id="two, and a forgery"
        ),
        pytest.param(2, "10.0.0.1", ["10.0.0.2"], "10.0.0.1", id="fewer than there must be"),
        pytest.param(1, "10.0.0.1", [], "10.0.0.1", id="none"),
        pytest.param(1, "10.0.0.1", [""], "10.0.0.1", id="an empty one"),
        pytest.param(1, "198.51.100.7", ["203.0.113.9"], "198.51.100.7", id="reached directly"),
        pytest.param(1, "192.0.2.1", ["203.0.113.9"], "203.0.113.9", id="a single address"),
        pytest.param(1, "::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9", id="a mapped proxy"),
        pytest.param(1, "fd00::1", ["2001:DB8:0:0::1"], "2001:db8::1", id="IPv6 in its usual form"),
        pytest.param(1, "10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1", id="IPv6 with a port"),
        pytest.param(1, "10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9", id="IPv4 with a port"),
        pytest.param(1, "10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9", id="a mapped client"),
        pytest.param(1, "10.0.0.1", ["unknown"], "10.0.0.1", id="a word"),
        pytest.param(1, "10.0.0.1", ["203.0.113.9\r\nX: 1"], "10.0.0.1", id="an injection"),
        pytest.param(1, "10.0.0.1", ["203.0.113.999"], "10.0.0.1", id="no address"),
        pytest.param(1, "10.0.0.1", ["203.0.113.9,"], "10.0.0.1", id="an empty last one"),
        pytest.param(1, "10.0.0.1", ["0xCB007109"], "10.0.0.1", id="a hexadecimal one"),
        pytest.param(1, "10.0.0.1", ["٢٠٣.0.113.9"], "10.0.0.1", id="other digits"),
        pytest.param(1, "", ["203.0.113.9"], "203.0.113.9", id="a Unix socket"),
        pytest.param(0, "", ["203.0.113.9"], "", id="a Unix socket without a proxy"),
        pytest.param(1, None, ["203.0.113.9"], None, id="nobody knows the peer"),
        pytest.param(1, "not an address", ["203.0.113.9"], "not an address", id="a peer that is none"),
    ],
)
def test_the_client_stands_where_the_proxies_put_it(
    hops: int, peer: str | None, forwarded: list[str], client: str | None
) -> None:
    """The n-th from the right, and only of what a proxy hands on."""
    assert Forwarding(hops=hops, proxies=PROXIES).client_of(peer, forwarded=forwarded) == client


def test_without_proxies_nobody_is_one() -> None:
    """Not even behind a Unix socket."""
    nobody = Forwarding(hops=1, proxies=())
    assert nobody.client_of("127.0.0.1", forwarded=["203.0.113.9"]) == "127.0.0.1"
    assert not nobody.is_from_proxy("")
