"""URLs: built from pairs, encoded once, read back to the same pairs."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.transcribe.catalogue import REGIONS, Operation
from scribepass.transcribe.endpoint import host_of, parse_stream_url, stream_url
from scribepass.transcribe.params import parse
from support.requests import BASE, VALID

STANDARD = Operation.STANDARD
ORIGIN = "wss://transcribestreaming.us-east-1.amazonaws.com:8443"
PATH = "/stream-transcription-websocket"


def test_a_url_has_host_port_path_and_the_parameters_encoded_once():
    """Commas become %2C; what RFC 3986 leaves unreserved stays."""
    request = BASE[STANDARD] | {
        "content-redaction-type": "PII",
        "pii-entity-types": "NAME, PIN",
        "vocabulary-name": "a.b_c-d",
    }
    assert stream_url(STANDARD, region="us-east-1", params=parse(STANDARD, request)) == (
        f"{ORIGIN}{PATH}?language-code=en-US&media-encoding=pcm&sample-rate=16000&vocabulary-name=a.b_c-d"
        "&content-redaction-type=PII&pii-entity-types=NAME%2C%20PIN"
    )


@pytest.mark.parametrize(("operation", "request_"), VALID)
@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_a_url_says_what_was_asked(operation, request_, region):
    """Reading the finished URL gives operation, region and pairs back."""
    params = parse(operation, request_)
    url = stream_url(operation, region=region, params=params)
    assert parse_stream_url(url) == (operation, region, params.items())


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_host_is_from_the_table(region):
    """The region picks a host; it is never put into one."""
    params = parse(STANDARD, BASE[STANDARD])
    assert stream_url(STANDARD, region=region, params=params).startswith(f"wss://{host_of(region)}/")


@pytest.mark.parametrize(
    "endpoint", ["ws://127.0.0.1:8444", "ws://127.0.0.1:8444/", "wss://local.test", "ws://[::1]:8444"]
)
def test_an_endpoint_replaces_scheme_and_host(endpoint):
    """For a local AWS; the URL then names no region."""
    params = parse(STANDARD, BASE[STANDARD])
    url = stream_url(STANDARD, region="eu-west-1", params=params, endpoint=endpoint)
    assert url.startswith(f"{endpoint.rstrip('/')}{PATH}?")
    assert parse_stream_url(url) == (STANDARD, None, params.items())


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "http://127.0.0.1", "127.0.0.1:8444", "ws://", "ws://user@host", "ws://host/path"),
        *("ws://host?a=b", "ws://host#f", "ws://host:port", "ws://host:123456", "ws://ho st", "ws://host\n"),
    ],
)
def test_an_endpoint_is_a_scheme_and_a_host(endpoint):
    """Anything more would end up in what is signed."""
    with pytest.raises(ValueError, match="endpoint"):
        stream_url(STANDARD, region="us-east-1", params=parse(STANDARD, BASE[STANDARD]), endpoint=endpoint)


@pytest.mark.parametrize("region", ["", "eu-west-3", "evil.example/", "us-east-1@evil.example", "US-EAST-1"])
def test_a_region_without_streaming_has_no_host(region):
    """Neither by itself nor with an endpoint."""
    params = parse(STANDARD, BASE[STANDARD])
    with pytest.raises(ValueError, match="region"):
        host_of(region)
    with pytest.raises(ValueError, match="region"):
        stream_url(STANDARD, region=region, params=params, endpoint="ws://127.0.0.1")


def test_an_unencrypted_stream_is_in_no_region():
    """AWS's host alone does not make a URL AWS's."""
    url = stream_url(STANDARD, region="us-east-1", params=parse(STANDARD, BASE[STANDARD]))
    assert parse_stream_url(url.replace("wss://", "ws://")).region is None


def test_parameters_belong_to_their_operation():
    """Standard parameters on the medical path are a bug of the caller."""
    with pytest.raises(ValueError, match="standard stream for a medical"):
        stream_url(Operation.MEDICAL, region="us-east-1", params=parse(STANDARD, BASE[STANDARD]))


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"https://transcribestreaming.us-east-1.amazonaws.com:8443{PATH}?a=b",
        f"WSS://transcribestreaming.us-east-1.amazonaws.com:8443{PATH}?a=b",
        f"wss://{PATH}?a=b",
        f"wss://user@transcribestreaming.us-east-1.amazonaws.com:8443{PATH}?a=b",
        f"{ORIGIN}/?a=b",
        f"{ORIGIN}{PATH}/?a=b",
        f"{ORIGIN}{PATH}",
        f"{ORIGIN}{PATH}?",
        f"{ORIGIN}{PATH}?a",
        f"{ORIGIN}{PATH}?a=b&",
        f"{ORIGIN}{PATH}?a=b#f",
        f"{ORIGIN}{PATH}?a=b#",
        f"{ORIGIN}{PATH}?a=b+c",
        f"{ORIGIN}{PATH}?a=b=c",
        f"{ORIGIN}{PATH}?a=b,c",
        f"{ORIGIN}{PATH}?a=%2c",
        f"{ORIGIN}{PATH}?a=%62",
        f"{ORIGIN}{PATH}?a=%",
        f"{ORIGIN}{PATH}?a=%FF",
        f"{ORIGIN}{PATH}?a=é",
        f"{ORIGIN}{PATH}?a=b;c=d",
        f"{ORIGIN}{PATH}?a=b\n",
        "wss://[bad/?a=b",
    ],
)
def test_only_the_one_spelling_of_a_url_is_read(url):
    """Two URLs that say the same are the same text, so that equality can be demanded of a finished one."""
    with pytest.raises(ValueError, match=r".") as refused:
        parse_stream_url(url)
    assert "a=" not in str(refused.value)


PAIRS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))),
    min_size=1,
)


@settings(deadline=None)
@given(PAIRS)
def test_any_pairs_are_read_back(pairs):
    """A repeated name stays repeated, order is kept, and nothing can add a pair of its own."""
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    assert parse_stream_url(f"{ORIGIN}{PATH}?{query}").pairs == pairs
