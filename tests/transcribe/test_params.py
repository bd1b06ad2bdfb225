"""Requests become parameters, or every fault at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scribepass.errors import InvalidParameters
from scribepass.transcribe.catalogue import LANGUAGES, REGIONS, Operation
from scribepass.transcribe.endpoint import parse_stream_url, stream_url
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.params import (
    MAX_PROBLEMS,
    MODELS,
    MedicalParams,
    StandardParams,
    StreamParams,
    absent_languages,
    check_region,
    parse,
    parse_signed_query,
)
from support.requests import BASE, VALID

STANDARD = Operation.STANDARD


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def faults(operation, request):
    with pytest.raises(InvalidParameters) as refused:
        parse(operation, request)
    return [(problem.field, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("operation", "request_"), VALID, ids=[f"{op.value}-{'+'.join(each)}"[:90] for op, each in VALID]
)
def test_valid_requests_are_read_the_same_as_json_as_text_and_as_pairs(operation, request_):
    """Every documented parameter is taken, keeps its value, and goes out as text exactly once."""
    params = parse(operation, request_)
    as_text = {name: text(value) for name, value in request_.items()}
    assert params == parse(operation, as_text) == parse(operation, list(as_text.items()))
    assert params == parse_signed_query(operation, list(as_text.items()))
    assert dict(params.items()) == as_text
    assert len(params.items()) == len(as_text)
    assert params.operation is operation


def test_the_valid_requests_use_every_parameter():
    """The table above leaves none out: 24, 11 and 18."""
    used = {operation: set() for operation in Operation}
    for operation, request in VALID:
        used[operation] |= set(request)
    assert used == {operation: set(parameters) for operation, parameters in PARAMETERS.items()}
    assert [len(parameters) for parameters in used.values()] == [24, 11, 18]


@pytest.mark.parametrize("operation", Operation)
def test_models_and_data_name_the_same_parameters(operation):
    """A parameter that is in the data and not in the model could not be read, and the other way round."""
    model = MODELS[operation]
    assert {name.replace("_", "-") for name in model.model_fields} == set(PARAMETERS[operation])
    schema = model.model_json_schema()
    assert set(schema["properties"]) == set(PARAMETERS[operation])
    assert all(
        schema["properties"][name] == {**parameter.kind.schema, "description": parameter.description}
        for name, parameter in PARAMETERS[operation].items()
    )
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert {name.replace("_", "-") for name in required} == set(schema["required"])


def test_the_common_model_has_a_schema_too():
    """It is no operation, so it has no data to describe itself by."""
    assert "media-encoding" in StreamParams.model_json_schema()["properties"]


@pytest.mark.parametrize(
    ("operation", "change", "expected"),
    [
        (STANDARD, {"Language-Code": "en-US"}, [("Language-Code", "unknown")]),
        (STANDARD, {"specialty": "UROLOGY"}, [("specialty", "unknown")]),
        (STANDARD, {"language_code": "en-US"}, [("language_code", "unknown")]),
        (STANDARD, {"": "x"}, [("", "unknown")]),
        (STANDARD, {"a\r\nb" + "x" * 99: "1"}, [("a??b" + "x" * 36, "unknown")]),
        (STANDARD, {"X-Amz-Expires": "604800"}, [("X-Amz-Expires", "reserved")]),
        (STANDARD, {"x-aMZ-security-token": "t"}, [("x-aMZ-security-token", "reserved")]),
        (STANDARD, {"sample-rate": True}, [("sample-rate", "type")]),
        (STANDARD, {"sample-rate": "６０"}, [("sample-rate", "type")]),
        (STANDARD, {"sample-rate": 7999}, [("sample-rate", "range")]),
        (STANDARD, {"media-encoding": ["pcm"]}, [("media-encoding", "type")]),
        (STANDARD, {"media-encoding": None}, [("media-encoding", "type")]),
        (STANDARD, {"language-code": "en-UK"}, [("language-code", "value")]),
        (STANDARD, {"session-id": "1"}, [("session-id", "length")]),
        (STANDARD, {"session-id": "x" * 36}, [("session-id", "pattern")]),
        (STANDARD, {"vocabulary-name": "a\nb"}, [("vocabulary-name", "pattern")]),
        (
            STANDARD,
            {"pii-entity-types": "SHOE", "content-redaction-type": "PII"},
            [("pii-entity-types", "value")],
        ),
        (Operation.MEDICAL, {"sample-rate": 8000}, [("sample-rate", "range")]),
        (Operation.MEDICAL, {"language-code": "en-GB"}, [("language-code", "value")]),
        (Operation.CALL_ANALYTICS, {"language-code": "ja-JP"}, [("language-code", "value")]),
        (Operation.CALL_ANALYTICS, {"show-speaker-label": True}, [("show-speaker-label", "unknown")]),
    ],
)
def test_a_fault_has_the_field_and_a_code(operation, change, expected):
    """AWS's name of the parameter and a stable slug, for programs; the message is for people."""
    assert faults(operation, BASE[operation] | change) == expected


def test_all_faults_are_told_at_once():
    """Names, values, what is missing, and the rules between what is there: in one answer."""
    request = {
        "langage-code": "en-US",
        "X-Amz-Date": "now",
        "language-code": "en-UK",
        "identify-language": "yes",
        "sample-rate": "16k",
        "show-speaker-label": True,
        "enable-channel-identification": "true",
        "content-redaction-type": "PII",
        "content-identification-type": "PHI",
        "preferred-language": "de-DE",
        "pii-entity-types": "",
    }
    assert set(faults(STANDARD, request)) == {
        ("langage-code", "unknown"),
        ("X-Amz-Date", "reserved"),
        ("media-encoding", "required"),
        ("language-code", "value"),
        ("identify-language", "type"),
        ("sample-rate", "type"),
        ("content-identification-type", "value"),
        ("pii-entity-types", "length"),
        ("preferred-language", "requires"),
        ("content-redaction-type", "conflict"),
        ("enable-channel-identification", "requires"),
        ("show-speaker-label", "conflict"),
    }


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            BASE[STANDARD] | {"langage-code": "x"},
            "langage-code: is no parameter of standard streams; did you mean",
        ),
        (
            BASE[STANDARD] | {"specialty": "x"},
            "specialty: is no parameter of standard streams, only of medical",
        ),
        (BASE[STANDARD] | {"language-code": "en-UK"}, "en-GB or"),
        ({}, "media-encoding: is required: one of pcm, ogg-opus"),
        ({}, "language-code: is required, unless identify-language or identify-multiple-languages is true"),
    ],
)
def test_messages_help(request_, message):
    """They say what is allowed, and guess what was meant."""
    with pytest.raises(InvalidParameters) as refused:
        parse(STANDARD, request_)
    assert message in str(refused.value)


def test_a_repeated_name_is_a_fault():
    """Which of the two was meant cannot be known, even if they are the same."""
    pairs = [*BASE[STANDARD].items(), ("language-code", "en-US"), ("language-code", "en-US")]
    assert faults(STANDARD, pairs) == [("language-code", "repeated")] * 2


def test_the_number_of_problems_is_bounded():
    """A request of a thousand unknown names gets no answer of a thousand sentences."""
    assert len(faults(STANDARD, {f"language-code{each}": "x" for each in range(1000)})) == MAX_PROBLEMS


def test_a_signed_query_is_read_as_the_service_reads_it():
    """Unknown names and the signature's own are passed over, and an empty value is no value."""
    pairs = [
        ("X-Amz-Signature", "0" * 64),
        ("x-amz-user-agent", "aws-sdk-js"),
        ("specialty", "UROLOGY"),
        ("vocabulary-name", ""),
        *((name, str(value)) for name, value in BASE[STANDARD].items()),
    ]
    assert parse_signed_query(STANDARD, pairs) == parse(STANDARD, BASE[STANDARD])
    with pytest.raises(InvalidParameters, match="sample-rate: must be"):
        parse_signed_query(STANDARD, [*pairs[:-1], ("sample-rate", "1")])
    with pytest.raises(InvalidParameters, match="more than once"):
        parse_signed_query(STANDARD, [*pairs, ("sample-rate", "16000")])


def test_a_model_obeys_the_rules_however_it_is_made():
    """Field names work too; a model that would not be valid cannot be made, changed or extended."""
    params = StandardParams(language_code="en-US", media_encoding="pcm", sample_rate=16000)
    assert params == parse(STANDARD, BASE[STANDARD])
    with pytest.raises(ValidationError, match="language-code is required"):
        StandardParams(media_encoding="pcm", sample_rate=16000)
    with pytest.raises(ValidationError, match="must be a whole number"):
        StandardParams(language_code="en-US", media_encoding="pcm", sample_rate=1)
    with pytest.raises(ValidationError, match="Extra inputs"):
        StandardParams(language_code="en-US", media_encoding="pcm", sample_rate=16000, kind="x")
    with pytest.raises(ValidationError, match="frozen"):
        params.sample_rate = 8000


def test_refusals_do_not_repeat_the_value():
    """A secret in the wrong field stays out of exceptions, and so out of logs."""
    secret = "wJalrXUtnFEMIK7MDENG.bPxRfiCYEXAMPLEKEY+"
    for name in PARAMETERS[STANDARD]:
        with pytest.raises(InvalidParameters) as refused:
            parse(STANDARD, BASE[STANDARD] | {name: secret})
        assert secret not in str(refused.value)
        assert secret not in repr(refused.value.problems)
    with pytest.raises(ValidationError) as invalid:
        MedicalParams(**(BASE[Operation.MEDICAL] | {"session-id": secret}))
    assert secret not in str(invalid.value)


@pytest.mark.parametrize(
    ("change", "region", "expected"),
    [
        ({}, "us-east-1", None),
        ({"language-code": "cy-WL"}, "eu-west-2", None),
        (
            {"language-code": "cy-WL"},
            "ap-northeast-1",
            ("language-code", "cy-WL cannot be streamed in ap-northeast-1"),
        ),
        ({}, "eu-west-3", ("region", "such as us-east-1; did you mean eu-west-")),
        ({}, "evil.example/\r\n", ("region", "must be a region with streaming")),
    ],
)
def test_a_region_is_checked_apart(change, region, expected):
    """Whether a language can be streamed depends on the region, which is not a stream parameter."""
    params = parse(STANDARD, BASE[STANDARD] | change)
    if expected is None:
        check_region(params, region)
        return
    with pytest.raises(InvalidParameters) as refused:
        check_region(params, region)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == (expected[0], "value")
    assert expected[1] in problem.message
    assert "evil" not in problem.message


def test_every_language_option_is_checked_in_the_region():
    """All parameters that name languages, and only the languages that are missing."""
    options = {
        "language-options": "en-US,cy-WL,am-ET",
        "identify-language": True,
        "preferred-language": "cy-WL",
    }
    params = parse(STANDARD, {"media-encoding": "pcm", "sample-rate": 16000} | options)
    with pytest.raises(InvalidParameters) as refused:
        check_region(params, "af-south-1")
    assert {each.field: each.message for each in refused.value.problems} == {
        "preferred-language": "cy-WL cannot be streamed in af-south-1",
        "language-options": "cy-WL, am-ET cannot be streamed in af-south-1",
    }


NAMES = st.sampled_from(sorted(PARAMETERS[STANDARD]))
ANYTHING = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        ["true", "false", "pcm", "flac", "en-US", "en-US,fr-FR", "PII", "NAME", "16000", "2", "x.y", "high"]
    ),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(),
)


@settings(deadline=None)
@given(
    st.sampled_from(list(Operation)),
    st.dictionaries(st.one_of(NAMES, NAMES, NAMES, st.text(max_size=60)), ANYTHING, max_size=8),
    st.booleans(),
)
def test_anything_is_refused_in_printable_words_or_signed_as_it_was_meant(operation, request, with_base):
    """Over all of Unicode: a URL that says exactly the accepted pairs, or a list of printable problems."""
    asked = (BASE[operation] | request) if with_base else request
    problems = ()
    try:
        params = parse(operation, asked)
    except InvalidParameters as refused:
        problems = refused.problems
    else:
        url = stream_url(operation, region="us-east-1", params=params)
        assert parse_stream_url(url) == (operation, "us-east-1", params.items())
        assert {name: text(value).lower() for name, value in asked.items()} == {
            name: value.lower() for name, value in params.items()
        }
    assert all(each.field.isprintable() and each.field.isascii() for each in problems)
    assert all(each.message.isprintable() and len(each.message) < 500 for each in problems)


@settings(deadline=None)
@given(st.sampled_from(sorted(REGIONS)), st.sampled_from(sorted(LANGUAGES)))
def test_a_region_refuses_exactly_the_languages_that_it_has_not(region, language):
    """check_region and the catalogue agree."""
    params = parse(STANDARD, BASE[STANDARD] | {"language-code": language})
    restricted = LANGUAGES[language].region_restricted and region in {
        *("af-south-1", "ap-northeast-1", "ap-southeast-5", "ap-southeast-7", "cn-northwest-1")
    }
    try:
        check_region(params, region)
    except InvalidParameters:
        assert restricted
    else:
        assert not restricted


@pytest.mark.parametrize("region", ["", "mars-north-1", "af-south-1\n"])
def test_of_a_region_that_is_none_no_language_is_absent(region: str) -> None:
    """That it is none is the fault, and told elsewhere."""
    assert absent_languages([("language-code", "am-ET")], region=region) == []


@pytest.mark.parametrize("value", [["am-ET"], {"am-ET": 1}, None, 5, "xx-XX", ""], ids=repr)
def test_what_is_no_listed_language_is_not_absent(value: object) -> None:
    """Of parameters that were not validated, only languages that AWS streams elsewhere are told."""
    assert absent_languages([("language-code", value), ("type", "am-ET")], region="af-south-1") == []
    (problem,) = absent_languages([("language-options", "en-US, am-ET")], region="af-south-1")
    assert (problem.field, problem.code) == ("language-options", "value")
    assert problem.message == "am-ET cannot be streamed in af-south-1"
