"""What a stream says: only what its parameters ask for, changed as they ask."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from scribepass.local.recognisers import Said, Spoken
from scribepass.local.resources import Resources
from scribepass.local.shaping import Shape
from scribepass.transcribe import (
    Category,
    CharacterOffsets,
    Configuration,
    Entity,
    Event,
    IssueDetected,
    Item,
    LanguageScore,
    Operation,
    PointsOfInterest,
    Result,
    TimestampRange,
    Transcript,
    Utterance,
    parse,
)
from support.saying import result

BASE: Mapping[Operation, Mapping[str, object]] = {
    Operation.STANDARD: {"language-code": "en-US"},
    Operation.MEDICAL: {"language-code": "en-US", "specialty": "CARDIOLOGY", "type": "DICTATION"},
    Operation.CALL_ANALYTICS: {"language-code": "en-US"},
}
FILTERS = {
    "filters": {
        "rude": {"language": "en-US", "words": ["darn", "Heck"]},
        "grob": {"language": "de-DE", "words": ["mist"]},
        "any": {"words": ["foo"]},
    }
}
IDENTIFIED = {"identify-language": True, "language-options": "en-US,de-DE", "language-code": None}
NAME = Entity(start_time=0.9, end_time=1.5, category="PII", type="NAME", content="Ann Lee", confidence=0.9)
PHONE = Entity(start_time=1.8, end_time=2.4, category="PII", type="PHONE", content="five five")
PERSONAL = "my name is Ann Lee , call five five ."


def shape(operation: Operation = Operation.STANDARD, **given: object) -> Shape:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    values = {"media-encoding": "pcm", "sample-rate": 16_000, **BASE[operation], **named}
    params = parse(operation, {name: value for name, value in values.items() if value is not None})
    return Shape(operation, params, Resources.read(vocabulary_filters=FILTERS))


def shown(said: Said, operation: Operation = Operation.STANDARD, **given: object) -> Result:
    """The one result of a stream with these parameters."""
    (event,) = shape(operation, **given).events(0, said)  # type: ignore[arg-type]
    assert isinstance(event, Transcript)
    return event.results[0]


def uttered(said: Said, **given: object) -> Utterance:
    (event,) = shape(Operation.CALL_ANALYTICS, **given).events(0, said)  # type: ignore[arg-type]
    assert isinstance(event, Utterance)
    return event


def contents(items: Sequence[Any]) -> list[str]:
    return [item.content for item in items]


RICH: dict[str, Any] = {
    "item": {"confidence": 0.9, "speaker": "0", "stable": True, "vocabulary_filter_match": None},
    "entities": [NAME],
    "language_code": "en-US",
    "language_identification": (LanguageScore(language_code="en-US", score=0.8),),
    "channel_id": "ch_0",
}


@pytest.mark.parametrize("operation", [Operation.STANDARD, Operation.MEDICAL], ids=lambda each: each.value)
def test_what_nobody_asked_for(operation: Operation) -> None:
    """An engine that says all it can is reduced to text, times and confidences."""
    final = shown(result("my name is Ann Lee", **RICH), operation)
    assert final == result("my name is Ann Lee", item={"confidence": 0.9})


def test_partials_have_less() -> None:
    """Confidence, speakers and entities belong to finals, even where they were asked for."""
    said = result("my name is Ann Lee", partial=True, **RICH)
    partial = shown(said, show_speaker_label=True, content_identification_type="PII")
    assert partial == result("my name is Ann Lee", partial=True)


ASKED: dict[str, tuple[Operation, dict[str, object], dict[str, Any]]] = {
    "speakers": (Operation.STANDARD, {"show_speaker_label": True}, {"speaker": "0"}),
    "speakers of a medical stream": (Operation.MEDICAL, {"show_speaker_label": True}, {"speaker": "0"}),
    "stability": (Operation.STANDARD, {"enable_partial_results_stabilization": True}, {"stable": True}),
    "a filter that tags": (
        Operation.STANDARD,
        {"vocabulary_filter_name": "rude", "vocabulary_filter_method": "tag"},
        {"vocabulary_filter_match": False},
    ),
}


@pytest.mark.parametrize(("operation", "given", "more"), ASKED.values(), ids=ASKED)
def test_what_was_asked_for_is_on_items(
    operation: Operation, given: dict[str, object], more: dict[str, Any]
) -> None:
    """Each parameter brings its member and no other."""
    final = shown(result("my name is Ann Lee", **RICH), operation, **given)
    assert final == result("my name is Ann Lee", item={"confidence": 0.9, **more})


@pytest.mark.parametrize("flag", ["identify-language", "identify-multiple-languages"])
def test_languages(flag: str) -> None:
    """With identification the language that an engine has found is told."""
    given = {"language_code": None, "language_options": "en-US,de-DE", flag: True}
    final = shown(result("yes", **RICH), **given)
    assert (final.language_code, final.language_identification) == (
        "en-US",
        RICH["language_identification"],
    )


def test_channels() -> None:
    """With channel identification each result says where it was heard, whatever the engine says."""
    stereo = shape(enable_channel_identification=True, number_of_channels=2)
    assert stereo.channels == 2
    events = [event for channel in (0, 1) for event in stereo.events(channel, result("yes", **RICH))]
    assert [event.results[0].channel_id for event in events if isinstance(event, Transcript)] == [
        "ch_0",
        "ch_1",
    ]


def test_one_alternative() -> None:
    """AWS sends one; an engine that has none has heard nothing."""
    said = result("yes")
    two = replace(said, alternatives=(*said.alternatives, *result("yet").alternatives))
    assert shown(two).alternatives == said.alternatives
    assert [each.transcript for each in shown(replace(said, alternatives=())).alternatives] == [""]


TYPES: dict[str, tuple[dict[str, object], list[str | None]]] = {
    "nothing": ({}, []),
    "all": ({"content_identification_type": "PII"}, ["NAME", "PHONE"]),
    "all by name": ({"content_identification_type": "PII", "pii_entity_types": "ALL"}, ["NAME", "PHONE"]),
    "one": ({"content_identification_type": "PII", "pii_entity_types": "PHONE"}, ["PHONE"]),
    "several": ({"content_identification_type": "PII", "pii_entity_types": "SSN, NAME"}, ["NAME"]),
}


@pytest.mark.parametrize(("given", "types"), TYPES.values(), ids=TYPES)
def test_entities(given: dict[str, object], types: list[str | None]) -> None:
    """Only what was asked for is labelled, and the text stays."""
    said = result(PERSONAL, entities=[NAME, PHONE])
    best = shown(said, **given).alternatives[0]
    assert [each.type for each in best.entities] == types
    assert best.transcript == said.alternatives[0].transcript
    assert {each.content for each in best.entities} <= {"Ann Lee", "five five"}


def test_health_data() -> None:
    """Medical entities are of the category PHI and have no type; personal data is none of them."""
    health = replace(NAME, category="PHI")
    final = shown(
        result(PERSONAL, entities=[health, PHONE]), Operation.MEDICAL, content_identification_type="PHI"
    )
    assert final.alternatives[0].entities == (replace(health, type=None),)


def test_redaction() -> None:
    """The label stands for the words, in the text, in one item over their time, and in the entity."""
    best = shown(result(PERSONAL, entities=[NAME, PHONE]), content_redaction_type="PII").alternatives[0]
    assert best.transcript == "my name is [NAME], call [PHONE]."
    assert contents(best.items) == ["my", "name", "is", "[NAME]", ",", "call", "[PHONE]", "."]
    times = [(item.start_time, item.end_time) for item in best.items if item.content == "[NAME]"]
    assert times == [(0.9, 1.5)]
    assert [(each.content, each.start_time) for each in best.entities] == [("[NAME]", 0.9), ("[PHONE]", 1.8)]


def test_redaction_of_some() -> None:
    """Other personal data stays as it was said, and unlabelled."""
    given = {"content_redaction_type": "PII", "pii_entity_types": "PHONE"}
    best = shown(result(PERSONAL, entities=[NAME, PHONE]), **given).alternatives[0]
    assert best.transcript == "my name is Ann Lee, call [PHONE]."
    assert [each.type for each in best.entities] == ["PHONE"]


def test_an_entity_without_a_type() -> None:
    """Is redacted by its category."""
    said = result(PERSONAL, entities=[replace(NAME, type=None, category=None)])
    assert (
        shown(said, content_redaction_type="PII").alternatives[0].transcript.startswith("my name is [PII],")
    )


def test_redacted_words_are_redacted_in_partials_too() -> None:
    """If an engine knows an entity early, its words are not shown early."""
    partial = shown(result(PERSONAL, entities=[NAME], partial=True), content_redaction_type="PII")
    assert partial.alternatives[0].transcript.startswith("my name is [NAME],")
    assert partial.alternatives[0].entities == ()


METHODS: dict[str, tuple[str | None, str, list[bool | None]]] = {
    "remove": ("remove", "oh, what the man", [None] * 5),
    "mask": ("mask", "oh ***, what the *** man", [None] * 7),
    "mask is the default": (None, "oh ***, what the *** man", [None] * 7),
    "tag": ("tag", "oh Darn, what the heck man", [False, True, False, False, False, True, False]),
}


@pytest.mark.parametrize(("method", "text", "matches"), METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("partial", [True, False], ids=["partial", "final"])
def test_vocabulary_filters(
    method: str | None, text: str, matches: list[bool | None], *, partial: bool
) -> None:
    """Whole words in any case, in partials as in finals, in items as in the text."""
    given = {"vocabulary_filter_name": "rude", "vocabulary_filter_method": method}
    said = result("oh Darn , what the heck man", partial=partial)
    best = shown(said, **given).alternatives[0]
    assert best.transcript == text
    assert [item.vocabulary_filter_match for item in best.items] == matches
    assert "".join(contents(best.items)) == text.replace(" ", "")


def test_a_filter_matches_whole_words() -> None:
    """And punctuation that an engine leaves on a word is no part of it."""
    best = shown(result("darned checks darn, it"), vocabulary_filter_name="rude").alternatives[0]
    assert best.transcript == "darned checks ***, it"


LANGUAGES: dict[str, tuple[str | None, str]] = {
    "the first": ("en-US", "*** so ein mist ***"),
    "the other": ("de-DE", "darn so ein *** ***"),
    "none that is said": (None, "*** so ein *** ***"),
}


@pytest.mark.parametrize(("language", "text"), LANGUAGES.values(), ids=LANGUAGES)
def test_a_filter_is_for_its_language(language: str | None, text: str) -> None:
    """A filter of another language is not applied; one without a language always is."""
    given = {**IDENTIFIED, "vocabulary_filter_names": "rude,grob,any"}
    said = result("darn so ein mist foo", language_code=language)
    assert shown(said, **given).alternatives[0].transcript == text


def test_a_filter_of_another_language_than_the_stream() -> None:
    """As AWS has it, it does nothing."""
    said = result("so ein mist")
    given = {"vocabulary_filter_name": "grob", "vocabulary_filter_method": "tag"}
    assert shown(said, **given) == said


def test_stable_words_stay_through_redaction_and_filters() -> None:
    """The recogniser's words are kept before they are masked; a redacted name is never brought back."""
    stream = shape(
        enable_partial_results_stabilization=True,
        partial_results_stability="medium",
        vocabulary_filter_name="rude",
        content_redaction_type="PII",
    )
    texts = [
        event.results[0].alternatives[0].transcript
        for said in (
            result("darn my name is Ann", partial=True),
            result("barn my name is Ann Lee", entities=[replace(NAME, start_time=1.2, end_time=1.8)]),
        )
        for event in stream.events(0, said)
        if isinstance(event, Transcript)
    ]
    assert texts == ["*** my name is Ann", "*** my name is [NAME]"]


def test_only_stabilised_streams_ask_the_engine_not_to_think_again() -> None:
    """The parameter, whatever the level."""
    assert not shape().stabilised
    assert not shape(partial_results_stability="low").stabilised
    assert shape(enable_partial_results_stabilization=True).stabilised


def test_channels_are_stabilised_apart() -> None:
    """Two engines may use one segment's name twice."""
    stereo = shape(
        enable_channel_identification=True, number_of_channels=2, enable_partial_results_stabilization=True
    )
    list(stereo.events(0, result("one two three", partial=True)))
    (event,) = stereo.events(1, result("six seven"))
    assert isinstance(event, Transcript)
    assert event.results[0].alternatives[0].transcript == "six seven"


def issue(begin: int, end: int) -> IssueDetected:
    return IssueDetected(character_offsets=CharacterOffsets(begin=begin, end=end))


def test_an_utterance() -> None:
    """Milliseconds, a role, a language; no speaker."""
    said = Spoken(
        result=result("yes , sir", start=1.5, item={"confidence": 0.9, "speaker": "0"}),
        sentiment="POSITIVE",
        issues=(issue(0, 3),),
    )
    utterance = uttered(said)
    assert (utterance.begin_offset_millis, utterance.end_offset_millis) == (1500, 2100)
    assert (utterance.participant_role, utterance.language_code) == ("AGENT", "en-US")
    assert (utterance.transcript, utterance.sentiment) == ("yes, sir", "POSITIVE")
    assert utterance.issues_detected == (issue(0, 3),)
    assert [
        (item.content, item.begin_offset_millis, item.end_offset_millis, item.confidence)
        for item in utterance.items
    ] == [("yes", 1500, 1800, 0.9), (",", 1800, 1800, None), ("sir", 1800, 2100, 0.9)]


def test_a_partial_utterance_has_no_opinion() -> None:
    """Sentiment, issues, entities and confidence come with the final."""
    said = Spoken(
        result=result("yes", partial=True, item={"confidence": 0.9}),
        sentiment="POSITIVE",
        issues=(issue(0, 3),),
    )
    utterance = uttered(said)
    assert (utterance.sentiment, utterance.issues_detected) == (None, ())
    assert utterance.items[0].confidence is None


def test_issues_in_languages_without_them() -> None:
    """AWS finds issues in three kinds of English only."""
    said = Spoken(result=result("ja"), issues=(issue(0, 2),))
    assert uttered(said, language_code="de-DE").issues_detected == ()
    assert uttered(said, language_code="en-GB").issues_detected == (issue(0, 2),)


def test_issues_in_redacted_and_filtered_text() -> None:
    """Their offsets are those of the text that is sent."""
    text = "oh darn my name is Ann Lee and I must cancel"
    begin = text.index("I must")
    said = Spoken(
        result=result(text, entities=[replace(NAME, start_time=1.5, end_time=2.1)]),
        issues=(issue(begin, len(text)),),
    )
    given = {"content_redaction_type": "PII", "vocabulary_filter_name": "rude"}
    utterance = uttered(said, vocabulary_filter_method="remove", **given)
    assert utterance.transcript == "oh my name is [NAME] and I must cancel"
    offsets = utterance.issues_detected[0].character_offsets
    assert utterance.transcript[offsets.begin : offsets.end] == "I must cancel"
    assert (utterance.entities[0].content, utterance.entities[0].begin_offset_millis) == ("[NAME]", 1500)


def test_utterances_have_stability_and_matches() -> None:
    """The parameters that calls share with standard streams act on them as well."""
    given = {"vocabulary_filter_name": "rude", "vocabulary_filter_method": "tag"}
    utterance = uttered(result("darn it"), enable_partial_results_stabilization=True, **given)
    assert [(item.stable, item.vocabulary_filter_match) for item in utterance.items] == [
        (True, True),
        (True, False),
    ]


def test_roles_come_from_the_configuration() -> None:
    """Channel by channel; without one the audio has one channel and an agent."""
    call = shape(Operation.CALL_ANALYTICS)
    assert call.channels == 1
    call.configure(Configuration(channel_definitions=((0, "CUSTOMER"), (1, "AGENT"))))
    assert call.channels == 2
    events: list[Event] = [event for channel in (0, 1) for event in call.events(channel, result("yes"))]
    assert [event.participant_role for event in events if isinstance(event, Utterance)] == [
        "CUSTOMER",
        "AGENT",
    ]


def test_categories_belong_to_calls() -> None:
    """What an engine calls a match is passed on in a call and nowhere else."""
    points = PointsOfInterest(timestamp_ranges=(TimestampRange(begin_offset_millis=0, end_offset_millis=9),))
    category = Category(matched_categories=("c",), matched_details={"phrase": points})
    assert list(shape(Operation.CALL_ANALYTICS).events(0, category)) == [category]
    assert list(shape().events(0, category)) == []


def test_an_item_as_it_is_said() -> None:
    """A stream that asks for nothing special gets the engine's own words, untouched."""
    said = result("One  hundred")
    odd = replace(
        said,
        alternatives=(
            replace(said.alternatives[0], transcript="100", items=(Item(start_time=0, end_time=1),)),
        ),
    )
    assert shown(odd) == odd
