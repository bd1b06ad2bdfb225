import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.sigv4.canonical import PathMode, encode_pairs, parse_query, uri_decode, uri_encode
from scribepass.sigv4.url import parse_endpoint, parse_parameters

ENDPOINTS = {
    "wss://h:8443/p": ("wss://h:8443/p", "h:8443", "/p"),
    "wss://h:443/p": ("wss://h/p", "h", "/p"),
    "https://h:443/p": ("https://h/p", "h", "/p"),
    "ws://h:80/p": ("ws://h/p", "h", "/p"),
    "http://h:80": ("http://h/", "h", "/"),
    "wss://h:80/p": ("wss://h:80/p", "h:80", "/p"),
    "ws://h:443/p": ("ws://h:443/p", "h:443", "/p"),
    "wss://HOST.Example:8443/P": ("wss://host.example:8443/P", "host.example:8443", "/P"),
    "ws://[::1]:8444/p": ("ws://[::1]:8444/p", "[::1]:8444", "/p"),
    "ws://[FE80::1]/p": ("ws://[fe80::1]/p", "[fe80::1]", "/p"),
    "ws://local_aws:65535/": ("ws://local_aws:65535/", "local_aws:65535", "/"),
    "wss://h/a/../b": ("wss://h/a/../b", "h", "/b"),
}


@pytest.mark.parametrize(("base", "parts"), ENDPOINTS.items(), ids=ENDPOINTS)
def test_parse_endpoint(base: str, parts: tuple[str, str, str]) -> None:
    """The host is what clients send: lower-case, its port unless that is the scheme's default."""
    assert tuple(parse_endpoint(base, PathMode.NORMALIZED)) == parts


REFUSED = [
    "",
    "h/p",
    "//h/p",
    "ftp://h/p",
    "WSS://h/p",
    "wss:///p",
    "wss://",
    "wss://user@h/p",
    "wss://user:password@h/p",
    "wss://h:0/p",
    "wss://h:/p",
    "wss://h:08443/p",
    "wss://h:65536/p",
    "wss://h:99999/p",
    "wss://h:123456/p",
    "wss://h:８４４３/p",
    "wss://h#f",
    "wss://h/p#f",
    "wss://h /p",
    "wss://h/p\n",
    "wss://h/\x00",
    "wss://h\\@evil/p",
    "wss://é/p",
    "wss://::1/p",
    " wss://h/p",
]


@pytest.mark.parametrize("base", REFUSED)
def test_parse_endpoint_refuses(base: str) -> None:
    """What is no plain ws, wss, http or https URL is a ValueError that does not quote it."""
    with pytest.raises(ValueError, match="URL") as caught:
        parse_endpoint(base, PathMode.NORMALIZED)
    assert "password" not in str(caught.value)


PARAMETERS = {
    "": {},
    "a=1&b=": {"a": "a=1", "b": "b="},
    "a&b": {"a": "a=", "b": "b="},
    "a=%2c": {"a": "a=%2C"},
    "a=%2C": {"a": "a=%2C"},
    "a=%41": {"a": "a=A"},
    "%61=1": {"a": "a=1"},
    "a=é": {"a": "a=%C3%A9"},
    "a=%C3%A9": {"a": "a=%C3%A9"},
    "a= +": {"a": "a=%20%2B"},
    "a=b=c": {"a": "a=b%3Dc"},
    "x-am=1&X-AmzB=2": {"x-am": "x-am=1", "X-AmzB": "X-AmzB=2"},
}


@pytest.mark.parametrize(("query", "pieces"), PARAMETERS.items(), ids=PARAMETERS)
def test_parse_parameters(query: str, pieces: dict[str, str]) -> None:
    """Encoded exactly once, whatever they were before."""
    assert parse_parameters(query) == pieces


REFUSED_QUERIES = {
    "a=1&a=1": "repeated",
    "a=1&a=2": "repeated",
    "a=1&%61=2": "repeated",
    "a&a=": "repeated",
    "X-Amz-Expires=604800": "X-Amz-",
    "x-amz-expires=604800": "X-Amz-",
    "X-AMZ-SECURITY-TOKEN=t": "X-Amz-",
    "X%2DAmz-Expires=604800": "X-Amz-",
    "a=1&x-amz-user-agent=js": "X-Amz-",
    "X-Amz-": "X-Amz-",
    "a=%": "percent sign",
    "a=%FF": "utf-8",
    "a=\ud800": "utf-8",
    "a=1#b": "fragment",
    "#": "fragment",
}


@pytest.mark.parametrize(("query", "reason"), REFUSED_QUERIES.items(), ids=map(ascii, REFUSED_QUERIES))
def test_parse_parameters_refuses(query: str, reason: str) -> None:
    """Repeats, names of the signature's own in any case or spelling, broken escapes and fragments."""
    with pytest.raises(ValueError, match=reason):
        parse_parameters(query)


@given(
    st.lists(
        st.tuples(st.text("abZ09-._~%=é /,", min_size=1), st.text("abZ09-._~%=é /,")),
        unique_by=lambda p: p[0],
    )
)
@settings(deadline=None)
def test_encoding_is_done_once(pairs: list[tuple[str, str]]) -> None:
    """Encoded text goes through unchanged: the short cut for it gives what the long way gives."""
    query = "&".join(f"{uri_encode(name)}={uri_encode(value)}" for name, value in pairs)
    assert parse_parameters(query) == dict(encode_pairs(parse_query(query)))
    assert [uri_decode(piece) for piece in parse_parameters(query)] == [name for name, _ in pairs]


@given(st.text("aZ0-~%2CcFf41=&é", max_size=40))
@settings(deadline=None)
def test_the_short_cut_is_no_other_way(query: str) -> None:
    """Any query at all is refused, or read as `parse_query` reads it."""
    try:
        pieces = parse_parameters(query)
    except ValueError:
        return
    assert pieces == dict(encode_pairs(parse_query(query)))
