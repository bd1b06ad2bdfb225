"""The catalogue by itself; ``test_facts.py`` compares it with the reference data."""

import re

import pytest

from scribepass.transcribe.catalogue import (
    LANGUAGES,
    OPERATION_OF_PATH,
    REGIONS,
    Operation,
    language_available,
    languages_in,
    languages_of,
)


@pytest.mark.parametrize(
    ("operation", "path", "action"),
    [
        ("standard", "/stream-transcription-websocket", "transcribe:StartStreamTranscriptionWebSocket"),
        (
            "medical",
            "/medical-stream-transcription-websocket",
            "transcribe:StartMedicalStreamTranscriptionWebSocket",
        ),
        (
            "call-analytics",
            "/call-analytics-stream-transcription-websocket",
            "transcribe:StartCallAnalyticsStreamTranscriptionWebSocket",
        ),
    ],
)
def test_operations(operation, path, action):
    """Each operation has the path and the IAM action that AWS documents, and is found by its path."""
    found = Operation(operation)
    assert (found.path, found.action, OPERATION_OF_PATH[path]) == (path, action, found)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "transcribestreaming.us-east-1.amazonaws.com:8443"),
        ("cn-north-1", "transcribestreaming.cn-north-1.amazonaws.com.cn:8443"),
        ("us-gov-west-1", "transcribestreaming.us-gov-west-1.amazonaws.com:8443"),
        ("us-iso-east-1", "transcribestreaming.us-iso-east-1.c2s.ic.gov:8443"),
        ("us-isof-south-1", "transcribestreaming.us-isof-south-1.csp.hci.ic.gov:8443"),
    ],
)
def test_a_host_has_its_partitions_suffix_and_the_port(region, host):
    """The host is what must be signed, so the port belongs to it."""
    assert REGIONS[region].host == host


def test_codes_are_unique_sorted_and_well_formed():
    """A row of the table that was mistyped does not pass."""
    assert list(LANGUAGES) == sorted(LANGUAGES)
    assert all(re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", code) for code in LANGUAGES)
    assert all(language.name and language.name[0].isupper() for language in LANGUAGES.values())


@pytest.mark.parametrize(
    ("region", "language", "available"),
    [
        ("us-east-1", "en-US", True),
        ("us-east-1", "cy-WL", True),
        ("ap-northeast-1", "en-US", True),
        ("ap-northeast-1", "cy-WL", False),
        ("us-east-1", "xx-XX", False),
        ("eu-north-1", "en-US", False),
    ],
)
def test_a_language_can_be_restricted_to_regions(region, language, available):
    """Newer languages are missing in five regions; what is not listed is nowhere available."""
    assert language_available(region, language) is available


def test_languages_of_a_region_and_of_an_operation():
    """Lists are by code, and leave out what cannot be streamed there."""
    assert len(languages_in("us-east-1")) == len(LANGUAGES) == 99
    assert len(languages_in("ap-northeast-1")) == 54
    assert languages_in("eu-north-1") == ()
    assert [each.code for each in languages_of(Operation.MEDICAL)] == ["en-US"]
    assert languages_of(Operation.STANDARD) == tuple(LANGUAGES.values())
    assert [each.code for each in languages_of(Operation.CALL_ANALYTICS)] == (
        ["de-DE", "en-AU", "en-GB", "en-US", "es-US", "fr-CA", "fr-FR", "it-IT", "pt-BR"]
    )
