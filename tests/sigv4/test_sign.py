"""Header signing, and that verify accepts it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scribepass.errors import SignatureMismatch
from scribepass.sigv4 import Credentials, SignedRequest, sign, verify
from support.signing import botocore_sign, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LASTING = Credentials(
    access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)
TEMPORARY = Credentials(
    access_key_id="ASIAEXAMPLE", secret_access_key=LASTING.secret_access_key, session_token="token/+=="
)
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


def signed(request: SignedRequest, credentials: Credentials, **options: Any) -> SignedRequest:
    added = sign(request, credentials=credentials, region="us-east-1", service="sts", now=NOW, **options)
    return SignedRequest(
        method=request.method, target=request.target, headers=[*request.headers, *added], body=request.body
    )


@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting", "temporary"])
@pytest.mark.parametrize("payload_hash", [None, "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS"])
def test_what_is_signed_verifies(credentials: Credentials, payload_hash: str | None) -> None:
    """With and without a token, with a hashed and with a declared payload."""
    request = SignedRequest(method="POST", target="/a b?c=d&c=e", headers=[("Host", "sts:80")], body=BODY)
    verified = verify(
        signed(request, credentials, payload_hash=payload_hash),
        lookup=knows(credentials),
        now=NOW,
        service="sts",
    )
    assert verified.credentials is credentials
    assert verified.parameters == (("c", "d"), ("c", "e"))


def test_sign_equals_botocore() -> None:
    """The Authorization header is botocore's."""
    theirs = botocore_sign(
        method="POST",
        url="https://sts.us-east-1.amazonaws.com/?b=1&a=2",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=BODY,
        credentials=TEMPORARY,
        region="us-east-1",
        service="sts",
        now=NOW,
    )
    request = SignedRequest(
        method="POST",
        target="/?b=1&a=2",
        headers=[
            ("host", "sts.us-east-1.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        body=BODY,
    )
    assert dict(signed(request, TEMPORARY).headers)["Authorization"] == dict(theirs.headers)["Authorization"]


def test_a_declared_hash_must_be_that_of_the_body() -> None:
    """A declared SHA-256 is signed like any header, and the body that arrives is hashed."""
    request = SignedRequest(method="POST", target="/", headers=[("Host", "sts")], body=BODY)
    with pytest.raises(SignatureMismatch):
        verify(signed(request, LASTING, payload_hash="0" * 64), lookup=knows(LASTING), now=NOW, service="sts")
