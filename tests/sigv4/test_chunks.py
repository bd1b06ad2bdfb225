"""Signed events: one chain, two roles."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from amazon_transcribe.auth import Credentials as TheirCredentials
from amazon_transcribe.eventstream import EventSigner

from scribepass.errors import SignatureExpired, SignatureMismatch, SignatureNotYetValid
from scribepass.sigv4 import ChunkSigner, ChunkVerifier, Credentials
from support.shared import shared

CREDENTIALS = Credentials(
    access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)
SEED = "a96952b727690c550689d57f3e52961763725cefd32cc18f04e7e68d09f2ec54"
DATE = datetime(2026, 1, 15, 12, 0, 1, 250000, tzinfo=UTC)


def signer() -> ChunkSigner:
    return ChunkSigner(CREDENTIALS, region="us-east-1", seed_signature=SEED)


def verifier() -> ChunkVerifier:
    return ChunkVerifier(CREDENTIALS, region="us-east-1", seed_signature=SEED)


def test_the_worked_example() -> None:
    """The signature that the JavaScript SDK and a recomputation by hand agree on, and that of the end."""
    frames = json.loads(shared("reference/transcribe_facts.json").read_text())["test_vectors"]["frames"]
    date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=frames["signed_wrapper_date_ms"])
    assert date == DATE
    chain = signer()
    audio = bytes.fromhex(frames["audio_8_bytes_0100020003000400"])
    assert chain.sign(date=date, payload=audio).hex() == frames["signed_wrapper_chunk_signature"]
    assert chain.sign(date=date, payload=b"").hex() in frames["signed_end_frame"]


DATES = {
    "in order": [DATE + timedelta(seconds=number) for number in range(4)],
    "over midnight": [datetime(2026, 1, 15, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=n) for n in range(4)],
    "below a millisecond": [DATE + timedelta(microseconds=999 * number) for number in range(4)],
}


@pytest.mark.parametrize("dates", DATES.values(), ids=DATES)
def test_the_chain_of_amazon_transcribe(dates: list[datetime]) -> None:
    """Event for event the signatures of amazon-transcribe's signer."""
    clock = iter(dates)
    theirs = EventSigner("transcribe", "us-east-1", utc_now=lambda: next(clock))
    secret = TheirCredentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    ours, prior = signer(), bytes.fromhex(SEED)
    for number, date in enumerate(dates):
        payload = b"\x00\x01" * number
        prior = theirs.sign(payload, prior, secret)[":chunk-signature"]
        assert ours.sign(date=date, payload=payload) == prior


@pytest.mark.parametrize("dates", DATES.values(), ids=DATES)
def test_what_is_signed_verifies(dates: list[datetime]) -> None:
    """A whole chain passes, ended by an empty payload, each event with the scope of its own date."""
    ours, theirs = signer(), verifier()
    for date, payload in zip(dates, (b"one", b"two", b"three", b""), strict=True):
        theirs.verify(date=date, signature=ours.sign(date=date, payload=payload), payload=payload, now=date)


def test_the_date_counts_in_milliseconds() -> None:
    """What the ``:date`` header cannot hold is not signed."""
    later = DATE + timedelta(microseconds=999)
    assert signer().sign(date=later, payload=b"") == signer().sign(date=DATE, payload=b"")


Change = Callable[[datetime, bytes, bytes], tuple[datetime, bytes, bytes]]
CHANGES: dict[str, Change] = {
    "payload": lambda date, signature, payload: (date, signature, payload + b"\0"),
    "date": lambda date, signature, payload: (date + timedelta(milliseconds=1), signature, payload),
    "signature": lambda date, signature, payload: (date, bytes([signature[0] ^ 1]) + signature[1:], payload),
    "short signature": lambda date, signature, payload: (date, signature[:31], payload),
    "no signature": lambda date, _, payload: (date, b"", payload),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_event_is_refused_and_the_chain_stays(change: Change) -> None:
    """Any change is a mismatch that shows the string to sign; the true event is accepted afterwards."""
    signature, chain = signer().sign(date=DATE, payload=b"audio"), verifier()
    date, changed, payload = change(DATE, signature, b"audio")
    with pytest.raises(SignatureMismatch) as caught:
        chain.verify(date=date, signature=changed, payload=payload, now=DATE)
    assert caught.value.canonical_request.startswith(
        "AWS4-HMAC-SHA256-PAYLOAD\n20260115T120001Z\n20260115/us-east-1/"
    )
    chain.verify(date=DATE, signature=signature, payload=b"audio", now=DATE)


@pytest.mark.parametrize(
    "other",
    [
        ChunkVerifier(CREDENTIALS, region="us-east-2", seed_signature=SEED),
        ChunkVerifier(CREDENTIALS, region="us-east-1", service="transcribf", seed_signature=SEED),
        ChunkVerifier(CREDENTIALS, region="us-east-1", seed_signature="0" * 64),
        ChunkVerifier(
            Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="another"),
            region="us-east-1",
            seed_signature=SEED,
        ),
    ],
    ids=["region", "service", "seed", "secret"],
)
def test_another_stream_is_refused(other: ChunkVerifier) -> None:
    """A chain holds for one request of one key in one region."""
    with pytest.raises(SignatureMismatch):
        other.verify(date=DATE, signature=signer().sign(date=DATE, payload=b"a"), payload=b"a", now=DATE)


def test_events_that_are_dropped_repeated_or_swapped_are_refused() -> None:
    """Each signature covers the one before."""
    chain = signer()
    first = chain.sign(date=DATE, payload=b"1")
    second = chain.sign(date=DATE, payload=b"2")
    theirs = verifier()
    with pytest.raises(SignatureMismatch):
        theirs.verify(date=DATE, signature=second, payload=b"2", now=DATE)
    theirs.verify(date=DATE, signature=first, payload=b"1", now=DATE)
    with pytest.raises(SignatureMismatch):
        theirs.verify(date=DATE, signature=first, payload=b"1", now=DATE)
    theirs.verify(date=DATE, signature=second, payload=b"2", now=DATE)


def test_five_minutes_either_way() -> None:
    """An event is refused when its date and the clock are further apart than AWS allows."""
    signature, chain = signer().sign(date=DATE, payload=b""), verifier()
    minutes, instant = timedelta(minutes=5), timedelta(microseconds=1)
    with pytest.raises(SignatureExpired) as late:
        chain.verify(date=DATE, signature=signature, payload=b"", now=DATE + minutes + instant)
    assert late.value.expired_at == DATE + minutes
    with pytest.raises(SignatureNotYetValid) as early:
        chain.verify(date=DATE, signature=signature, payload=b"", now=DATE - minutes - instant)
    assert early.value.valid_from == DATE
    chain.verify(date=DATE, signature=signature, payload=b"", now=DATE + minutes)
    again = verifier()
    again.verify(date=DATE, signature=signature, payload=b"", now=DATE - minutes)


@pytest.mark.parametrize("seed", ["", SEED[:63], SEED.upper(), f"{SEED}\n", "g" * 64])
def test_the_seed_is_the_signature_of_a_request(seed: str) -> None:
    """64 lower-case hexadecimal digits."""
    with pytest.raises(ValueError, match="hexadecimal"):
        ChunkSigner(CREDENTIALS, region="us-east-1", seed_signature=seed)


def test_a_chain_shows_nothing() -> None:
    """Neither role shows its key or a signature."""
    for chain in (signer(), verifier()):
        chain_text = repr(chain)
        assert SEED not in chain_text
        assert CREDENTIALS.secret_access_key not in chain_text


def test_dates_before_the_epoch_are_signed() -> None:
    """Milliseconds are a signed integer, rounded down."""
    early = datetime(1969, 12, 31, 23, 59, 59, 999500, tzinfo=UTC)
    floor = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert signer().sign(date=early, payload=b"") == signer().sign(date=floor, payload=b"")
