"""Catalogue and probes."""

import pytest

from scribepass.credentials.cache import RefreshAhead
from scribepass.transcribe import Operation
from scribepass.transcribe.catalogue import AS_OF
from scribepass.vending import Vendor
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
    assert answer.json["code"] == "credentials_unavailable"
    assert "problems" not in answer.json


def test_probes_never_ask_the_source() -> None:
    """A thousand probes of a cold process with STS down: its own pace, and not one attempt more."""
    clock = Clock()
    source = Source(clock)
    source.die()
    cache = RefreshAhead(source, clock=clock, monotonic=clock.monotonic)
    it = service()
    it.vendor._suppliers = {Operation.STANDARD: cache}
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


def test_a_vendor_without_credentials_is_not_ready() -> None:
    """One that has no operations has nothing to wait for."""
    nothing = Vendor(credentials={}, regions=(), default_region="us-east-1", clock=Clock())
    assert nothing.ready()
