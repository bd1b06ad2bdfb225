"""The project's own vectors, which other languages read too."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scribepass.errors import SignatureMismatch, SignatureRejected
from scribepass.sigv4 import Credentials, SignedRequest, presign, verify
from scribepass.sigv4.canonical import amz_date, credential_scope, signature, signing_key, string_to_sign
from support.signing import as_received, awscrt_presign, botocore_presign, knows

FOLDER = Path(__file__).parents[1] / "vectors" / "presign"


def names(kind: str) -> list[str]:
    return sorted(path.stem for path in FOLDER.glob(f"{kind}_*.json"))


def load(name: str) -> tuple[dict[str, Any], Credentials, dict[str, Any]]:
    case = json.loads((FOLDER / f"{name}.json").read_text())
    credentials = Credentials(
        access_key_id=case["access_key_id"],
        secret_access_key=case["secret_access_key"],
        session_token=case["session_token"],
    )
    scope = {"region": case["region"], "service": case["service"], "now": datetime.fromisoformat(case["now"])}
    return case, credentials, scope


def test_every_file_is_read() -> None:
    """No vector is there for nothing."""
    files = {path.stem for path in FOLDER.glob("*.json")}
    assert files == {*names("valid"), *names("refused"), *names("rejected")}
    assert len(names("valid")) >= 20
    assert len(names("refused")) >= 10
    assert len(names("rejected")) >= 10


@pytest.mark.parametrize("name", names("valid"))
def test_valid(name: str) -> None:
    """Each stage is the vector's, and the result verifies."""
    case, credentials, scope = load(name)
    url = presign(case["url"], credentials=credentials, expires=case["expires"], **scope)
    assert url == case["signed_url"]
    stranger = Credentials(
        access_key_id=credentials.access_key_id,
        secret_access_key="x",
        session_token=credentials.session_token,
    )
    with pytest.raises(SignatureMismatch) as caught:
        verify(as_received(url), lookup=knows(stranger), **scope)
    assert caught.value.canonical_request == case["canonical_request"]
    timestamp = amz_date(scope["now"])
    place = {"date": timestamp[:8], "region": scope["region"], "service": scope["service"]}
    text = string_to_sign(
        timestamp=timestamp, scope=credential_scope(**place), request=case["canonical_request"]
    )
    assert text == case["string_to_sign"]
    key = signing_key(credentials.secret_access_key, **place)
    assert key.hex() == case["signing_key"]
    assert signature(key, text) == case["signature"]
    assert verify(as_received(url), lookup=knows(credentials), **scope).signature == case["signature"]


@pytest.mark.parametrize("name", names("valid"))
def test_valid_for_others_too(name: str) -> None:
    """Both botocore and awscrt sign the same: the vectors are not only our opinion.

    They are given the signed URL without its signature's parameters, because they refuse, keep or read
    as spaces some characters that should have been encoded.
    """
    case, credentials, scope = load(name)
    base, _, query = case["signed_url"].partition("?")
    pieces = [piece for piece in query.split("&") if not piece.startswith("X-Amz-")]
    url = f"{base}?{'&'.join(pieces)}"
    for signer in (botocore_presign, awscrt_presign):
        theirs = signer(url, credentials=credentials, expires=case["expires"], **scope)
        assert theirs.rpartition("=")[2] == case["signature"]


@pytest.mark.parametrize("name", names("refused"))
def test_refused(name: str) -> None:
    """The signer refuses, and its words do not quote the URL."""
    case, credentials, scope = load(name)
    with pytest.raises(ValueError, match=r"expires|parameter|URL|percent|utf-8") as caught:
        presign(case["url"], credentials=credentials, expires=case["expires"], **scope)
    assert "604800" not in str(caught.value)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("name", names("rejected"))
def test_rejected(name: str) -> None:
    """The verifier refuses with the error that the vector names."""
    case, credentials, scope = load(name)
    request = SignedRequest(
        method=case["method"],
        target=case["target"],
        headers=[(name, value) for name, value in case["headers"]],
    )
    with pytest.raises(SignatureRejected) as caught:
        verify(request, lookup=lambda *_: credentials, **scope)
    assert caught.value.code == case["code"]
