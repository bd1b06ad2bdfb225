"""Our data beside the reference data that was read out of AWS's models and documents.

Skipped where the reference is absent; the other files of this folder need nothing but the package.
"""

import json
import re
import string
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from scribepass.errors import InvalidParameters
from scribepass.eventstream import Message, string_headers
from scribepass.transcribe import catalogue
from scribepass.transcribe.catalogue import ENCODINGS, LANGUAGES, REGIONS, Operation, languages_of
from scribepass.transcribe.events import Audio, EndOfAudio, Failure, Transcript, decode, encode, to_json
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.params import MODELS, parse
from scribepass.transcribe.session import NEED_DATA, StreamSession
from scribepass.transcribe.states import Role
from support.requests import BASE
from support.shared import shared

ACTIONS = {operation: operation.action.removeprefix("transcribe:") for operation in Operation}
CHARACTERS = [chr(each) for each in range(0x250)]


@pytest.fixture(scope="module")
def facts():
    return json.loads(shared("reference/transcribe_facts.json").read_text())


@pytest.fixture(params=Operation, ids=lambda operation: operation.value)
def operation(request):
    return request.param


@pytest.fixture
def params(facts, operation):
    return {each["query"]: each for each in facts["operations"][ACTIONS[operation]]["params"]}


def test_operations(facts, operation):
    """There are three with a WebSocket, each with its path and action, and with others over HTTP/2."""
    assert set(facts["operations"]) == set(ACTIONS.values())
    assert facts["operations"][ACTIONS[operation]]["path"] == operation.path
    assert facts["operations"][ACTIONS[operation]]["iam_action"] == operation.action
    assert facts["operations"][ACTIONS[operation]]["http2_path"] == operation.http2_path
    over_http2 = facts["operations"][ACTIONS[operation]]["http2_operation"]
    assert f"transcribe:{over_http2}" == operation.http2_action


def test_names_and_required_parameters(operation, params):
    """Names equal those of the model, and so do those that must be given."""
    assert set(PARAMETERS[operation]) == set(params)
    required = {name for name, fact in params.items() if fact["required"]}
    assert set(MODELS[operation].model_json_schema()["required"]) == required


def test_types_values_and_limits(facts, operation, params):
    """Every limit of every parameter; where the text is narrower than the model, the text."""
    for name, fact in params.items():
        schema = PARAMETERS[operation][name].kind.schema
        assert schema["type"] == {"enum": "string"}.get(fact["type"], fact["type"])
        if fact["type"] == "enum":
            values = facts["language_codes"] if fact["values"] == "LANGUAGES" else fact["values"]
            assert sorted(schema["enum"]) == sorted(values), name
        if fact["type"] == "integer":
            exact = fact.get("documented_exact")
            assert schema["minimum"] == fact["min"]
            assert schema["maximum"] == fact.get("max", exact)
        if fact["type"] == "string":
            assert (schema["minLength"], schema["maxLength"]) == (fact["min_length"], fact["max_length"])


def test_patterns(operation, params):
    """The same characters pass; the UUID's pattern is the same text."""
    for name, fact in params.items():
        if fact["type"] == "string":
            ours = PARAMETERS[operation][name].kind.schema["pattern"]
            if name == "session-id":
                assert ours == fact["pattern"]
            assert [re.fullmatch(ours, each) is None for each in CHARACTERS] == [
                re.fullmatch(fact["pattern"], each) is None for each in CHARACTERS
            ], name


def test_kinds_of_personal_data(operation, params):
    """Each that the model names is read, all of them together too, and no other."""
    if "pii-entity-types" not in params:
        assert operation is Operation.MEDICAL
        return
    read = PARAMETERS[operation]["pii-entity-types"].kind.read
    items = params["pii-entity-types"]["items"]
    assert read(",".join(items)) == ",".join(items)
    assert all(read(item) == item for item in items)
    with pytest.raises(ValueError, match="list out of " + ", ".join(sorted(items, key=items.index)[:1])):
        read("SHOE_SIZE")
    others = {"AGE", "PASSWORD", "USERNAME"} - set(items)
    for other in others:
        with pytest.raises(ValueError, match="must be"):
            read(other)


SAMPLES = {
    "identify-language": True,
    "identify-multiple-languages": True,
    "language-options": "en-US,fr-FR",
    "preferred-language": "en-US",
    "show-speaker-label": True,
    "enable-channel-identification": True,
    "number-of-channels": 2,
    "content-identification-type": "PII",
    "content-redaction-type": "PII",
    "pii-entity-types": "NAME",
}


def sample(name):
    return SAMPLES.get(name, "name")


def problems(operation, request):
    with pytest.raises(InvalidParameters) as refused:
        parse(operation, request)
    return {(problem.field, problem.code) for problem in refused.value.problems}


def test_what_needs_and_excludes_what(operation, params):
    """Every relation that the reference states, made into a request that breaks it."""
    for name, fact in params.items():
        request = BASE[operation] | {name: sample(name)}
        for needed in ("requires", "requires_any", "intended_with"):
            if needed in fact:
                assert (name, "requires") in problems(operation, request), name
        for other in [
            *fact.get("excludes", []),
            *([fact["intended_without"]] if "intended_without" in fact else []),
        ]:
            if other in params:
                found = problems(operation, request | {other: sample(other)})
                assert {(name, "conflict"), (other, "conflict")} & found, (name, other)
        if "must_be_in" in fact:
            request |= {"identify-language": True, fact["must_be_in"]: "fr-FR,de-DE"}
            assert (name, "conflict") in problems(operation, request)


RULES = {
    "exactly-one-language-selection": {"identify-language": True, "language-options": "en-US,fr-FR"},
    "redaction-xor-identification": {"content-redaction-type": "PII", "content-identification-type": "PII"},
    "channels-together": {"number-of-channels": 2},
    "pii-types-need-mode": {"pii-entity-types": "NAME"},
    "lang-id-no-clm-no-redaction": {"identify-language": True, "language-model-name": "m"},
    "lang-id-encoding": {"identify-language": True, "media-encoding": "ogg-opus"},
    "language-options-one-dialect": {"identify-language": True, "language-options": "en-US,en-AU"},
    "speaker-xor-channel": {
        "show-speaker-label": True,
        "enable-channel-identification": True,
        "number-of-channels": 2,
    },
}


def test_every_rule_of_the_reference_is_one_of_ours(facts):
    """Each has a request that breaks it here."""
    rules = facts["operations"][ACTIONS[Operation.STANDARD]]["rules"]
    assert {rule["id"] for rule in rules} == set(RULES)
    for change in RULES.values():
        assert problems(Operation.STANDARD, BASE[Operation.STANDARD] | change)


def test_languages(facts):
    """All 99 with their flags; names without remarks in brackets."""
    flags = ("region_restricted", "numbers", "acronyms", "custom_language_model", "redaction")
    ours = {
        code: (
            unicodedata.normalize("NFD", each.name).encode("ascii", "ignore").decode(),
            each.call_analytics,
            *(getattr(each, flag) for flag in flags),
        )
        for code, each in LANGUAGES.items()
    }
    assert ours == {
        each["code"]: (
            each["name"].split(" (")[0],
            each["call_analytics_real_time"],
            *(each[flag] for flag in flags),
        )
        for each in facts["languages"]
    }
    assert sorted(LANGUAGES) == sorted(facts["language_codes"])
    for operation, name in (
        (Operation.CALL_ANALYTICS, "call_analytics_language_codes"),
        (Operation.MEDICAL, "medical_language_codes"),
    ):
        assert [each.code for each in languages_of(operation)] == sorted(facts[name])


def test_regions(facts):
    """Partitions, suffixes, FIPS hosts, and where newer languages are missing."""
    partitions = {}
    for region in REGIONS.values():
        partitions.setdefault(region.partition, []).append(region.code)
        assert region.dns_suffix == facts["service"]["dns_suffix"][region.partition]
        host = facts["service"]["websocket_host"]
        assert region.host == host.replace("{region}", region.code).replace("{dnsSuffix}", region.dns_suffix)
    assert partitions == facts["regions"]["by_partition"]
    assert {code for code, each in REGIONS.items() if each.fips} == set(facts["regions"]["fips_listed"])
    missing = facts["regions"]["newer_languages_unavailable_in"]
    assert set(missing) == catalogue.REGIONS_WITHOUT_NEWER_LANGUAGES
    assert not set(facts["regions"]["not_streaming_though_batch_exists"]) & set(REGIONS)


def test_numbers(facts):
    """Limits of the service, and the month of the data."""
    assert facts["meta"]["written"] == catalogue.AS_OF
    assert facts["service"]["websocket_port"] == catalogue.PORT
    assert facts["presign"]["max_expires_seconds"] == catalogue.MAX_URL_SECONDS
    assert facts["quotas"]["stream_duration_seconds"]["value"] == catalogue.MAX_STREAM_SECONDS
    assert facts["quotas"]["idle_timeout_seconds"]["value"] == catalogue.IDLE_SECONDS
    assert facts["audio"]["chunk_ms_recommended"] == list(catalogue.CHUNK_MILLISECONDS)
    assert facts["audio"]["recommended_rate"] == catalogue.RECOMMENDED_SAMPLE_RATE
    assert facts["audio"]["max_chunk"]["current"] == f"{catalogue.MAX_CHUNK_SECONDS} second of audio"
    assert facts["audio"]["alignment_bytes"]["mono"] == catalogue.BYTES_PER_SAMPLE
    assert list(catalogue.SAMPLE_RATES) == [8000, 48000]


def test_encodings(facts, params):
    """Those of the model; documented are those of the text."""
    assert set(facts["audio"]["encodings"]) == set(ENCODINGS)
    documented = {code for code, each in ENCODINGS.items() if each.documented}
    assert documented == set(params["media-encoding"]["documented_only"])


@pytest.mark.parametrize(
    ("vector", "event"),
    [
        ("audio_empty_three_headers_doc_order", EndOfAudio()),
        ("audio_8_bytes_0100020003000400", Audio(chunk=bytes.fromhex("0100020003000400"))),
        ("transcript_event_empty_results", Transcript()),
        (
            "captured_exception_from_real_service",
            Failure(kind="BadRequestException", message="Unexpected WebSocket frame received."),
        ),
    ],
)
def test_frames_are_equal_to_the_byte(facts, vector, event):
    """What we write is what AWS's documents and its service write, and it is read."""
    frame = bytes.fromhex(facts["test_vectors"]["frames"][vector])
    assert encode(event).encode() == frame
    assert decode(Message.decode(frame)) == event


@pytest.mark.parametrize(
    "vector",
    ["audio_empty_three_headers_js_order", "audio_empty_two_headers_static_demo", "signed_end_frame"],
)
def test_other_clients_ends_are_read(facts, vector):
    """The forms that other clients send."""
    server = StreamSession(Role.SERVER)
    server.receive_data(bytes.fromhex(facts["test_vectors"]["frames"][vector]))
    assert server.next_event() == EndOfAudio()
    assert server.next_event() is NEED_DATA


def test_the_signed_wrapper_is_taken_apart(facts):
    """The check gets date, signature and payload of the vector."""
    frames = facts["test_vectors"]["frames"]
    checked = []
    server = StreamSession(Role.SERVER, verify_chunk=lambda *chunk: checked.append(chunk))
    server.receive_data(bytes.fromhex(frames["signed_wrapper_around_audio8"]))
    assert server.next_event() == Audio(chunk=bytes.fromhex("0100020003000400"))
    milliseconds = timedelta(milliseconds=frames["signed_wrapper_date_ms"])
    assert checked == [
        (
            datetime(1970, 1, 1, tzinfo=UTC) + milliseconds,
            bytes.fromhex(frames["signed_wrapper_chunk_signature"]),
            bytes.fromhex(frames["audio_8_bytes_0100020003000400"]),
        )
    ]


def sample_of(schema):
    """A JSON value of a schema of the reference, with every member it names."""
    if isinstance(schema, dict):
        return {
            name.strip("<>"): sample_of(value) for name, value in schema.items() if name != "wire_event_type"
        }
    if isinstance(schema, list):
        return [sample_of(schema[0])]
    kind = schema.split()[0]
    whole = {"double": 0.25, "bool": True, "int": 7, "int64": 7}
    return whole.get(kind, "".join(each for each in schema if each in string.ascii_letters))


@pytest.mark.parametrize(
    ("schema", "name", "operation"),
    [
        ("TranscriptEvent", "TranscriptEvent", Operation.STANDARD),
        ("MedicalTranscriptEvent", "TranscriptEvent", Operation.MEDICAL),
        ("UtteranceEvent", "UtteranceEvent", Operation.CALL_ANALYTICS),
        ("CategoryEvent", "CategoryEvent", Operation.CALL_ANALYTICS),
    ],
)
def test_no_member_of_a_schema_is_lost(facts, schema, name, operation):
    """An event with every member that the model has goes through our classes unchanged."""
    body = sample_of(facts["schemas"][schema])
    headers = string_headers({":message-type": "event", ":event-type": name})
    event = decode(Message(headers, json.dumps(body).encode()), operation=operation)
    assert to_json(event) == body


def test_no_member_of_a_configuration_is_lost(facts):
    """The one event with a JSON body that clients send."""
    body = sample_of(facts["schemas"]["ConfigurationEvent"])
    body["ChannelDefinitions"] = [
        {"ChannelId": channel, "ParticipantRole": role} for channel, role in ((0, "AGENT"), (1, "CUSTOMER"))
    ]
    headers = string_headers({":message-type": "event", ":event-type": "ConfigurationEvent"})
    message = Message(headers, json.dumps(body).encode())
    assert to_json(decode(message, operation=Operation.CALL_ANALYTICS)) == body
    assert set(facts["schemas"]["ConfigurationEvent"]["ChannelDefinitions"][0]) == set(
        body["ChannelDefinitions"][0]
    )


def test_failures_of_the_reference(facts):
    """Every exception and message that the service is known to send."""
    for kind in [*facts["errors"]["modelled"], *facts["errors"]["seen_unmodelled_on_websocket"]]:
        for message in facts["errors"]["messages"]:
            failure = Failure(kind=kind, message=message["message"])
            assert decode(Message.decode(encode(failure).encode())) == failure
