"""A presigned URL whose query means anything else is refused."""

import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from scribepass.errors import SignatureRejected
from scribepass.sigv4 import Credentials, SignedRequest, presign, verify
from support.signing import as_received, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CREDENTIALS = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token="IQoJb3JpZ2lu/TOKEN+WITH==" * 4,
)
URL = presign(
    "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket"
    "?language-code=en-US&media-encoding=pcm&sample-rate=16000&show-speaker-label=true"
    "&vocabulary-name=caf%C3%A9&pii-entity-types=NAME%2CADDRESS"
    "&session-id=8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30",
    credentials=CREDENTIALS,
    region="us-east-1",
    now=NOW,
    expires=60,
)
RECEIVED = as_received(URL)
PATH, _, QUERY = RECEIVED.target.partition("?")
PIECES = QUERY.split("&")
ALPHABET = string.ascii_letters + string.digits + "-._~%=&+/ ,;:#?é\x00"
MUTATIONS = 1000


def meaning(query: str) -> list[tuple[str, str]]:
    """The parameters, by another decoder than ours; their order and spelling mean nothing."""
    return sorted(parse_qsl(query, keep_blank_values=True))


def one_character(chance: random.Random) -> str:
    place = chance.randrange(len(QUERY))
    return QUERY[:place] + chance.choice(ALPHABET) + QUERY[place + 1 :]


def one_more(chance: random.Random) -> str:
    place = chance.randrange(len(QUERY) + 1)
    return QUERY[:place] + chance.choice(ALPHABET) + QUERY[place:]


def one_less(chance: random.Random) -> str:
    place = chance.randrange(len(QUERY))
    return QUERY[:place] + QUERY[place + 1 :]


def added(chance: random.Random) -> str:
    name = chance.choice(["specialty", "x-amz-expires", "X-Amz-Foo", "a", "language-model-name", ""])
    return "&".join([*PIECES, f"{name}={chance.choice(['', '1', 'true', '604800'])}"])


def dropped(chance: random.Random) -> str:
    kept = list(PIECES)
    del kept[chance.randrange(len(kept))]
    return "&".join(kept)


def repeated(chance: random.Random) -> str:
    piece = chance.choice(PIECES)
    other = chance.choice([piece, piece.partition("=")[0] + "=", piece + "0"])
    pieces = [*PIECES, other]
    chance.shuffle(pieces)
    return "&".join(pieces)


def another_case(chance: random.Random) -> str:
    place = chance.randrange(len(PIECES))
    name, _, value = PIECES[place].partition("=")
    name, value = chance.choice([(name.swapcase(), value), (name.lower(), value), (name, value.swapcase())])
    return "&".join([*PIECES[:place], f"{name}={value}", *PIECES[place + 1 :]])


def swapped_values(chance: random.Random) -> str:
    first, second = chance.sample(range(len(PIECES)), 2)
    pieces = [piece.partition("=") for piece in PIECES]
    names = [name for name, _, _ in pieces]
    values = [value for _, _, value in pieces]
    values[first], values[second] = values[second], values[first]
    return "&".join(f"{name}={value}" for name, value in zip(names, values, strict=True))


def encoded_again(chance: random.Random) -> str:
    return QUERY.replace("%", "%25", chance.randint(1, 3))


def mutations() -> Iterator[str]:
    chance = random.Random(0x5169)
    kinds = [
        one_character,
        one_more,
        one_less,
        added,
        dropped,
        repeated,
        another_case,
        swapped_values,
        encoded_again,
    ]
    seen: set[str] = set()
    while len(seen) < MUTATIONS:
        kind = chance.choice([one_character, *kinds])
        query = kind(chance)
        if query not in seen and meaning(query) != meaning(QUERY):
            seen.add(query)
            yield query


def refused(query: str) -> bool:
    request = SignedRequest(method="GET", target=f"{PATH}?{query}", headers=RECEIVED.headers)
    try:
        verify(request, lookup=knows(CREDENTIALS), now=NOW, service="transcribe", region="us-east-1")
    except SignatureRejected:
        return True
    return False


def test_the_url_itself_is_accepted() -> None:
    """Otherwise the rest would say nothing."""
    assert not refused(QUERY)


def test_a_thousand_mutations_are_a_thousand_refusals() -> None:
    """Each changes what the query means, and each is refused by a SignatureRejected."""
    tried = list(mutations())
    assert len(set(tried)) == MUTATIONS
    assert [query for query in tried if not refused(query)] == []


def test_every_place_of_the_query_matters() -> None:
    """One other character at each place, one by one."""
    for place, character in enumerate(QUERY):
        query = f"{QUERY[:place]}{'0' if character != '0' else '1'}{QUERY[place + 1 :]}"
        assert refused(query), place


@pytest.mark.parametrize("spelling", ["reversed", "escaped", "lower-case escapes", "empty pieces"])
def test_another_spelling_of_the_same_meaning_is_accepted(spelling: str) -> None:
    """Order and spelling are no meaning: clients differ in both."""
    spelled = {
        "reversed": "&".join(reversed(PIECES)),
        "escaped": QUERY.replace("language-code=en-US", "%6Canguage%2dcode=e%6E%2DUS"),
        "lower-case escapes": QUERY.replace("%2F", "%2f").replace("%C3%A9", "%c3%a9"),
        "empty pieces": f"&{QUERY.replace('&', '&&')}&",
    }[spelling]
    assert meaning(spelled) == meaning(QUERY)
    assert not refused(spelled)
