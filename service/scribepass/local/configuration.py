"""The first event of a call, checked beyond its shape as AWS documents it.

Source: the shape PostCallAnalyticsSettings, and its patterns in the batch operation StartCallAnalyticsJob.
The texts of AWS's refusals are not known; these begin as its validation errors do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scribepass.errors import InvalidParameters, Problem
from scribepass.transcribe import Configuration, StreamParams

from . import refusals
from .refusals import Refused

__all__ = ["check", "location"]

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_ROLE = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov|aws-iso-?[a-z]?):iam::[0-9]{0,63}:role/[A-Za-z0-9:_/+=,@.-]{1,1024}"
)
_REDACTION = ("redacted", "redacted_and_unredacted")


def check(configuration: Configuration, params: StreamParams) -> None:
    """Raise :class:`Refused` for post-call settings that AWS would not take."""
    problems = list(_problems(configuration, params))
    if problems:
        message = refusals.validation_errors(InvalidParameters(problems))
        raise Refused(refusals.bad_request(message))


def location(output_location: str) -> tuple[str, str] | None:
    """The bucket and the key of an S3 location; the key of a folder ends in ``/``, or is empty.

    None for what is no location, and for a key that would lead a file system astray.
    """
    match = _LOCATION.fullmatch(output_location)
    if match is None or len(output_location) > 2000:
        return None
    bucket, key = match[1], match[2] or ""
    steps = key.removesuffix("/").split("/") if key else []
    if any(step in {"", ".", ".."} or not step.isprintable() or "\\" in step for step in steps):
        return None
    return bucket, key


def _problems(configuration: Configuration, params: StreamParams) -> Iterator[Problem]:
    settings = configuration.post_call
    if settings is None:
        return
    if location(settings.output_location) is None:
        message = "must be s3://BUCKET, s3://BUCKET/FOLDER/ or s3://BUCKET/FOLDER/NAME.json"
        yield Problem(field="OutputLocation", code="pattern", message=message)
    if not _ROLE.fullmatch(settings.data_access_role_arn):
        message = "must be the ARN of a role, such as arn:aws:iam::111122223333:role/Admin"
        yield Problem(field="DataAccessRoleArn", code="pattern", message=message)
    redaction = settings.content_redaction_output
    if redaction is not None and redaction not in _REDACTION:
        message = f"must be {' or '.join(_REDACTION)}"
        yield Problem(field="ContentRedactionOutput", code="value", message=message)
    elif redaction is not None and not getattr(params, "content_redaction_type", None):
        message = "needs content-redaction-type beside it"
        yield Problem(field="ContentRedactionOutput", code="requires", message=message)
