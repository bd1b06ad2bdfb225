"""The local STS as boto3 asks it: clients that try once, and what they are refused."""

import asyncio
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.server import LocalAws

SESSION = boto3.Session(region_name="eu-west-1")
STATIC_KEYS = (STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY, None)


def client(
    local: LocalAws,
    keys: tuple[str, str, str | None] = STATIC_KEYS,
    *,
    retries: int = 1,
    read_timeout: float = 30,
    user_agent: str | None = None,
) -> Any:
    """A boto3 client that tries once, or ``retries`` times, and does not check anything itself."""
    key, secret, token = keys
    return SESSION.client(
        "sts",
        endpoint_url=local.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(
            retries={"total_max_attempts": retries},
            read_timeout=read_timeout,
            parameter_validation=False,
            user_agent=user_agent,
        ),
    )


async def call(sts: Any, action: str, **parameters: object) -> dict[str, Any]:
    return await asyncio.to_thread(getattr(sts, action), **parameters)


async def fault(sts: Any, action: str, **parameters: object) -> tuple[str, str, int]:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        await call(sts, action, **parameters)
    error, metadata = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    return error["Code"], error["Message"], metadata["HTTPStatusCode"]


def keys_of(answer: dict[str, Any]) -> tuple[str, str, str]:
    issued = answer["Credentials"]
    return issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
