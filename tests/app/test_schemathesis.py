"""Schemathesis, every check on: what the document allows is served, and what it does not is refused.

With what ``test_schemathesis_strangers`` sends there are ten thousand cases.
"""

import pytest

from support.contract import cases_of, each, sent, with_key

CASES = 7000
PRESIGN, OTHERS = 1500, 3000

pytestmark = pytest.mark.timeout(600)

# A test for each operation: those that share a name cannot be handed to several processes.
for _name, _schema in each(with_key()):
    # Queries and bodies of all three operations; reports of closed sessions, catalogue and probes.
    vars()[f"test_{_name}"] = cases_of(_schema, PRESIGN if _name.endswith("presign") else OTHERS)


def test_so_many_were_sent() -> None:
    """Of which no small part was served."""
    if not sent:
        pytest.skip("the tests above were not run")
    assert sent.total() >= CASES, sent
    assert sent[200] + sent[201] >= CASES / 20, sent
