"""Cases that Schemathesis makes of the OpenAPI document, sent to the service behind it, every check on."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import Case
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import BaseSchema

from scribepass.transcribe import Operation
from scribepass.transcribe.values import split

from .service import BEARER, service

SEED = 20261122

sent: Counter[int] = Counter()
"""Answers by status, in this process: what shares the count stands in one file, which is never divided."""


def document() -> BaseSchema:
    """The document as the service serves it, with every operation, and the service behind it."""
    found = schemathesis.openapi.from_wsgi("/openapi.json", service(operations=tuple(Operation)).app)
    # More than is read at all is refused as well: a check that knows no length would not count that.
    rejection = found.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413", "414"]
    return found


def with_key() -> BaseSchema:
    """Every case carries the test's key, and nothing else that looks like a credential."""
    found = document()
    found.config.generation.with_security_parameters = False
    return found


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )


def check(case: Case) -> None:
    """Send it and look at the answer with every check that there is."""
    if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
        put_right(case.body if case.method == "POST" else case.query)
    answer = case.call(headers=BEARER)
    sent[answer.status_code] += 1
    case.validate_response(answer, headers=BEARER)


def put_right(asked: object) -> None:
    """Change what JSON Schema cannot say is wrong with a request.

    It calls 60.0 an integer, and has no word for a list of one dialect per language, nor for "one of those".
    """
    if not isinstance(asked, dict):
        return
    asked |= {name: int(value) for name, value in asked.items() if isinstance(value, float)}
    options = split(str(asked.get("language-options", "")))
    if len({code.partition("-")[0] for code in options}) < len(options):
        options = ["en-US", "de-DE"]
        asked["language-options"] = ",".join(options)
    if "preferred-language" in asked:
        asked["preferred-language"] = options[0]


def each(schema: BaseSchema) -> Iterator[tuple[str, BaseSchema]]:
    """The document's operations but for itself, one by one, by a name that can be a test's."""
    for path, methods in schema.raw_schema["paths"].items():
        for method in methods if path != "/openapi.json" else ():
            name = f"{method}{re.sub('[^a-z]+', '_', path)}"
            yield name, schema.include(path=path, method=method.upper())


def cases_of(schema: BaseSchema, number: int) -> Callable[[Case], None]:
    def test(case: Case) -> None:
        check(case)

    found: Callable[[Case], None] = schema.parametrize()(seed(SEED)(examples(number)(test)))
    return found
