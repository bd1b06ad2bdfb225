"""What an account holds, what a session is, and how fast streams may start, through real sockets."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from scribepass.eventstream import Message, string_headers
from scribepass.local import refusals
from scribepass.local.limits import Limits
from scribepass.local.recognisers import Said, Spoken
from scribepass.local.resources import Resources
from scribepass.local.server import LocalAws
from scribepass.transcribe import (
    Category,
    Configuration,
    Entity,
    Operation,
    PostCallAnalyticsSettings,
    Utterance,
    encode,
    parse,
    stream_url,
)
from support.saying import Says, result
from support.streaming import (
    CHUNK,
    END,
    REGION,
    Clock,
    Heard,
    audio,
    local_aws,
    signed,
    signed_url,
    stream,
    unsigned_url,
)

FILTERS = {"filters": {"rude": {"words": ["darn"]}}}
CATEGORIES = [{"name": "complaint", "phrases": ["no signal"], "participant": "CUSTOMER"}]
SESSION = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"
ROLE = "arn:aws:iam::111122223333:role/Admin"
CALL = Operation.CALL_ANALYTICS
NAME = Entity(start_time=0.6, end_time=0.9, category="PII", type="NAME", content="Ann")
GREETING: list[Said] = [Spoken(result=result("this is Ann", entities=[NAME]), sentiment="NEUTRAL")]
COMPLAINT: list[Said] = [
    Spoken(result=result("no", partial=True, result_id="c", start=0.2)),
    Spoken(result=result("no signal", result_id="c", start=0.2), sentiment="NEGATIVE"),
]


async def test_filters() -> None:
    """A filter of the file acts on the stream that names it."""
    resources = Resources.read(vocabulary_filters=FILTERS)
    async with local_aws(recogniser=Says([result("darn it")]), resources=resources) as local:
        for method, text in [("mask", "*** it"), ("remove", "it"), ("tag", "darn it")]:
            url = signed_url(local, vocabulary_filter_name="rude", vocabulary_filter_method=method)
            assert (await stream(url, [audio(), END])).finals == [text]
        assert (await stream(signed_url(local), [audio(), END])).finals == ["darn it"]


OPTIONS = {"identify-language": True, "language-options": "en-US,es-US"}
NAMES: dict[str, dict[str, object]] = {
    "one": {"language-code": "en-US", "vocabulary-filter-name": "Rude"},
    "one of several": {**OPTIONS, "vocabulary-filter-names": "rude,lewd"},
}


@pytest.mark.parametrize("strict", [False, True], ids=["after the 101", "at the handshake"])
@pytest.mark.parametrize("given", NAMES.values(), ids=NAMES)
async def test_a_filter_that_does_not_exist(given: dict[str, object], *, strict: bool) -> None:
    """Is a bad request, in both modes; names are case-sensitive."""
    text = "The specified vocabulary filter doesn't exist. Check the name and try your request again. "
    params = parse(Operation.STANDARD, {"media-encoding": "pcm", "sample-rate": 16_000, **given})
    resources = Resources.read(vocabulary_filters=FILTERS)
    async with local_aws(resources=resources, refuse_handshake=strict) as local:
        url = signed(stream_url(Operation.STANDARD, region=REGION, params=params, endpoint=local.endpoint))
        if strict:
            with pytest.raises(InvalidStatus) as caught:
                await stream(url, [])
            response = caught.value.response
            kind, message = response.headers["x-amzn-errortype"], json.loads(response.body)["Message"]
        else:
            failure = (await stream(url, [])).failure
            assert failure is not None
            kind, message = failure.kind, failure.message
    assert kind == "BadRequestException"
    assert message.startswith(f"{text}This local AWS has rude;")


async def test_engines_are_told_of_stabilisation() -> None:
    """So that they need not think again at the end."""
    engine = Says([result("one")])
    async with local_aws(recogniser=engine) as local:
        await stream(signed_url(local), [audio(), END])
        await stream(signed_url(local, enable_partial_results_stabilization=True), [audio(), END])
    assert [options.stabilised for options in engine.opened] == [False, True]


async def test_stable_words_on_the_wire() -> None:
    """A final that thinks again is bent to what was called stable."""
    engine = Says([result("go four ward", partial=True), result("go forward ten")])
    async with local_aws(recogniser=engine) as local:
        url = signed_url(local, enable_partial_results_stabilization=True, partial_results_stability="high")
        heard = await stream(url, [audio(), END])
    partial, final = (each.alternatives[0] for each in heard.results)
    assert [(item.content, item.stable) for item in partial.items] == [
        ("go", True),
        ("four", True),
        ("ward", False),
    ]
    assert (final.transcript, {item.stable for item in final.items}) == ("go four ten", {True})


def configured(**post_call: str) -> bytes:
    settings = PostCallAnalyticsSettings(**{"data_access_role_arn": ROLE, **post_call}) if post_call else None
    return encode(Configuration(post_call=settings)).encode()


async def call(*messages: bytes, resources: Resources | None = None, **given: object) -> Heard:
    """A call of an agent and a customer, one second long."""
    async with local_aws(recogniser=Says(GREETING, COMPLAINT), resources=resources) as local:
        url = signed_url(local, CALL, session_id=SESSION, **given)
        return await stream(url, [*messages, *[audio(CHUNK * 2)] * 10, END], operation=CALL)


async def test_a_call_with_categories() -> None:
    """Each channel has its role; a category comes after the utterance that it matches."""
    heard = await call(configured(), resources=Resources.read(categories=CATEGORIES))
    assert heard.failure is None
    said = [event for event in heard.events if isinstance(event, Utterance)]
    assert {(each.participant_role, each.transcript, each.sentiment) for each in said} == {
        ("AGENT", "this is Ann", "NEUTRAL"),
        ("CUSTOMER", "no", None),
        ("CUSTOMER", "no signal", "NEGATIVE"),
    }
    matched = next(event for event in said if event.transcript == "no signal")
    category = next(event for event in heard.events if isinstance(event, Category))
    assert heard.events.index(matched) < heard.events.index(category)
    assert category.matched_categories == ("complaint",)
    (times,) = category.matched_details["no signal"].timestamp_ranges
    assert (times.begin_offset_millis, times.end_offset_millis) == (200, 800)


REPORTS: dict[str, tuple[dict[str, str], dict[str, object], dict[str, str]]] = {
    "plain": ({}, {}, {f"calls/{SESSION}.json": "this is Ann"}),
    "redacted": (
        {"content_redaction_output": "redacted"},
        {"content_redaction_type": "PII"},
        {f"calls/redacted-{SESSION}.json": "this is [NAME]"},
    ),
    "both": (
        {"content_redaction_output": "redacted_and_unredacted"},
        {"content_redaction_type": "PII"},
        {f"calls/redacted-{SESSION}.json": "this is [NAME]", f"calls/{SESSION}.json": "this is Ann"},
    ),
}


@pytest.mark.parametrize(("settings", "given", "expected"), REPORTS.values(), ids=REPORTS)
async def test_a_report_is_stored(
    tmp_path: Path, settings: dict[str, str], given: dict[str, object], expected: dict[str, str]
) -> None:
    """In the folder that stands for S3, before the stream is closed."""
    resources = Resources.read(categories=CATEGORIES, output=tmp_path / "s3")
    message = configured(output_location="s3://bucket/calls/", **settings)
    assert (await call(message, resources=resources, **given)).failure is None
    bucket = tmp_path / "s3" / "bucket"
    stored = {
        path.relative_to(bucket).as_posix(): json.loads(path.read_text())
        for path in bucket.rglob("*")
        if path.is_file()
    }
    assert {name: report["Transcript"][0]["Content"] for name, report in stored.items()} == expected
    for report in stored.values():
        assert report["Categories"]["MatchedCategories"] == ["complaint"]
        assert report["ConversationCharacteristics"]["TotalConversationDurationMillis"] == 1000


async def test_a_report_with_nowhere_to_go(tmp_path: Path) -> None:
    """Without a folder it is only logged; where it cannot be written, the stream does not suffer."""
    message = configured(output_location="s3://bucket/calls/")
    assert (await call(message)).failure is None
    (tmp_path / "bucket").write_text("a file is in the way")
    assert (await call(message, resources=Resources(output=tmp_path))).failure is None


async def test_no_report_without_settings(tmp_path: Path) -> None:
    """Nobody asked."""
    assert (await call(configured(), resources=Resources(output=tmp_path))).failure is None
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - pathlib's is taken for slow in a coroutine


def raw(body: Any) -> bytes:
    """A configuration that our own library would not make."""
    headers = {
        ":content-type": "application/json",
        ":event-type": "ConfigurationEvent",
        ":message-type": "event",
    }
    return Message(string_headers(headers), json.dumps(body).encode()).encode()


AGENT = {"ChannelId": 0, "ParticipantRole": "AGENT"}
CUSTOMER = {"ChannelId": 1, "ParticipantRole": "CUSTOMER"}
CHANNELS = "a call has the channels 0 and 1"
UNFIT: dict[str, tuple[list[bytes], str]] = {
    "one channel": ([raw({"ChannelDefinitions": [AGENT]})], CHANNELS),
    "no channels": ([raw({})], CHANNELS),
    "three channels": ([raw({"ChannelDefinitions": [AGENT, CUSTOMER, CUSTOMER]})], CHANNELS),
    "the same channel twice": ([raw({"ChannelDefinitions": [AGENT, AGENT]})], CHANNELS),
    "a stranger": ([raw({"ChannelDefinitions": [AGENT, {**CUSTOMER, "ParticipantRole": "BOT"}]})], CHANNELS),
    "no location": (
        [
            raw(
                {
                    "ChannelDefinitions": [AGENT, CUSTOMER],
                    "PostCallAnalyticsSettings": {"DataAccessRoleArn": ROLE},
                }
            )
        ],
        "OutputLocation is missing",
    ),
    "a location of another kind": ([configured(output_location="ftp://x")], "OutputLocation: must be s3://"),
    "a location outside": ([configured(output_location="s3://bucket/../../x/")], "OutputLocation: must be"),
    "redaction output without redaction": (
        [configured(output_location="s3://bucket", content_redaction_output="redacted")],
        "ContentRedactionOutput: needs content-redaction-type",
    ),
    "a second configuration": ([configured(), configured()], refusals.UNEXPECTED_FRAME.message),
    "a configuration after audio": ([audio(), configured()], refusals.UNEXPECTED_FRAME.message),
}


@pytest.mark.parametrize(("messages", "text"), UNFIT.values(), ids=UNFIT)
async def test_configurations_that_are_refused(messages: list[bytes], text: str) -> None:
    """A bad request, which says why."""
    heard = await call(*messages)
    assert heard.failure is not None
    assert heard.failure.kind == "BadRequestException"
    assert text in heard.failure.message


async def test_a_session_is_resumed() -> None:
    """A second stream of one session begins anew, with times from 0, and is known to resume it."""
    clock = Clock()
    async with local_aws(clock=clock, recogniser=Says([result("one")])) as local:
        given = {"session_id": SESSION, "session_resume_window": 5}
        for minutes in (0, 4, 2):
            clock.move(minutes=minutes)
            url = signed_url_at(local, clock, **given)
            heard = await stream(url, [audio(), END])
            assert (heard.failure, heard.results[0].start_time) == (None, 0.0)
        assert [record.resumed for record in local.journal] == [0, 1, 0]


def signed_url_at(local: LocalAws, clock: Clock, **given: object) -> str:
    return signed(unsigned_url(local, **given), now=clock.now)


async def test_streams_that_start_too_quickly() -> None:
    """One more than a second's worth is refused; a second later there is room again."""
    clock = Clock()
    limits = Limits(starts_per_second=2, close_gap_seconds=0)
    async with local_aws(clock=clock, limits=limits) as local:
        for _ in range(2):
            assert (await stream(signed_url_at(local, clock), [END])).failure is None
        heard = await stream(signed_url_at(local, clock), [])
        assert heard.failure is not None
        assert (heard.failure.kind, heard.failure.message) == (
            "LimitExceededException",
            refusals.TOO_QUICKLY.message,
        )
        clock.move(seconds=1)
        async with connect(signed_url_at(local, clock), compression=None) as socket:
            await socket.recv()
