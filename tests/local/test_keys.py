"""Who may sign: session tokens that carry everything, and cannot be altered."""

from datetime import UTC, datetime, timedelta

import pytest

from scribepass.errors import UnknownKey
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY, Keys, Principal

LATER = datetime(2030, 1, 1, 12, 30, 15, 999_999, tzinfo=UTC)
PRINCIPAL = Principal(
    arn="arn:aws:sts::123456789012:assumed-role/vend/someone",
    user_id="AROA:someone",
    role="arn:aws:iam::123456789012:role/vend",
    session_policy='{"ü": 1}',
    policy_arns=("arn:aws:iam::123456789012:policy/only-streams",),
    source_identity="alice",
    tags=(("Team", "red"), ("cost", "7")),
    transitive=("team",),
    issued_at=1_893_456_000,
)


def test_what_was_issued_is_found_again() -> None:
    """Another server with the same signing secret knows the credentials, and whose they are."""
    issued = Keys(b"secret").issue(PRINCIPAL, expires_at=LATER)
    keys = Keys(b"secret")
    found = keys.lookup(issued.access_key_id, issued.session_token)
    assert found == issued
    assert keys.principal(found) == PRINCIPAL
    assert found.expires_at == LATER.replace(microsecond=0)
    assert (found.access_key_id[:4], len(found.access_key_id), len(found.secret_access_key)) == (
        "ASIA",
        20,
        40,
    )


def test_the_static_pair() -> None:
    """It needs no token, never ends, and is a user's."""
    keys = Keys()
    found = keys.lookup(STATIC_ACCESS_KEY_ID, None)
    assert found.secret_access_key == STATIC_SECRET_ACCESS_KEY
    assert found.expires_at is None
    assert keys.principal(found).arn == "arn:aws:iam::123456789012:user/scribepass"
    assert keys.principal(found).account == "123456789012"


def test_every_character_of_a_token_counts() -> None:
    """Changing any one of them makes it unknown, even where base64 would decode to the same bytes."""
    keys = Keys()
    issued = keys.issue(PRINCIPAL, expires_at=LATER)
    token = issued.session_token
    assert token is not None
    for at, character in enumerate(token):
        other = "A" if character != "A" else "B"
        with pytest.raises(UnknownKey):
            keys.lookup(issued.access_key_id, token[:at] + other + token[at + 1 :])


def test_the_last_character_has_one_spelling() -> None:
    """The unused bits at a token's end cannot be used to make another token of it."""
    keys = Keys()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for length in range(3):  # one of three lengths has no unused bits
        principal = Principal(arn="a:b:c:d:e:f", user_id="x" * length)
        issued = keys.issue(principal, expires_at=LATER)
        token = (issued.session_token or "").rstrip("=")
        padding = "=" * (-len(token) % 4)
        spellings = [token[:-1] + last + padding for last in alphabet]
        known = [spelling for spelling in spellings if _known(keys, issued.access_key_id, spelling)]
        assert known == [issued.session_token]


UNKNOWN = {
    "no such key": ("AKIAIOSFODNN7EXAMPLE", None),
    "a token where none belongs": (STATIC_ACCESS_KEY_ID, "x"),
    "not base64": ("ASIA", "*"),
    "not ASCII": ("ASIA", "ü"),
    "empty": ("ASIA", ""),
    "too long": ("ASIA", "A" * 100_000),
}


@pytest.mark.parametrize(("access_key_id", "token"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(access_key_id: str, token: str | None) -> None:
    """Nothing else opens anything."""
    with pytest.raises(UnknownKey):
        Keys().lookup(access_key_id, token)


def test_a_token_belongs_to_its_key_and_its_server() -> None:
    """Not to another key id, not without itself, not where another secret signs."""
    keys = Keys()
    issued = keys.issue(PRINCIPAL, expires_at=LATER)
    other = keys.issue(PRINCIPAL, expires_at=LATER + timedelta(seconds=1))
    for where, key, token in [
        (keys, other.access_key_id, issued.session_token),
        (keys, issued.access_key_id, None),
        (Keys(), issued.access_key_id, issued.session_token),
    ]:
        with pytest.raises(UnknownKey):
            where.lookup(key, token)


def _known(keys: Keys, access_key_id: str, token: str) -> bool:
    try:
        keys.lookup(access_key_id, token)
    except UnknownKey:
        return False
    return True
