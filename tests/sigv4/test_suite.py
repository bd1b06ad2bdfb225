"""AWS's own Signature Version 4 test suite, both kinds of signature, both directions."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from scribepass.errors import SignatureMismatch
from scribepass.sigv4 import Credentials, Dialect, PathMode, Presigner, SignedRequest, TokenMode, sign, verify
from scribepass.sigv4.canonical import amz_date, credential_scope, signature, signing_key, string_to_sign
from support.shared import shared
from support.signing import knows

NAMES = [
    "get-header-key-duplicate",
    "get-header-value-multiline",
    "get-header-value-order",
    "get-header-value-trim",
    "get-relative-normalized",
    "get-relative-relative-normalized",
    "get-relative-relative-unnormalized",
    "get-relative-unnormalized",
    "get-slash-dot-slash-normalized",
    "get-slash-dot-slash-unnormalized",
    "get-slash-normalized",
    "get-slash-pointless-dot-normalized",
    "get-slash-pointless-dot-unnormalized",
    "get-slash-unnormalized",
    "get-slashes-normalized",
    "get-slashes-unnormalized",
    "get-space-normalized",
    "get-space-unnormalized",
    "get-vanilla",
    "get-vanilla-empty-query-key",
    "get-vanilla-query",
    "get-vanilla-query-order-key-case",
    "get-vanilla-utf8-query",
    "post-header-key-case",
    "post-header-key-sort",
    "post-header-value-case",
    "post-sts-header-after",
    "post-sts-header-before",
    "post-vanilla",
    "post-vanilla-empty-query-value",
    "post-x-www-form-urlencoded",
    "post-x-www-form-urlencoded-parameters",
]

KINDS = ["query", "header"]


class Case:
    """One case of the suite, in the words of this project."""

    def __init__(self, name: str) -> None:
        cases = json.loads(shared("vectors/sigv4.json").read_text())["cases"]
        self.data: dict[str, Any] = next(case for case in cases if case["name"] == name)
        context = self.data["context"]
        self.region, self.service = context["region"], context["service"]
        self.now = datetime.fromisoformat(context["timestamp"])
        self.expires = context["expiration_in_seconds"]
        self.sign_body = context["sign_body"]
        self.credentials = Credentials(
            access_key_id=context["credentials"]["access_key_id"],
            secret_access_key=context["credentials"]["secret_access_key"],
            session_token=context["credentials"].get("token"),
        )
        self.dialect = Dialect(
            path=PathMode.NORMALIZED if context["normalize"] else PathMode.VERBATIM,
            token=TokenMode.APPENDED if context.get("omit_session_token") else TokenMode.SIGNED,
        )
        self.request = parse(self.data["request"])

    def verify(self, kind: str, credentials: Credentials) -> object:
        return verify(
            parse(self.data[kind]["signed-request"]),
            lookup=lambda *_: credentials,
            now=self.now,
            service=self.service,
            region=self.region,
            max_expires=self.expires,
            dialect=self.dialect,
        )


def parse(text: str) -> SignedRequest:
    """A request as the suite writes it. Its targets may hold spaces, its header values line breaks."""
    head, _, body = text.partition("\n\n")
    line, *fields = head.rstrip("\n").split("\n")
    method, target = line.removesuffix(" HTTP/1.1").split(" ", 1)
    headers: list[tuple[str, str]] = []
    for field in fields:
        if field.startswith(" "):
            name, value = headers.pop()
            headers.append((name, f"{value}\n{field}"))
        else:
            name, _, value = field.partition(":")
            headers.append((name, value))
    return SignedRequest(method=method, target=target, headers=headers, body=body.encode())


def test_no_case_of_the_suite_is_left_out() -> None:
    """The names above are all the names that AWS's suite has."""
    cases = json.loads(shared("vectors/sigv4.json").read_text())["cases"]
    assert [case["name"] for case in cases] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_presign(name: str) -> None:
    """`Presigner` adds what the suite adds, whatever the order."""
    case = Case(name)
    host = dict(case.request.headers)["Host"]
    presigner = Presigner(
        case.credentials,
        region=case.region,
        service=case.service,
        max_expires=case.expires,
        dialect=case.dialect,
    )
    url = presigner.presign(
        f"https://{host}{case.request.target}",
        now=case.now,
        expires=case.expires,
        method=case.request.method,
        headers=[header for header in case.request.headers if header[0] != "Host"],
        body=case.request.body,
    )
    expected = parse(case.data["query"]["signed-request"])
    assert url.startswith(f"https://{host}{expected.path}?")
    assert sorted(parse_qsl(urlsplit(url).query)) == sorted(parse_qsl(expected.query))


@pytest.mark.parametrize("name", NAMES)
def test_sign(name: str) -> None:
    """`sign` adds the headers that the suite adds."""
    case = Case(name)
    expected = parse(case.data["header"]["signed-request"])
    declared = {name.lower(): value for name, value in expected.headers}.get("x-amz-content-sha256")
    assert (declared is not None) == case.sign_body
    added = sign(
        case.request,
        credentials=case.credentials,
        region=case.region,
        service=case.service,
        now=case.now,
        payload_hash=declared,
        dialect=case.dialect,
    )

    def folded(headers: Any) -> list[tuple[str, str]]:
        return sorted((name.lower(), value) for name, value in headers)

    assert folded([*case.request.headers, *added]) == folded(expected.headers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_verify(name: str, kind: str) -> None:
    """`verify` accepts the suite's signed request, and finds the suite's signature."""
    case = Case(name)
    verified = case.verify(kind, case.credentials)
    assert verified.signature == case.data[kind]["signature"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_stages(name: str, kind: str) -> None:
    """The canonical request, the string to sign and the signature are the suite's, character by character."""
    case = Case(name)
    other = Credentials(access_key_id=case.credentials.access_key_id, secret_access_key="another")
    with pytest.raises(SignatureMismatch) as caught:
        case.verify(kind, other)
    canonical = caught.value.canonical_request
    assert canonical == case.data[kind]["canonical-request"]
    timestamp = amz_date(case.now)
    scope = credential_scope(date=timestamp[:8], region=case.region, service=case.service)
    text = string_to_sign(timestamp=timestamp, scope=scope, request=canonical)
    assert text == case.data[kind]["string-to-sign"]
    key = signing_key(
        case.credentials.secret_access_key, date=timestamp[:8], region=case.region, service=case.service
    )
    assert signature(key, text) == case.data[kind]["signature"]


def test_the_lookup_is_given_the_token() -> None:
    """A token stands in the query or in a header, signed or appended; the lookup gets it."""
    for name in ("post-sts-header-after", "post-sts-header-before"):
        case = Case(name)
        for kind in KINDS:
            verify(
                parse(case.data[kind]["signed-request"]),
                lookup=knows(case.credentials),
                now=case.now,
                service=case.service,
                max_expires=case.expires,
                dialect=case.dialect,
            )
