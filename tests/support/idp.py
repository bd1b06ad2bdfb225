"""OpenID Connect providers as real processes on loopback: npm's oidc-provider, and moto's Cognito."""

import base64
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from botocore.config import Config

from support.stack import environment, free_port, stop, wait_until_ready
from support.tools import needs

FOLDER = Path(__file__).resolve().parents[1] / "peers"
CLIENTS = {"RS256": "client-rs256", "ES256": "client-es256"}
SECRET = "secret-of-a-test-client"
AUDIENCE = "https://scribepass.example.com"
LEAST_NODE = 20


def peers(package: str = "oidc-provider") -> Path:
    """The folder of programs of others, with ``package`` installed.

    Where they are not the test is skipped, and says what to do; under CI it fails.
    """
    told = subprocess.run([needs("node"), "--version"], capture_output=True, text=True, check=True).stdout
    if int(told.strip().lstrip("v").split(".")[0]) < LEAST_NODE:
        _missing(f"node is {told.strip()}; the programs in tests/peers need {LEAST_NODE} or later")
    if not (FOLDER / "node_modules" / package).is_dir():
        _missing(f"{package} is not installed (npm ci --prefix tests/peers)")
    return FOLDER


def _missing(message: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An oidc-provider that listens. Its keys are its own, made when it started."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def jwks_uri(self) -> str:
        return f"{self.issuer}/jwks"

    def token(self, algorithm: str = "RS256", *, scope: str = "transcribe", audience: str = AUDIENCE) -> str:
        """An access token for the client that has tokens of this algorithm, by its credentials."""
        asked = {"grant_type": "client_credentials", "scope": scope, "resource": audience}
        basic = base64.b64encode(f"{CLIENTS[algorithm]}:{SECRET}".encode()).decode()
        request = urllib.request.Request(
            f"{self.issuer}/token",
            data=urllib.parse.urlencode(asked).encode(),
            headers={"Authorization": f"Basic {basic}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["access_token"])

    def toml(self, *, name: str = "corp") -> str:
        """Its entry in an issuers file."""
        return (
            f'[issuers.{name}]\nissuer = "{self.issuer}"\njwks_uri = "{self.jwks_uri}"\n'
            f'audience = ["{AUDIENCE}"]\nalgorithms = ["RS256", "ES256"]\nrequired_scopes = ["transcribe"]\n'
        )


@contextmanager
def oidc_provider(folder: Path, *, port: int = 0) -> Iterator[Provider]:
    """One that runs until the block ends; at a ``port`` where another was, it is the same with other keys."""
    program = peers() / "oidc-provider.mjs"
    output = folder / "oidc-provider.log"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [needs("node"), str(program), str(port)], stdout=subprocess.PIPE, stderr=sink, env=environment()
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, output.read_text(errors="replace")
            yield Provider(process=process, port=json.loads(line)["port"])
        finally:
            stop(process)
            assert process.stdout is not None
            process.stdout.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cognito:
    """A user pool of moto's, with one user."""

    issuer: str
    jwks_uri: str
    client_id: str
    tokens: Mapping[str, Any]


@contextmanager
def cognito(folder: Path) -> Iterator[Cognito]:
    """A Cognito of moto with a pool, a client and a signed-in user, until the block ends."""
    port, output = free_port(), folder / "moto.log"
    url = f"http://127.0.0.1:{port}"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=sink,
            stderr=sink,
            env=environment(),
        )
        try:
            wait_until_ready(f"{url}/moto-api/", process, output)
            yield _signed_in(url)
        finally:
            stop(process)


def _signed_in(url: str) -> Cognito:
    client = boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        config=Config(retries={"max_attempts": 1}),
    )
    pool = client.create_user_pool(PoolName="pool")["UserPool"]["Id"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    made = client.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    client_id = made["UserPoolClient"]["ClientId"]
    client.admin_create_user(UserPoolId=pool, Username="user-7", TemporaryPassword="Temporary-1!")
    client.admin_set_user_password(UserPoolId=pool, Username="user-7", Password="Password-1!", Permanent=True)
    signed_in = client.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "user-7", "PASSWORD": "Password-1!"},
    )
    client.close()
    return Cognito(
        issuer=f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}",
        jwks_uri=f"{url}/{pool}/.well-known/jwks.json",
        client_id=client_id,
        tokens=signed_in["AuthenticationResult"],
    )
