"""Catalogue and probes."""

import pytest

from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.modes import Ambient
from scribepass.policy import parse
from scribepass.transcribe import Operation
from scribepass.transcribe.catalogue import AS_OF
from support.clock import Clock
from support.credentials import Source, settle
from support.service import BEARER, Service, service


def test_the_catalogue_says_what_is_vended_here() -> None:
    """Regions, operations and encodings, and each language with its name and what it can."""
    it = service(
        settings={"region": "eu-west-1", "regions": "eu-west-1,af-south-1"},
        operations=(Operation.STANDARD, Operation.MEDICAL),
    )
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    languages = {each["code"]: each for each in found.pop("languages")}
    assert found == {
        "as_of": AS_OF,
        "operations": ["standard", "medical"],
        "default_region": "eu-west-1",
        "regions": ["eu-west-1", "af-south-1"],
        "encodings": ["pcm", "ogg-opus", "flac"],
        "max_expires_in": 300,
        "locked": {},
        "defaults": {},
    }
    assert languages["en-US"] == {
        "code": "en-US",
        "name": "English, US",
        "operations": ["standard", "medical"],
        "regions": ["eu-west-1", "af-south-1"],
        "capabilities": {
            "numbers": True,
            "acronyms": True,
            "custom_language_model": True,
            "redaction": True,
            "call_analytics": True,
        },
    }
    assert languages["am-ET"]["regions"] == ["eu-west-1"]
    assert languages["am-ET"]["operations"] == ["standard"]
    assert list(languages) == sorted(languages)


def test_a_language_that_no_region_here_has_is_not_offered() -> None:
    """A picker shows only what will work."""
    found = service(settings={"region": "af-south-1"}).client.get("/catalogue", headers=BEARER).json
    assert found is not None
    assert "am-ET" not in {each["code"] for each in found["languages"]}


def test_every_language_of_the_catalogue_gets_a_ticket(it: Service) -> None:
    """What is offered is vended."""
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    assert len(found["languages"]) > 90
    for language in found["languages"]:
        answer = it.get(f"language-code={language['code']}&media-encoding=flac&sample-rate=48000")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_liveness_does_no_work(it: Service, method: str) -> None:
    """It answers while credentials are away, and says nothing about them."""
    it.held.credentials = None
    assert it.client.open("/healthz", method=method).status_code == 200
    assert it.client.get("/healthz").json == {"status": "ok"}


def test_readiness_follows_the_credentials(it: Service) -> None:
    """Ready while a URL can be signed; otherwise a 503 with Retry-After that tells no detail."""
    assert it.client.get("/readyz").json == {"status": "ready"}
    it.clock.advance(3600 - 44)
    answer = it.client.get("/readyz")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert answer.json is not None
    assert answer.json["code"] == "not_ready"
    assert "problems" not in answer.json


def test_probes_never_ask_the_source() -> None:
    """A thousand probes of a cold process with STS down: its own pace, and not one attempt more."""
    clock = Clock()
    source = Source(clock)
    source.die()
    cache = RefreshAhead(source, clock=clock, monotonic=clock.monotonic)
    it = service()
    it.vendor._supplies = Ambient(cache)
    try:
        for _ in range(1000):
            assert it.client.get("/readyz").status_code == 503
        settle(cache)
        assert source.calls == 1
        source.revive()
        clock.advance(15)
        settle(cache)
        assert it.client.get("/readyz").status_code == 200
    finally:
        cache.close()


POLICY = """
[default]
operations = ["standard"]
regions = ["eu-west-1"]
languages = ["en-US", "am-ET"]
encodings = ["pcm"]
max_expires_in = 60
[default.locked]
content-redaction-type = "PII"
[default.defaults]
show-speaker-label = true
"""


def test_the_catalogue_offers_what_this_caller_may_use() -> None:
    """A picker that is filled from it never leads to a 403: also languages that a lock makes useless."""
    it = service(
        settings={"region": "eu-west-1", "regions": "eu-west-1,us-east-1"},
        operations=(Operation.STANDARD, Operation.MEDICAL),
        policy=parse(POLICY),
    )
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    assert [each["code"] for each in found.pop("languages")] == ["en-US"]
    assert found == {
        "as_of": AS_OF,
        "operations": ["standard"],
        "default_region": "eu-west-1",
        "regions": ["eu-west-1"],
        "encodings": ["pcm"],
        "max_expires_in": 60,
        "locked": {"standard": {"content-redaction-type": "PII"}},
        "defaults": {"standard": {"show-speaker-label": "true"}},
    }


def test_a_caller_without_the_default_region_has_another() -> None:
    """Whoever names no region gets one that it may use."""
    it = service(
        settings={"region": "us-east-1", "regions": "us-east-1,eu-west-1,eu-central-1"},
        policy=parse('[default]\nregions = ["eu-central-1", "eu-west-1"]\n'),
    )
    assert it.client.get("/catalogue", headers=BEARER).json["default_region"] == "eu-west-1"
    assert it.post().json["region"] == "eu-west-1"


def test_a_caller_of_no_region_has_no_default() -> None:
    """Nor a language; the deployment's own would be refused."""
    it = service(policy=parse("[default]\nregions = []\n"))
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    assert (found["default_region"], found["regions"], found["languages"]) == (None, [], [])
    assert it.post().status_code == 403


def test_the_catalogue_offers_what_is_locked_alone() -> None:
    """The one language, of the operation in which it is; of encodings, which all have, what each can have."""
    it = service(
        operations=tuple(Operation),
        policy=parse("""
            [default]
            languages = ["de-DE", "en-US", "it-IT"]
            [default.locked.standard]
            language-code = "de-DE"
            media-encoding = "flac"
        """),
    )
    found = it.client.get("/catalogue", headers=BEARER).json
    assert found is not None
    assert {each["code"]: each["operations"] for each in found["languages"]} == {
        "de-DE": ["standard", "call-analytics"],
        "en-US": ["medical", "call-analytics"],
        "it-IT": ["call-analytics"],
    }
    assert found["encodings"] == ["flac"]


def test_an_encoding_that_nobody_documents_is_offered_where_it_is_locked() -> None:
    """There is no other, and the operator said so."""
    it = service(policy=parse('[default.locked]\nmedia-encoding = "g729"\n'))
    assert it.client.get("/catalogue", headers=BEARER).json["encodings"] == ["g729"]


def test_a_closed_session_is_an_empty_answer(it: Service) -> None:
    """204, again and again; and 404 for whatever was never issued to this caller."""
    ticket = it.post().json
    assert ticket is not None
    path = f"/sessions/{ticket['ticket_id']}/closed"
    for _ in range(2):
        answer = it.client.post(path, headers=BEARER)
        assert (answer.status_code, answer.data) == (204, b"")
    for wrong in ("tk_x", "tk_" + "A" * 56, "%0a", "tk_ "):
        answer = it.client.post(f"/sessions/{wrong}/closed", headers=BEARER)
        assert (answer.status_code, answer.json["code"]) == (404, "unknown_ticket")
    assert it.client.post(path).status_code == 401
    assert it.client.get(path, headers=BEARER).status_code == 405
