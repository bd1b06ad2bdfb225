import hmac
import string
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.sigv4.canonical import (
    EMPTY_SHA256,
    PathMode,
    amz_date,
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_request,
    credential_scope,
    encode_pairs,
    parse_query,
    signature,
    signing_key,
    string_to_sign,
    uri_decode,
    uri_encode,
)

WIRE_TEXT = st.text(st.characters(codec="utf-8"))


def test_each_stage_of_the_worked_example() -> None:
    """The stages of transcribe's worked example, one by one, as three independent signers gave them."""
    parameters = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIDEXAMPLE/20260115/us-east-1/transcribe/aws4_request"),
        ("X-Amz-Date", "20260115T120000Z"),
        ("X-Amz-Expires", "300"),
        ("X-Amz-Security-Token", "IQoJb3JpZ2lu/TOKEN+WITH=="),
        ("X-Amz-SignedHeaders", "host"),
        ("content-identification-type", "PII"),
        ("language-code", "en-US"),
        ("media-encoding", "pcm"),
        ("pii-entity-types", "NAME,ADDRESS"),
        ("sample-rate", "16000"),
        ("session-id", "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"),
        ("show-speaker-label", "true"),
    ]
    request = canonical_request(
        method="GET",
        path=canonical_path("/stream-transcription-websocket"),
        query=canonical_query(encode_pairs(reversed(parameters))),
        headers=canonical_headers([("Host", "transcribestreaming.us-east-1.amazonaws.com:8443")]),
        payload_hash=EMPTY_SHA256,
    )
    assert request == (
        "GET\n"
        "/stream-transcription-websocket\n"
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIDEXAMPLE%2F20260115%2Fus-east-1%2Ftranscribe%2Faws4_request"
        "&X-Amz-Date=20260115T120000Z&X-Amz-Expires=300"
        "&X-Amz-Security-Token=IQoJb3JpZ2lu%2FTOKEN%2BWITH%3D%3D&X-Amz-SignedHeaders=host"
        "&content-identification-type=PII&language-code=en-US&media-encoding=pcm"
        "&pii-entity-types=NAME%2CADDRESS&sample-rate=16000"
        "&session-id=8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30&show-speaker-label=true\n"
        "host:transcribestreaming.us-east-1.amazonaws.com:8443\n"
        "\n"
        "host\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    scope = credential_scope(date="20260115", region="us-east-1", service="transcribe")
    text = string_to_sign(timestamp="20260115T120000Z", scope=scope, request=request)
    assert text == (
        "AWS4-HMAC-SHA256\n20260115T120000Z\n20260115/us-east-1/transcribe/aws4_request\n"
        "bffddd2c3752f85f11d065cf0b62edc1fb7270062b447f74d28587f965f0abc2"
    )
    key = signing_key(
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", date="20260115", region="us-east-1", service="transcribe"
    )
    assert key.hex() == "55f497e584f1f2588ece850655fd7b4a056abc8ccb5724b5bb41bf72816a77c1"
    assert signature(key, text) == "a96952b727690c550689d57f3e52961763725cefd32cc18f04e7e68d09f2ec54"


def test_a_keyed_hmac_may_be_used_again() -> None:
    """`signature` leaves an HMAC that it is given as it was."""
    keyed = hmac.new(b"key", digestmod="sha256")
    assert signature(keyed, "text") == signature(keyed, "text") == signature(b"key", "text")


MOMENTS = {
    "whole": (datetime(2026, 1, 15, 12, tzinfo=UTC), "20260115T120000Z"),
    "fraction dropped": (datetime(2026, 1, 15, 12, 0, 0, 999999, tzinfo=UTC), "20260115T120000Z"),
    "east": (datetime(2026, 1, 16, 1, tzinfo=timezone(timedelta(hours=2))), "20260115T230000Z"),
    "west": (datetime(2026, 1, 15, 23, tzinfo=timezone(timedelta(hours=-2))), "20260116T010000Z"),
    "London": (datetime(2026, 1, 15, 12, tzinfo=timezone(timedelta(0), "GMT")), "20260115T120000Z"),
    "early": (datetime(1, 2, 3, 4, 5, 6, tzinfo=UTC), "00010203T040506Z"),
}


@pytest.mark.parametrize(("moment", "text"), MOMENTS.values(), ids=MOMENTS)
def test_amz_date(moment: datetime, text: str) -> None:
    """ISO 8601 basic format, always in UTC, always 16 characters."""
    assert amz_date(moment) == text


def test_a_naive_datetime_is_refused() -> None:
    """Without a zone nobody knows when it is."""
    with pytest.raises(ValueError, match="aware"):
        amz_date(datetime(2026, 1, 15))  # noqa: DTZ001


ENCODED = {
    "unreserved": (
        string.ascii_letters + string.digits + "-._~",
        string.ascii_letters + string.digits + "-._~",
    ),
    "space": (" ", "%20"),
    "plus": ("+", "%2B"),
    "comma": (",", "%2C"),
    "slash": ("/", "%2F"),
    "equals": ("==", "%3D%3D"),
    "percent": ("%2F", "%252F"),
    "asterisk": ("*'()!", "%2A%27%28%29%21"),
    "unicode": ("é日🎤", "%C3%A9%E6%97%A5%F0%9F%8E%A4"),
    "control": ("\x00\n\x7f", "%00%0A%7F"),
}


@pytest.mark.parametrize(("text", "encoded"), ENCODED.values(), ids=ENCODED)
def test_uri_encode(text: str, encoded: str) -> None:
    """RFC 3986: nothing but the unreserved characters stays, hexadecimal digits are upper-case."""
    assert uri_encode(text) == encoded
    assert uri_decode(encoded) == text


@given(WIRE_TEXT)
@settings(deadline=None)
def test_decoding_is_the_inverse_of_encoding(text: str) -> None:
    """Any text comes back."""
    assert uri_decode(uri_encode(text)) == text


@pytest.mark.parametrize(
    "text", ["%", "a%", "%4", "%zz", "%%41", "%2", "%C3", "%FF", "%ED%A0%80", "%C0%AF", "é%C3"]
)
def test_broken_escapes_are_refused(text: str) -> None:
    """Half an escape, or bytes that are not UTF-8, are a ValueError and not a guess."""
    with pytest.raises(ValueError, match=r"percent sign|utf-8"):
        uri_decode(text)


QUERIES = {
    "": [],
    "a=1": [("a", "1")],
    "a": [("a", "")],
    "a=": [("a", "")],
    "=1": [("", "1")],
    "&a=1&&b=2&": [("a", "1"), ("b", "2")],
    "a=b=c": [("a", "b=c")],
    "a+b=c+d": [("a+b", "c+d")],
    "%61=%2541": [("a", "%41")],
    "a=1&a=0": [("a", "1"), ("a", "0")],
    "ሴ=bar": [("ሴ", "bar")],
}


@pytest.mark.parametrize(("query", "pairs"), QUERIES.items(), ids=QUERIES)
def test_parse_query(query: str, pairs: list[tuple[str, str]]) -> None:
    """Decoded once, in order, repeats kept; a plus sign is no space."""
    assert parse_query(query) == pairs


@given(st.lists(st.tuples(WIRE_TEXT, WIRE_TEXT)))
@settings(deadline=None)
def test_a_query_comes_back(pairs: list[tuple[str, str]]) -> None:
    """Canonical text means what was put into it, in another order."""
    assert sorted(parse_query(canonical_query(encode_pairs(pairs)))) == sorted(pairs)


def test_sorting_is_by_encoded_name_then_value() -> None:
    """Code point order of the encoded names, a name before those that it begins, values last."""
    names = ["vocabulary-name", "vocabulary-names", "b", "B", "vocabulary", "é", "~", "a-b", "a", "a.b", "0"]
    query = canonical_query(encode_pairs([(name, "1") for name in names]))
    sorted_names = [pair.split("=")[0] for pair in query.split("&")]
    assert sorted_names == sorted(quote(name, safe="") for name in names)
    assert sorted_names[0] == "%C3%A9"
    assert canonical_query(encode_pairs([("a", "2"), ("a", "10"), ("a", "")])) == "a=&a=10&a=2"


PATHS = {
    "": ("/", ""),
    "/": ("/", "/"),
    "/a": ("/a", "/a"),
    "/a/": ("/a/", "/a/"),
    "//": ("/", "//"),
    "/.": ("/", "/."),
    "/./": ("/", "/./"),
    "/..": ("/", "/.."),
    "/a/../b/./c//d/": ("/b/c/d/", "/a/../b/./c//d/"),
    "/../../a": ("/a", "/../../a"),
    "/.a/..b/c.": ("/.a/..b/c.", "/.a/..b/c."),
    "/a b": ("/a%20b", "/a%20b"),
    "/a%20b": ("/a%2520b", "/a%20b"),
    "/a%2Fb": ("/a%252Fb", "/a%2Fb"),
    "/%7Eé": ("/%257E%C3%A9", "/~%C3%A9"),
    "/~a_b-c.d": ("/~a_b-c.d", "/~a_b-c.d"),
}


@pytest.mark.parametrize(("path", "forms"), PATHS.items(), ids=PATHS)
def test_canonical_path(path: str, forms: tuple[str, str]) -> None:
    """Normalised and encoded twice for most services; for S3 kept and encoded once."""
    assert canonical_path(path) == forms[0]
    assert canonical_path(path, PathMode.VERBATIM) == forms[1]


def test_canonical_headers() -> None:
    """Names in lower case and sorted, spaces trimmed and folded, values of one name joined in their order."""
    headers = [
        ("X-B", " 1  2\t3 "),
        ("Host", "h"),
        ("x-b", '"a   b"'),
        (":authority", ""),
        ("x-a", "\r\n folded\r\n"),
    ]
    assert list(canonical_headers(headers).items()) == [
        (":authority", ""),
        ("host", "h"),
        ("x-a", "folded"),
        ("x-b", '1 2 3,"a b"'),
    ]
