"""What conditions can ask of a request, and of who signed it."""

from datetime import UTC, datetime

from scribepass.local.contexts import context_of
from scribepass.local.keys import Keys, Principal
from scribepass.sigv4 import SignedRequest
from support.streaming import STATIC

REQUEST = SignedRequest(
    method="GET",
    target="/",
    headers=[("User-Agent", "Boto3/1"), ("REFERER", "https://example.com/"), ("host", "x")],
)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SESSION = Principal(
    arn="arn:aws:sts::123456789012:assumed-role/vending/me",
    user_id="AROAEXAMPLE:me",
    role="arn:aws:iam::123456789012:role/team/vending",
    source_identity="alice",
    tags=(("Team", "red"),),
    issued_at=1_768_478_400,
)

OF_A_SESSION = {
    "aws:PrincipalArn": ("arn:aws:iam::123456789012:role/team/vending",),
    "aws:PrincipalAccount": ("123456789012",),
    "aws:PrincipalType": ("AssumedRole",),
    "aws:userid": ("AROAEXAMPLE:me",),
    "aws:username": (),
    "aws:SourceIdentity": ("alice",),
    "aws:PrincipalTag/team": ("red",),
    "aws:TokenIssueTime": ("2026-01-15T12:00:00+00:00",),
    "aws:MultiFactorAuthPresent": ("false",),
    "aws:UserAgent": ("Boto3/1",),
    "aws:Referer": ("https://example.com/",),
    "aws:SourceIp": ("192.0.2.1",),
    "aws:RequestedRegion": ("eu-west-1",),
    "aws:SecureTransport": ("true",),
    "aws:CurrentTime": ("2026-01-15T12:00:00+00:00",),
    "aws:EpochTime": ("1768478400",),
    "sts:ExternalId": ("tenant-7",),
    "sts:RoleSessionName": (),
    "aws:SourceVpc": None,
}


def test_a_session() -> None:
    """A role's session is known by its role, and by what was said when it was made."""
    context = context_of(
        REQUEST,
        SESSION,
        source_ip="192.0.2.1",
        region="eu-west-1",
        now=NOW,
        secure_transport=True,
        further={"sts:externalid": ("tenant-7",)},
    )
    assert {key: context.values(key) for key in OF_A_SESSION} == OF_A_SESSION


def test_a_user() -> None:
    """Who signs with a lasting key has a name, and no time of issue."""
    context = context_of(REQUEST, Keys().principal(STATIC), source_ip="::1", region=None, now=NOW)
    assert context.values("aws:username") == ("scribepass",)
    assert context.values("aws:PrincipalArn") == ("arn:aws:iam::123456789012:user/scribepass",)
    assert context.values("aws:PrincipalType") == ("User",)
    for absent in ("aws:TokenIssueTime", "aws:MultiFactorAuthPresent", "aws:RequestedRegion"):
        assert context.values(absent) == ()


def test_nobody() -> None:
    """Of a request without a signature only what is seen of it is known."""
    context = context_of(REQUEST, None, source_ip="::1", region=None, now=NOW)
    assert context.values("aws:PrincipalArn") == ()
    assert context.values("aws:SourceIp") == ("::1",)
