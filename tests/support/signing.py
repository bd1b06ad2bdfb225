"""Other people's signers, and what a signed URL looks like to the server that receives it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from awscrt import auth, http
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from scribepass.errors import UnknownKey
from scribepass.sigv4 import Credentials, SignedRequest

WEB_SCHEME = {"wss": "https", "ws": "http", "https": "https", "http": "http"}


def as_received(
    url: str, *, headers: Sequence[tuple[str, str]] = (), method: str = "GET", body: bytes = b""
) -> SignedRequest:
    """The request that a client makes of a URL."""
    parts = urlsplit(url)
    target = url.split(parts.netloc, 1)[1]
    return SignedRequest(method=method, target=target, headers=[("Host", parts.netloc), *headers], body=body)


def knows(*known: Credentials) -> Callable[[str, str | None], Credentials]:
    """A key lookup over a few credentials."""

    def lookup(access_key_id: str, session_token: str | None) -> Credentials:
        for credentials in known:
            if (credentials.access_key_id, credentials.session_token) == (access_key_id, session_token):
                return credentials
        raise UnknownKey("no such access key")

    return lookup


def _for_botocore(credentials: Credentials) -> ReadOnlyCredentials:
    return ReadOnlyCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )


class _At:
    """botocore's ``add_auth``, with the time as an argument."""

    def sign_at(self, request: AWSRequest, now: datetime) -> None:
        request.context["timestamp"] = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


class _QueryAuthAt(_At, SigV4QueryAuth):
    pass


class _AuthAt(_At, SigV4Auth):
    pass


def botocore_presign(
    url: str,
    *,
    credentials: Credentials,
    region: str,
    service: str = "transcribe",
    now: datetime,
    expires: int,
) -> str:
    """The URL that botocore's SigV4QueryAuth signs, with its scheme put back."""
    scheme, rest = url.split("://", 1)
    request = AWSRequest("GET", f"{WEB_SCHEME[scheme]}://{rest}")
    signer = _QueryAuthAt(_for_botocore(credentials), service, region, expires=expires)
    signer.sign_at(request, now)
    return f"{scheme}://{request.url.split('://', 1)[1]}"


def botocore_sign(
    *,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
) -> SignedRequest:
    """A request with the Authorization header that botocore's SigV4Auth adds, as it is received."""
    request = AWSRequest(method, url, headers=headers, data=body)
    _AuthAt(_for_botocore(credentials), service, region).sign_at(request, now)
    return as_received(request.url, headers=list(request.headers.items()), method=method, body=body)


def awscrt_presign(
    url: str,
    *,
    credentials: Credentials,
    region: str,
    service: str = "transcribe",
    now: datetime,
    expires: int,
) -> str:
    """The URL that awscrt's signer signs."""
    received = as_received(url)
    request = http.HttpRequest("GET", received.target, http.HttpHeaders(list(received.headers)))
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        ),
        region=region,
        service=service,
        date=now,
        expiration_in_seconds=expires,
    )
    signed = auth.aws_sign_request(request, config).result()
    return url.split(received.target, 1)[0] + signed.path
