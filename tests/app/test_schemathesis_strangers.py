"""Schemathesis, every check on, with credentials that somebody made up beside or instead of the right one."""

import pytest

from support.contract import cases_of, document, each, sent

CASES = 3000
EACH = 700

pytestmark = pytest.mark.timeout(600)

for _name, _schema in each(document()):
    vars()[f"test_{_name}"] = cases_of(_schema, EACH)


def test_so_many_were_sent() -> None:
    """Of which none brought about a server's error: every check looked at the answer."""
    if not sent:
        pytest.skip("the tests above were not run")
    assert sent.total() >= CASES, sent
