"""The configuration of a call: which post-call settings are taken."""

from dataclasses import replace
from typing import Any

import pytest

from scribepass.local.configuration import check, location
from scribepass.local.refusals import Refused
from scribepass.transcribe import Configuration, Operation, PostCallAnalyticsSettings, StreamParams, parse

GOOD = PostCallAnalyticsSettings(
    output_location="s3://bucket/calls/", data_access_role_arn="arn:aws:iam::111122223333:role/Admin"
)


def params(**given: object) -> StreamParams:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    base = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16_000}
    return parse(Operation.CALL_ANALYTICS, {**base, **named})


LOCATIONS = {
    "s3://bucket": ("bucket", ""),
    "s3://bucket/": ("bucket", ""),
    "s3://my-bucket.x/folder/": ("my-bucket.x", "folder/"),
    "s3://bucket/a/b/call.json": ("bucket", "a/b/call.json"),
    "https://bucket/x": None,
    "s3://": None,
    "s3://../x": None,
    "s3://Bucket/x": None,
    "s3://bucket/../../etc/": None,
    "s3://bucket/a//b/": None,
    "s3://bucket//": None,
    "s3://bucket/./x": None,
    "s3://bucket/a\\..\\b": None,
    "s3://bucket/a\x00b": None,
    "s3://bucket/" + "x" * 2000: None,
    "bucket/x": None,
}


@pytest.mark.parametrize(("text", "place"), LOCATIONS.items(), ids=range(len(LOCATIONS)))
def test_locations(text: str, place: tuple[str, str] | None) -> None:
    """A bucket, a folder or a file; nothing that a file system could read as a way out of its folder."""
    assert location(text) == place


ACCEPTED: dict[str, tuple[Configuration, dict[str, object]]] = {
    "channels alone": (Configuration(), {}),
    "settings": (Configuration(post_call=GOOD), {}),
    "a role with a path, in China": (
        Configuration(
            post_call=replace(GOOD, data_access_role_arn="arn:aws-cn:iam::111122223333:role/service-role/x")
        ),
        {},
    ),
    "redaction": (
        Configuration(post_call=replace(GOOD, content_redaction_output="redacted")),
        {"content_redaction_type": "PII"},
    ),
    "both": (
        Configuration(post_call=replace(GOOD, content_redaction_output="redacted_and_unredacted")),
        {"content_redaction_type": "PII"},
    ),
}


@pytest.mark.parametrize(("configuration", "given"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(configuration: Configuration, given: dict[str, object]) -> None:
    """What AWS documents."""
    check(configuration, params(**given))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "location": ({"output_location": "bucket"}, "OutputLocation: must be s3://BUCKET"),
    "role": ({"data_access_role_arn": "Admin"}, "DataAccessRoleArn: must be the ARN of a role"),
    "a user": (
        {"data_access_role_arn": "arn:aws:iam::111122223333:user/x"},
        "DataAccessRoleArn: must be the ARN of a role",
    ),
    "redaction output": (
        {"content_redaction_output": "none"},
        "ContentRedactionOutput: must be redacted or redacted_and_unredacted",
    ),
    "redaction without redaction": (
        {"content_redaction_output": "redacted"},
        "ContentRedactionOutput: needs content-redaction-type beside it",
    ),
}


@pytest.mark.parametrize(("change", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(change: dict[str, Any], text: str) -> None:
    """A bad request whose text names the member."""
    with pytest.raises(Refused) as caught:
        check(Configuration(post_call=replace(GOOD, **change)), params())
    assert caught.value.refusal.kind == "BadRequestException"
    assert caught.value.refusal.message.startswith(f"1 validation error detected: {text}")


def test_every_fault_at_once() -> None:
    """All are told."""
    bad = PostCallAnalyticsSettings(output_location="x", data_access_role_arn="y")
    with pytest.raises(Refused, match=r"2 validation errors detected: OutputLocation.*DataAccessRoleArn"):
        check(Configuration(post_call=bad), params())
