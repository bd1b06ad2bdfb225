"""One presigned URL: ours, botocore's and awscrt's."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from awscrt import auth, http
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from scribepass.sigv4 import Credentials, Presigner

REGION = "us-east-1"
HOST = f"transcribestreaming.{REGION}.amazonaws.com:8443"
TOKEN = "FwoGZXIvYXdzEBYaD/+=" * 50
KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def urls(scheme: str) -> Iterator[str]:
    """URLs as the service makes them, each with a session id of its own, made before the clock runs."""
    parameters = {
        "language-code": "en-US",
        "media-encoding": "pcm",
        "sample-rate": "16000",
        "vocabulary-name": "products",
        "enable-partial-results-stabilization": "true",
    }
    base = f"{scheme}://{HOST}/stream-transcription-websocket?{urlencode(parameters)}"
    return itertools.cycle([f"{base}&session-id={UUID(int=number)}" for number in range(1000)])


def ours() -> Callable[[], object]:
    presigner = Presigner(
        Credentials(access_key_id=KEY[0], secret_access_key=KEY[1], session_token=TOKEN), region=REGION
    )
    each = urls("wss")
    return lambda: presigner.presign(next(each), now=NOW, expires=60)


def botocore() -> Callable[[], object]:
    signer = SigV4QueryAuth(BotocoreCredentials(*KEY, TOKEN), "transcribe", REGION, expires=60)
    each = urls("https")

    def call() -> object:
        request = AWSRequest(method="GET", url=next(each), headers={"host": HOST})
        signer.add_auth(request)
        return request.url

    return call


def awscrt() -> Callable[[], object]:
    config = {
        "algorithm": auth.AwsSigningAlgorithm.V4,
        "signature_type": auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        "credentials_provider": auth.AwsCredentialsProvider.new_static(*KEY, TOKEN),
        "region": REGION,
        "service": "transcribe",
        "date": NOW,
        "expiration_in_seconds": 60,
    }
    each = urls("https")

    def call() -> object:
        path = next(each).split(HOST, 1)[1]
        request = http.HttpRequest("GET", path, http.HttpHeaders([("host", HOST)]))
        return auth.aws_sign_request(request, auth.AwsSigningConfig(**config)).result().path

    return call


def races(race: Callable[..., Any]) -> list[Any]:
    return [
        race(
            title="presign one URL (1,000-character session token, a new session id each time)",
            ours="scribepass Presigner",
            contestants={
                "scribepass Presigner": ours(),
                "botocore SigV4QueryAuth": botocore(),
                "awscrt aws_sign_request": awscrt(),
            },
            wanted={"botocore SigV4QueryAuth": 10, "awscrt aws_sign_request": 2},
        )
    ]
