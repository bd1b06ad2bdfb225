"""Oidc against what others issue: npm's oidc-provider and moto's Cognito, as real processes."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from scribepass.callers.good_keys import Pace
from scribepass.callers.issuers import read_issuers
from scribepass.callers.oidc import Oidc
from scribepass.errors import Unauthenticated
from support.idp import CLIENTS, cognito, oidc_provider
from support.logs import captured
from support.tokens import bearer, key, token

pytestmark = pytest.mark.usefixtures("socket_enabled")

COOLDOWN = 2.0

Make = Callable[..., Oidc]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Oidc] = []

    def one(toml: str, pace: Pace | None = None) -> Oidc:
        path = tmp_path / "issuers.toml"
        path.write_text(toml)
        made.append(Oidc(read_issuers(path, local=True), clock=lambda: datetime.now(UTC), pace=pace))
        return made[-1]

    yield one
    for each in made:
        each.close()


def caller_id(oidc: Oidc, text: str) -> str | None:
    """Who it is; None if the token is refused."""
    try:
        caller = oidc.authenticate(bearer(text))
    except Unauthenticated:
        return None
    return caller.id if caller else None


def test_tokens_of_oidc_provider(make: Make, tmp_path: Path) -> None:
    """RS256 and ES256 by client credentials; without the scope, or for another audience, refused."""
    with oidc_provider(tmp_path) as provider:
        oidc = make(provider.toml())
        for algorithm, client in CLIENTS.items():
            assert caller_id(oidc, provider.token(algorithm)) == f"corp|{client}"
        with captured("info") as lines:
            assert caller_id(oidc, provider.token(scope="other")) is None
            assert caller_id(oidc, provider.token(scope="no-such-scope")) is None
            assert caller_id(oidc, provider.token(audience="https://other.example.com")) is None
        assert [each["reason"] for each in lines.named("token_refused")] == ["scope", "scope", "audience"]


def test_known_keys_work_without_oidc_provider_and_new_ones_after_its_return(
    make: Make, tmp_path: Path
) -> None:
    """Killed, it is not missed. Back with other keys, its new tokens are good within the cool-down."""
    pace = Pace(refresh=3600, cooldown=COOLDOWN)
    with oidc_provider(tmp_path) as provider:
        oidc = make(provider.toml(), pace)
        old = provider.token()
        assert caller_id(oidc, old)
        provider.process.kill()
        provider.process.wait()
    stranger = token(
        {**jwt.get_unverified_header(old), "kid": "random"},
        jwt.decode(old, options={"verify_signature": False}),
        private=key(),
        algorithm="RS256",
    )
    for _ in range(20):
        assert caller_id(oidc, old)
        assert caller_id(oidc, stranger) is None
    with oidc_provider(tmp_path, port=provider.port) as again:
        new = again.token()
        returned = time.monotonic()
        while not caller_id(oidc, new):
            assert time.monotonic() - returned < COOLDOWN + 8
            time.sleep(0.05)
        assert caller_id(oidc, old) is None


def test_tokens_of_cognito(make: Make, tmp_path: Path) -> None:
    """Its access token is accepted by client and token_use; its ID token, of the same key, is not."""
    with cognito(tmp_path) as pool:
        rules = (
            f'[issuers.pool]\nissuer = "{pool.issuer}"\njwks_uri = "{pool.jwks_uri}"\ntoken_use = "access"\n'
        )
        access, id_token = pool.tokens["AccessToken"], pool.tokens["IdToken"]
        typ = jwt.get_unverified_header(access).get("typ", "absent")
        oidc = make(f'{rules}client_ids = ["{pool.client_id}"]\ntyp = ["{typ}"]\n')
        sub = jwt.decode(access, options={"verify_signature": False})["sub"]
        assert caller_id(oidc, access) == f"pool|{sub}"
        assert caller_id(oidc, id_token) is None
        assert caller_id(make(f'{rules}client_ids = ["another"]\ntyp = ["{typ}"]\n'), access) is None
