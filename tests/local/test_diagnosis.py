"""What a client did otherwise than it should, found by its own signature."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest

from scribepass.local.diagnosis import Diagnosis, diagnose, lines_of
from scribepass.sigv4 import Credentials, SignedRequest, canonical
from support.signing import as_received, botocore_presign, knows

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+with=padding=="
KEY = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token=TOKEN,
)
HOST = "127.0.0.1:8444"
AWS = "transcribestreaming.us-east-1.amazonaws.com:8443"
PATH = "/stream-transcription-websocket"
STREAM = [
    ("language-options", "en-US,es-US"),
    ("media-encoding", "pcm"),
    ("sample-rate", "16000"),
    ("vocabulary-name", "my words"),
]

Spell = Callable[[str], str]


def encoded(value: str) -> str:
    return quote(value, safe="")


def signed(
    *,
    host: str = HOST,
    path: str = PATH,
    method: str = "GET",
    spell: Spell = encoded,
    order: Callable[[Iterable[tuple[str, str]]], list[tuple[str, str]]] = sorted,
    left_out: str = "",
    payload_hash: str = canonical.EMPTY_SHA256,
    sent_path: str = PATH,
) -> SignedRequest:
    """A request whose client has signed something else than what it sends, written from AWS's description."""
    scope = f"20261130/us-east-1/transcribe/{canonical.TERMINATOR}"
    pairs = [
        *STREAM,
        ("X-Amz-Algorithm", canonical.ALGORITHM),
        ("X-Amz-Credential", f"{KEY.access_key_id}/{scope}"),
        ("X-Amz-Date", "20261130T120000Z"),
        ("X-Amz-Expires", "60"),
        ("X-Amz-Security-Token", TOKEN),
        ("X-Amz-SignedHeaders", "host"),
    ]
    query = "&".join(f"{encoded(name)}={spell(value)}" for name, value in order(pairs) if name != left_out)
    text = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\n{payload_hash}"
    key = canonical.signing_key(
        KEY.secret_access_key, date="20261130", region="us-east-1", service="transcribe"
    )
    signature = canonical.signature(
        key, canonical.string_to_sign(timestamp="20261130T120000Z", scope=scope, request=text)
    )
    sent = "&".join(f"{name}={encoded(value)}" for name, value in pairs)
    target = f"{sent_path}?{sent}&X-Amz-Signature={signature}"
    return SignedRequest(method="GET", target=target, headers=[("Host", HOST)])


MISTAKES = {
    "no port": ({"host": "127.0.0.1"}, "the host was signed without its port"),
    "another name": (
        {"host": "localhost:8444"},
        "localhost:8444 was signed, and the request was sent to 127.0.0.1:8444",
    ),
    "signed for AWS": (
        {"host": AWS},
        f"{AWS} was signed, and the request was sent to 127.0.0.1:8444",
    ),
    "order": ({"order": list}, "the query was signed as it was sent, not in its canonical form"),
    "slashes": (
        {"spell": lambda value: quote(value, safe="/")},
        "slashes in values were not percent-encoded",
    ),
    "commas": ({"spell": lambda value: quote(value, safe=",")}, "commas in values were not percent-encoded"),
    "blanks": ({"spell": quote_plus}, "blanks in values were signed as plus signs"),
    "twice": ({"spell": lambda value: encoded(encoded(value))}, "values were percent-encoded twice"),
    "raw": ({"spell": str}, "values were not percent-encoded"),
    "method": ({"method": "POST"}, "POST was signed, GET was sent"),
    "payload": ({"payload_hash": "UNSIGNED-PAYLOAD"}, "UNSIGNED-PAYLOAD was signed for the body"),
    "added later": ({"left_out": "vocabulary-name"}, "vocabulary-name was not signed"),
    "token added later": ({"left_out": "X-Amz-Security-Token"}, "X-Amz-Security-Token was not signed"),
    "path": (
        {"path": f"/.{PATH}", "sent_path": f"/.{PATH}"},
        "the path was signed as it was sent, not in its canonical form",
    ),
    "reversed": ({"order": lambda pairs: sorted(pairs, reverse=True)}, None),
}  # fmt: skip


@pytest.mark.parametrize(("mistake", "because"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(mistake: dict[str, object], because: str | None) -> None:
    """What the client signed is found among what clients are known to sign, or it is said that it is not."""
    diagnosis = diagnose(signed(**mistake), lookup=knows(KEY))  # type: ignore[arg-type]
    assert diagnosis is not None
    assert diagnosis.because == because
    assert diagnosis.ours != diagnosis.theirs or because is None
    assert TOKEN not in diagnosis.ours + diagnosis.theirs
    assert encoded(TOKEN) not in diagnosis.ours + diagnosis.theirs


def test_the_lines_that_differ() -> None:
    """Of a host without its port one line differs, and the query has a line for each parameter."""
    diagnosis = diagnose(signed(host="127.0.0.1"), lookup=knows(KEY))
    assert isinstance(diagnosis, Diagnosis)
    ours, theirs = lines_of(diagnosis.ours), lines_of(diagnosis.theirs)
    assert [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]] == [
        ("host:127.0.0.1:8444", "host:127.0.0.1")
    ]
    assert {"X-Amz-Security-Token=[redacted]", "sample-rate=16000"} <= set(ours)


def test_another_secret_has_no_explanation() -> None:
    """Then the request is shown as it came, without its signature."""
    request = signed()
    other = Credentials(access_key_id=KEY.access_key_id, secret_access_key="another", session_token=TOKEN)
    diagnosis = diagnose(request, lookup=knows(other))
    assert diagnosis is not None
    assert diagnosis.because is None
    assert request.target.rpartition("=")[2] not in diagnosis.theirs + repr(diagnosis)
    assert "X-Amz-Security-Token=[redacted]" in diagnosis.theirs


def test_nothing_to_say() -> None:
    """Of a signature that holds, of one that cannot be read, of a key that nobody knows."""
    assert diagnose(signed(), lookup=knows(KEY)) is None
    assert diagnose(signed(), lookup=knows()) is None
    assert diagnose(SignedRequest(method="GET", target="/", headers=[]), lookup=knows(KEY)) is None


def test_botocore_signed_for_aws() -> None:
    """A URL of another signer whose host was replaced: the commonest mistake of all."""
    url = botocore_presign(
        f"wss://{AWS}{PATH}?language-code=en-US", credentials=KEY, region="us-east-1", now=NOW, expires=60
    )
    here = url.replace(f"wss://{AWS}", f"ws://{HOST}")
    diagnosis = diagnose(as_received(here), lookup=knows(KEY))
    assert diagnosis is not None
    assert diagnosis.because is not None
    assert diagnosis.because.startswith(f"{AWS} was signed")
