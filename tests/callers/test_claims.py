"""Claims: what is not said on every way to them."""

import pytest

from scribepass.callers.claims import subject_of
from scribepass.callers.refusals import Reason, Refused
from support.clock import START, Clock
from support.tokens import claims, issuer


def test_a_subject_is_an_issuers_own() -> None:
    """Claims of another issuer are refused, whatever chose the issuer."""
    good = claims(Clock())
    assert subject_of(good, issuer=issuer(), now=START) == "user-7"
    with pytest.raises(Refused) as raised:
        subject_of({**good, "iss": "https://evil.example.com"}, issuer=issuer(), now=START)
    assert raised.value.reason is Reason.UNKNOWN_ISSUER
