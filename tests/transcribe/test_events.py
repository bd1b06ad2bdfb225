"""Events and their messages, byte by byte where AWS documents the bytes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import Header, HeaderType, Message, string_headers
from scribepass.transcribe.calls import (
    Category,
    CharacterOffsets,
    Configuration,
    IssueDetected,
    PointsOfInterest,
    PostCallAnalyticsSettings,
    TimestampRange,
    Utterance,
    UtteranceEntity,
    UtteranceItem,
)
from scribepass.transcribe.catalogue import Operation
from scribepass.transcribe.events import (
    EVENTS,
    Audio,
    EndOfAudio,
    Failure,
    Transcript,
    UnknownEvent,
    decode,
    encode,
    to_json,
)
from scribepass.transcribe.results import Alternative, Entity, Item, LanguageScore, Result

STANDARD, CALLS = Operation.STANDARD, Operation.CALL_ANALYTICS
EMPTY_AUDIO = bytes.fromhex(
    "0000006800000058a9d03a230d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d"
    "0b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d747970650700056576656e745cc64095"
)
CAPTURED_FAILURE = bytes.fromhex(
    "000000a30000006168106be10f3a657863657074696f6e2d7479706507001342616452657175657374457863657074696f6e0d3a63"
    "6f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074"
    "696f6e7b224d657373616765223a22556e657870656374656420576562536f636b6574206672616d652072656365697665642e227d"
    "bdce4b8a"
)
RESULT = Result(
    result_id="7f0d",
    start_time=0.0,
    end_time=1.25,
    is_partial=False,
    channel_id="ch_0",
    language_code="en-US",
    language_identification=(LanguageScore(language_code="en-US", score=0.9),),
    alternatives=(
        Alternative(
            transcript="I am Ann.",
            items=(
                Item(content="Ann", start_time=0.5, end_time=0.75, confidence=0.5, speaker="0", stable=True),
                Item(
                    content=".",
                    start_time=0.75,
                    end_time=0.75,
                    type="punctuation",
                    vocabulary_filter_match=False,
                ),
            ),
            entities=(
                Entity(
                    start_time=0.5, end_time=0.75, category="PII", type="NAME", content="Ann", confidence=1.0
                ),
            ),
        ),
    ),
)
RESULT_JSON = {
    "ResultId": "7f0d",
    "StartTime": 0.0,
    "EndTime": 1.25,
    "IsPartial": False,
    "Alternatives": [
        {
            "Transcript": "I am Ann.",
            "Items": [
                {
                    "Content": "Ann",
                    "StartTime": 0.5,
                    "EndTime": 0.75,
                    "Type": "pronunciation",
                    "Confidence": 0.5,
                    "Speaker": "0",
                    "Stable": True,
                },
                {
                    "Content": ".",
                    "StartTime": 0.75,
                    "EndTime": 0.75,
                    "Type": "punctuation",
                    "VocabularyFilterMatch": False,
                },
            ],
            "Entities": [
                {
                    "StartTime": 0.5,
                    "EndTime": 0.75,
                    "Category": "PII",
                    "Type": "NAME",
                    "Content": "Ann",
                    "Confidence": 1.0,
                }
            ],
        }
    ],
    "ChannelId": "ch_0",
    "LanguageCode": "en-US",
    "LanguageIdentification": [{"LanguageCode": "en-US", "Score": 0.9}],
}
UTTERANCE = Utterance(
    utterance_id="u-1",
    is_partial=False,
    participant_role="CUSTOMER",
    begin_offset_millis=100,
    end_offset_millis=900,
    transcript="It broke.",
    items=(
        UtteranceItem(
            content="It", begin_offset_millis=100, end_offset_millis=300, confidence=0.5, stable=True
        ),
    ),
    entities=(
        UtteranceEntity(begin_offset_millis=1, end_offset_millis=2, category="PII", type="NAME", content="A"),
    ),
    sentiment="NEGATIVE",
    issues_detected=(IssueDetected(character_offsets=CharacterOffsets(begin=0, end=9)),),
    language_code="en-US",
    language_identification=(LanguageScore(language_code="en-US", score=1.0),),
)
UTTERANCE_JSON = {
    "UtteranceId": "u-1",
    "IsPartial": False,
    "ParticipantRole": "CUSTOMER",
    "BeginOffsetMillis": 100,
    "EndOffsetMillis": 900,
    "Transcript": "It broke.",
    "Items": [
        {
            "Content": "It",
            "BeginOffsetMillis": 100,
            "EndOffsetMillis": 300,
            "Type": "pronunciation",
            "Confidence": 0.5,
            "Stable": True,
        }
    ],
    "Entities": [
        {"BeginOffsetMillis": 1, "EndOffsetMillis": 2, "Category": "PII", "Type": "NAME", "Content": "A"}
    ],
    "Sentiment": "NEGATIVE",
    "IssuesDetected": [{"CharacterOffsets": {"Begin": 0, "End": 9}}],
    "LanguageCode": "en-US",
    "LanguageIdentification": [{"LanguageCode": "en-US", "Score": 1.0}],
}
CATEGORY = Category(
    matched_categories=("anger",),
    matched_details={
        "it broke": PointsOfInterest(
            timestamp_ranges=(TimestampRange(begin_offset_millis=100, end_offset_millis=900),)
        )
    },
)
CATEGORY_JSON = {
    "MatchedCategories": ["anger"],
    "MatchedDetails": {"it broke": {"TimestampRanges": [{"BeginOffsetMillis": 100, "EndOffsetMillis": 900}]}},
}
CONFIGURATION = Configuration(
    channel_definitions=((1, "AGENT"), (0, "CUSTOMER")),
    post_call=PostCallAnalyticsSettings(
        output_location="s3://bucket/prefix/",
        data_access_role_arn="arn:aws:iam::111122223333:role/x",
        content_redaction_output="redacted",
        output_encryption_kms_key_id="key",
    ),
)
CONFIGURATION_JSON = {
    "ChannelDefinitions": [
        {"ChannelId": 1, "ParticipantRole": "AGENT"},
        {"ChannelId": 0, "ParticipantRole": "CUSTOMER"},
    ],
    "PostCallAnalyticsSettings": {
        "OutputLocation": "s3://bucket/prefix/",
        "DataAccessRoleArn": "arn:aws:iam::111122223333:role/x",
        "ContentRedactionOutput": "redacted",
        "OutputEncryptionKMSKeyId": "key",
    },
}
BODIES = [
    (STANDARD, "TranscriptEvent", Transcript(results=(RESULT,)), {"Transcript": {"Results": [RESULT_JSON]}}),
    (Operation.MEDICAL, "TranscriptEvent", Transcript(), {"Transcript": {"Results": []}}),
    (CALLS, "UtteranceEvent", UTTERANCE, UTTERANCE_JSON),
    (CALLS, "CategoryEvent", CATEGORY, CATEGORY_JSON),
    (CALLS, "CategoryEvent", Category(), {"MatchedCategories": [], "MatchedDetails": {}}),
    (CALLS, "ConfigurationEvent", CONFIGURATION, CONFIGURATION_JSON),
    (
        CALLS,
        "ConfigurationEvent",
        Configuration(),
        {
            "ChannelDefinitions": [
                {"ChannelId": 0, "ParticipantRole": "AGENT"},
                {"ChannelId": 1, "ParticipantRole": "CUSTOMER"},
            ]
        },
    ),
]


def event_message(name, body):
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return Message(string_headers(headers), body if isinstance(body, bytes) else json.dumps(body).encode())


def exception_message(body, **headers):
    names = {"exception-type": "BadRequestException", "message-type": "exception"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return Message(string_headers({f":{name}": value for name, value in names.items()}), body)


@pytest.mark.parametrize(("operation", "name", "event", "body"), BODIES)
def test_events_have_the_bodies_that_aws_documents(operation, name, event, body):
    """PascalCase, absent members left out, and three headers in the order of AWS's own frames."""
    message = encode(event)
    assert [(header.name, header.value) for header in message.headers] == [
        (":content-type", "application/json"),
        (":event-type", name),
        (":message-type", "event"),
    ]
    assert json.loads(message.payload) == body == to_json(event)
    assert decode(message, operation=operation) == event


def test_parts_of_a_transcript_have_json_too():
    """For a program that prints results one by one."""
    assert to_json(RESULT) == RESULT_JSON
    assert to_json(RESULT.alternatives[0]) == RESULT_JSON["Alternatives"][0]
    assert to_json(RESULT.alternatives[0].items[0]) == RESULT_JSON["Alternatives"][0]["Items"][0]
    assert to_json(RESULT.alternatives[0].entities[0]) == RESULT_JSON["Alternatives"][0]["Entities"][0]


def test_audio_frames_are_those_of_the_developer_guide():
    """Content type, event type, message type, then the samples as they are."""
    assert encode(EndOfAudio()).encode() == EMPTY_AUDIO
    assert encode(Audio(chunk=b"\x01\x00\x02\x00\x03\x00\x04\x00")).encode().hex() == (
        "0000007000000058f940e660" + EMPTY_AUDIO[12:-4].hex() + "0100020003000400562ffe45"
    )
    assert decode(Message.decode(EMPTY_AUDIO)) == EndOfAudio()


@pytest.mark.parametrize(
    "headers",
    [
        {":message-type": "event", ":event-type": "AudioEvent"},
        {":event-type": "AudioEvent", ":message-type": "event", ":content-type": "application/octet-stream"},
        {":event-type": "AudioEvent", ":message-type": "event", ":new": "header"},
    ],
)
def test_audio_needs_two_headers_in_any_order(headers):
    """AWS's own demonstration page sends two, its SDKs three."""
    assert decode(Message(string_headers(headers), b"ab")) == Audio(chunk=b"ab")
    assert decode(Message(string_headers(headers), b"")) == EndOfAudio()


def test_an_audio_event_does_not_print_its_samples():
    """A log line of a chunk would be somebody's voice."""
    assert "chunk" not in repr(Audio(chunk=b"abc"))


def test_a_failure_is_the_frame_that_the_service_sends():
    """The captured frame is read, and written again to the byte."""
    failure = Failure(kind="BadRequestException", message="Unexpected WebSocket frame received.")
    assert decode(Message.decode(CAPTURED_FAILURE)) == failure
    assert encode(failure).encode() == CAPTURED_FAILURE
    assert to_json(failure) == {"Message": "Unexpected WebSocket frame received."}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Message":"no"}', "no"),
        (b'{"message":"no"}', "no"),
        (b'{"Message":"no","Reason":"x"}', "no"),
        (b"{}", ""),
    ],
)
def test_a_failures_message_may_be_absent_or_in_lower_case(body, message):
    """Common AWS errors differ in it; the kind is in the header."""
    assert decode(exception_message(body)) == Failure(kind="BadRequestException", message=message)


def test_an_error_message_is_a_failure():
    """The third message type of the format; its text is in headers."""
    headers = {":message-type": "error", ":error-code": "InternalError", ":error-message": "sorry"}
    assert decode(Message(string_headers(headers), b"not read")) == Failure(
        kind="InternalError", message="sorry"
    )


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (STANDARD, "FutureEvent"),
        (STANDARD, "initial-response"),
        (STANDARD, "UtteranceEvent"),
        (STANDARD, "ConfigurationEvent"),
        (CALLS, "TranscriptEvent"),
        (Operation.MEDICAL, ""),
    ],
)
def test_other_event_types_are_unknown_and_their_bodies_unread(operation, name):
    """What AWS adds, or sends on another operation, breaks no client."""
    assert decode(event_message(name, b"\xff"), operation=operation) == UnknownEvent(type=name)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (Message((), b""), Violation.HEADER),
        (Message(string_headers({":message-type": "event"}), b""), Violation.HEADER),
        (Message(string_headers({":event-type": "AudioEvent"}), b""), Violation.HEADER),
        (Message(string_headers({":message-type": "novel"}), b""), Violation.HEADER),
        (Message((Header(":message-type", HeaderType.BYTES, b"event"),), b""), Violation.HEADER),
        (Message(string_headers({":message-type": "exception"}), b"{}"), Violation.HEADER),
        (Message(string_headers({":message-type": "error", ":error-code": "x"}), b""), Violation.HEADER),
        (exception_message(b"gone"), Violation.PAYLOAD),
        (exception_message(b'{"Message":1}'), Violation.PAYLOAD),
        (exception_message(b'{"Message":"\\ud800"}'), Violation.PAYLOAD),
        (event_message("TranscriptEvent", b"{"), Violation.PAYLOAD),
        (event_message("TranscriptEvent", b"[" * 200_000), Violation.PAYLOAD),
        (event_message("TranscriptEvent", {}), Violation.PAYLOAD),
        (event_message("TranscriptEvent", {"Transcript": []}), Violation.PAYLOAD),
        (event_message("TranscriptEvent", {"Transcript": {"Results": {}}}), Violation.PAYLOAD),
        (event_message("TranscriptEvent", {"Transcript": {"Results": [{}]}}), Violation.PAYLOAD),
    ],
)
def test_what_is_not_an_event_is_the_peers_fault(message, kind):
    """Each with the kind of rule that it breaks."""
    with pytest.raises(RemoteProtocolError) as refused:
        decode(message)
    assert refused.value.kind is kind


@pytest.mark.parametrize("member", ["ResultId", "StartTime", "EndTime", "IsPartial"])
def test_a_result_without_its_place_is_refused(member):
    """Without these a client could not show it."""
    body = {
        "Transcript": {"Results": [{name: value for name, value in RESULT_JSON.items() if name != member}]}
    }
    with pytest.raises(RemoteProtocolError, match=f"{member} is missing"):
        decode(event_message("TranscriptEvent", body))


def test_what_aws_leaves_out_has_a_default():
    """Lists may be absent, and an item may have no content, as speaker changes in AWS's own sample."""
    item = {"StartTime": 1, "EndTime": 1, "Type": "speaker-change"}
    result = {"ResultId": "", "StartTime": 1, "EndTime": 2, "IsPartial": True}
    body = {
        "Transcript": {"Results": [result, result | {"Alternatives": [{"Transcript": "", "Items": [item]}]}]}
    }
    first, second = decode(event_message("TranscriptEvent", body)).results
    assert first.alternatives == ()
    assert second.alternatives[0].items == (Item(start_time=1.0, end_time=1.0, type="speaker-change"),)
    assert decode(event_message("TranscriptEvent", {"Transcript": {}})) == Transcript()


@pytest.mark.parametrize(
    "channels",
    [
        (),
        ((0, "AGENT"),),
        ((0, "AGENT"), (0, "CUSTOMER")),
        ((0, "AGENT"), (2, "CUSTOMER")),
        ((0, "AGENT"), (1, "CALLER")),
        ((0, "AGENT"), (1, "CUSTOMER"), (1, "CUSTOMER")),
    ],
)
def test_a_call_has_two_channels(channels):
    """Neither side may say otherwise."""
    with pytest.raises(LocalProtocolError, match="channels 0 and 1"):
        encode(Configuration(channel_definitions=channels))
    body = {"ChannelDefinitions": [{"ChannelId": each, "ParticipantRole": role} for each, role in channels]}
    with pytest.raises(RemoteProtocolError, match="channels 0 and 1") as refused:
        decode(event_message("ConfigurationEvent", body), operation=CALLS)
    assert refused.value.kind is Violation.PAYLOAD


def test_post_call_settings_need_a_place_and_a_role():
    """Both are required in AWS's model."""
    body = CONFIGURATION_JSON | {"PostCallAnalyticsSettings": {"OutputLocation": "s3://x"}}
    with pytest.raises(RemoteProtocolError, match="DataAccessRoleArn is missing"):
        decode(event_message("ConfigurationEvent", body), operation=CALLS)


@pytest.mark.parametrize(
    "event",
    [
        Audio(chunk=b""),
        Audio(chunk=bytearray(b"ab")),
        UnknownEvent(type="FutureEvent"),
        Failure(kind="x", message="\ud800"),
        Transcript(results=(Result(result_id="x", start_time=float("nan"), end_time=0.0, is_partial=True),)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_cannot_be_said_is_our_fault(event):
    """An empty chunk would end the audio without anybody having meant it."""
    with pytest.raises(LocalProtocolError):
        encode(event).encode()


def test_each_operation_has_its_events():
    """Audio and failures in all; results and configuration by kind of stream."""
    assert EVENTS[STANDARD] == EVENTS[Operation.MEDICAL]
    assert EVENTS[STANDARD] - EVENTS[CALLS] == {Transcript}
    assert EVENTS[CALLS] - EVENTS[STANDARD] == {Configuration, Utterance, Category}


@settings(deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from(["TranscriptEvent", "UtteranceEvent", "CategoryEvent", "ConfigurationEvent"]),
    st.sampled_from(list(Operation)),
)
def test_any_payload_is_an_event_or_refused(payload, name, operation):
    """No other exception than RemoteProtocolError leaves the decoder."""
    try:
        decode(event_message(name, payload), operation=operation)
    except RemoteProtocolError as refused:
        kind = refused.kind
    else:
        kind = Violation.PAYLOAD
    assert kind is Violation.PAYLOAD
