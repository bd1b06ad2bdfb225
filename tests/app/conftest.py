"""The service with one API key, on a clock that moves by hand."""

import pytest

from support.service import Service, service


@pytest.fixture
def it() -> Service:
    return service()
