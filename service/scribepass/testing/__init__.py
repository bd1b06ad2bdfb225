"""A pytest plugin for other people's tests: an AWS in their own process, which hears what they tell it to.

::

    def test_captions(local_aws, monkeypatch):
        for name, value in local_aws.environment.items():
            monkeypatch.setenv(name, value)        # boto3, the SDKs and child processes go there
        local_aws.script(["hello world"])
        ...                                        # run what is to be tested
        (stream,) = local_aws.wait()
        assert stream.parameters["language-code"] == "en-US"
        assert len(stream.audio) == 32_000

``pip install 'scribepass[local]'`` brings it; pytest finds it by itself. The server runs in a thread of its
own for the whole session, and each test finds it as new. Nothing of it is loaded before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .running import Running
    from .view import LocalAws, ReceivedStream

__all__ = ["LocalAws", "ReceivedStream", "local_aws", "scribepass_url"]


def __getattr__(name: str) -> object:
    """The types of the fixtures, for annotations, loaded when somebody asks for them."""
    if name not in ("LocalAws", "ReceivedStream"):
        raise AttributeError(name)
    from . import view

    return getattr(view, name)


@pytest.fixture(scope="session")
def _local_aws_running() -> Iterator[Running]:
    from .running import Running

    with Running() as running:
        yield running


@pytest.fixture(scope="session")
def _scribepass_service(_local_aws_running: Running) -> Iterator[str]:
    from .service import service

    with service(sts=_local_aws_running.local.url, transcribe=_local_aws_running.local.endpoint) as url:
        yield url


@pytest.fixture
def local_aws(_local_aws_running: Running) -> Iterator[LocalAws]:
    """STS and Transcribe streaming on loopback, as new."""
    from .view import LocalAws

    _local_aws_running.call(lambda local: local.reset())  # streams of a test before may have ended since
    yield LocalAws(_local_aws_running)
    _local_aws_running.call(lambda local: local.reset())  # whoever is started for the next test finds it well


@pytest.fixture
def scribepass_url(local_aws: LocalAws, _scribepass_service: str) -> str:  # noqa: ARG001 - as new
    """Where a vending service listens that signs URLs for ``local_aws`` and asks callers for nothing."""
    return _scribepass_service
