"""The local AWS refuses every URL that was not made exactly so, by name, over real sockets."""

import asyncio
import json
import random
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from websockets.asyncio.client import connect

from scribepass.eventstream import Message
from scribepass.local.sts import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.sigv4 import Credentials, presign
from support.stack import Stack

STATIC = Credentials(access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key=STATIC_SECRET_ACCESS_KEY)
PATH = "/stream-transcription-websocket?language-code=en-US&media-encoding=pcm&sample-rate=16000"
MUTATIONS = 1000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%&=+"
REFUSED = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "RequestExpired",
    "UnrecognizedClientException",
}


def ticket_url(stack: Stack) -> str:
    body = json.dumps({"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}).encode()
    request = urllib.request.Request(
        f"{stack.service}/presign", data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201
        return str(json.load(answer)["url"])


async def first_answer(url: str) -> tuple[str, str]:
    """The first event's type, or the exception's name and message."""
    async with connect(url, compression=None) as socket:
        message = Message.decode(await socket.recv())
    name = message.get(":exception-type") or message.get(":event-type")
    body = json.loads(message.payload)
    return str(name), str(body.get("Message", ""))


def answer(url: str) -> tuple[str, str]:
    return asyncio.run(first_answer(url))


def signed_now(
    stack: Stack, *, region: str = "us-east-1", age: int = 0, credentials: Credentials = STATIC
) -> str:
    now = datetime.now(UTC) - timedelta(seconds=age)
    return presign(stack.endpoint + PATH, credentials=credentials, region=region, now=now, expires=60)


def scoped_credentials(stack: Stack, *actions: str) -> Credentials:
    """Temporary credentials whose session policy allows ``actions`` and nothing else."""
    sts = boto3.client(
        "sts",
        endpoint_url=stack.local,
        region_name="us-east-1",
        aws_access_key_id=STATIC_ACCESS_KEY_ID,
        aws_secret_access_key=STATIC_SECRET_ACCESS_KEY,
    )
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    issued = sts.assume_role(
        RoleArn="arn:aws:iam::000000000000:role/tester", RoleSessionName="tester", Policy=json.dumps(policy)
    )["Credentials"]
    return Credentials(
        access_key_id=issued["AccessKeyId"],
        secret_access_key=issued["SecretAccessKey"],
        session_token=issued["SessionToken"],
        expires_at=issued["Expiration"],
    )


def test_an_untouched_url_is_accepted(stack: Stack) -> None:
    """The service's URL opens a stream: the refusals below are not refusals of everything."""
    assert answer(ticket_url(stack))[0] == "TranscriptEvent"
    allowed = scoped_credentials(stack, "transcribe:StartStreamTranscriptionWebSocket")
    assert answer(signed_now(stack, credentials=allowed))[0] == "TranscriptEvent"


@pytest.mark.parametrize(
    ("name", "text", "how"),
    [
        pytest.param("RequestExpired", "expired", {"age": 61}, id="expired"),
        pytest.param("InvalidSignatureException", "not yet current", {"age": -400}, id="from the future"),
        pytest.param("InvalidSignatureException", "region", {"region": "eu-west-1"}, id="another region"),
    ],
)
def test_a_url_of_another_time_or_place_is_refused_by_name(
    stack: Stack, name: str, text: str, how: dict[str, int]
) -> None:
    """Expired, dated in the future, or signed for another region."""
    kind, message = answer(signed_now(stack, **how))
    assert kind == name
    assert text in message.lower()


def test_a_session_policy_without_the_action_is_refused_by_name(stack: Stack) -> None:
    """Credentials scoped to another action sign well, and are denied."""
    scoped = scoped_credentials(stack, "transcribe:StartMedicalStreamTranscriptionWebSocket")
    kind, message = answer(signed_now(stack, credentials=scoped))
    assert kind == "AccessDeniedException"
    assert "transcribe:StartStreamTranscriptionWebSocket" in message


def mutated(url: str, chance: random.Random) -> str:
    """``url`` with one character of its query replaced, so that the query means something else."""
    start = url.index("?") + 1
    meaning = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    while True:
        place = chance.randrange(start, len(url))
        changed = url[:place] + chance.choice(ALPHABET) + url[place + 1 :]
        if parse_qsl(urlsplit(changed).query, keep_blank_values=True) != meaning:
            return changed


async def answers(urls: list[str]) -> list[str]:
    turns = asyncio.Semaphore(16)

    async def one(url: str) -> str:
        async with turns:
            return (await first_answer(url))[0]

    return await asyncio.gather(*(one(url) for url in urls))


def test_a_thousand_mutations_are_a_thousand_refusals(stack: Stack) -> None:
    """Any one character of the query changed in meaning: refused."""
    chance = random.Random(20260115)
    url = ticket_url(stack)
    kinds = asyncio.run(answers([mutated(url, chance) for _ in range(MUTATIONS)]))
    assert len(kinds) == MUTATIONS
    assert set(kinds) <= REFUSED
