"""Spans: one for each request, at the collector that is named, with nothing in them that is secret."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from scribepass.telemetry import tracing
from scribepass.telemetry.tracing import Traced, trace, wanted
from support.collecting import Collector, collecting
from support.logs import Lines
from support.stack import free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

SECRETS = ("canary-query", "canary-header", "canary-path", "canary-state", "canary-error")
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Environ = dict[str, Any]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    with collecting() as it:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", it.url)
        yield it


def app(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the status that is asked for."""
    status = environ.get("test.status", "200 OK")
    if status == "raise":
        raise RuntimeError(SECRETS[-1])
    start_response(status, [("X-Secret", "canary-header")])
    return [b"canary-body"]


def route_of(environ: Environ) -> str | None:
    path = environ["PATH_INFO"]
    return "/sessions/<ticket_id>/closed" if path.startswith("/sessions/") else None


def request(path: str = "/sessions/canary-path/closed", method: str = "POST", **more: str) -> Environ:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "X-Amz-Signature=canary-query",
        "HTTP_AUTHORIZATION": "Bearer canary-header",
        "HTTP_HOST": "canary-header",
        **more,
    }


def served(traced: Any, environ: Environ) -> bytes:
    return b"".join(traced(environ, lambda *_: None))


def spans_of(collector: Collector, *environs: Environ) -> list[Span]:
    traced = trace(app, route_of=route_of)
    assert isinstance(traced, Traced)
    for environ in environs:
        served(traced, environ)
    traced.close()
    return collector.spans


def attributes(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_request_is_a_span(collector: Collector) -> None:
    """Named by method and route, of the kind SERVER, with the conventions' attributes and no others."""
    (span,) = spans_of(collector, request())
    assert span.name == "POST /sessions/<ticket_id>/closed"
    assert span.kind == Span.SPAN_KIND_SERVER
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.route": "/sessions/<ticket_id>/closed",
        "http.response.status_code": 200,
    }
    assert not span.events
    assert collector.paths == ["/v1/traces"]
    assert collector.resource["service.name"] == "scribepass"


def test_nothing_that_was_sent_is_in_a_span(collector: Collector) -> None:
    """Neither path nor query, no header, no body, not what an exception says."""
    environs = [request(), request("/canary-path"), request(HTTP_TRACEPARENT="canary-header")]
    states = request(HTTP_TRACEPARENT=PARENT, HTTP_TRACESTATE="canary=canary-state")
    traced = trace(app, route_of=route_of)
    for environ in (*environs, states):
        served(traced, environ)
    with pytest.raises(RuntimeError):
        served(traced, request(**{"test.status": "raise"}))
    assert isinstance(traced, Traced)
    traced.close()
    assert len(collector.spans) == 5
    assert not re.search(b"(?i)canary|x-amz", b"".join(collector.bodies))


def test_a_trace_goes_on(collector: Collector) -> None:
    """With a traceparent the span is its child; with a bad one it begins a trace."""
    child, root = spans_of(
        collector, request(HTTP_TRACEPARENT=PARENT), request(HTTP_TRACEPARENT=PARENT.replace("-", "_"))
    )
    assert child.trace_id.hex() == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert child.parent_span_id.hex() == "00f067aa0ba902b7"
    assert root.parent_span_id == b""
    assert root.trace_id != child.trace_id


@pytest.mark.parametrize(
    ("environ", "name", "expected"),
    [
        pytest.param(request("/nowhere", "GET"), "GET", {"http.request.method": "GET"}, id="no route"),
        pytest.param(request(method="canary"), "HTTP /sessions/<ticket_id>/closed",
                     {"http.request.method": "_OTHER", "http.route": "/sessions/<ticket_id>/closed"},
                     id="no method of HTTP"),
    ],
)  # fmt: skip
def test_names_are_few(collector: Collector, environ: Environ, name: str, expected: dict[str, str]) -> None:
    """What a caller chooses is no part of a name."""
    (span,) = spans_of(collector, environ)
    assert span.name == name
    assert attributes(span) == {**expected, "http.response.status_code": 200}


@pytest.mark.parametrize(
    ("status", "code"), [("404 Not Found", Status.STATUS_CODE_UNSET), ("503 Busy", Status.STATUS_CODE_ERROR)]
)
def test_only_our_faults_are_errors(collector: Collector, status: str, code: int) -> None:
    """A refused request is a good answer."""
    (span,) = spans_of(collector, request(**{"test.status": status}))
    assert attributes(span)["http.response.status_code"] == int(status[:3])
    assert span.status.code == code
    assert span.status.message == ""


def test_each_process_has_an_exporter_of_its_own(collector: Collector) -> None:
    """Made with the first request there: what is made before a fork does not live in the child."""
    traced = trace(app, route_of=route_of)
    assert isinstance(traced, Traced)
    served(traced, request())
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            served(traced, request("/child", "GET"))
            traced.close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    traced.close()
    assert sorted(each.name for each in collector.spans) == ["GET", "POST /sessions/<ticket_id>/closed"]


def test_a_dead_collector_costs_no_request(monkeypatch: pytest.MonkeyPatch, log: Lines) -> None:
    """Requests are served, the end of the process waits for a bounded time, no header is logged."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary-header")
    monkeypatch.setattr(tracing, "FLUSH_SECONDS", 0.2)
    traced = trace(app, route_of=route_of)
    assert isinstance(traced, Traced)
    assert served(traced, request()) == b"canary-body"
    begun = time.monotonic()
    traced.close()
    assert time.monotonic() - begun < 5
    assert "canary" not in log.text


def test_settings_of_the_sdk_that_it_cannot_read_cost_no_request(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, log: Lines
) -> None:
    """It is said once, and nothing is traced."""
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-1")
    traced = trace(app, route_of=route_of)
    assert isinstance(traced, Traced)
    assert [served(traced, request()) for _ in range(3)] == [b"canary-body"] * 3
    traced.close()
    assert len(log.named("tracing_off")) == 1
    assert collector.spans == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_SERVICE_NAME": "scribepass"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, True),
    ],
)
def test_it_is_off_unless_a_collector_is_named(environ: dict[str, str], expected: bool) -> None:
    """By either variable, with something in it."""
    assert wanted(environ) is expected


def test_without_the_extra_it_is_off_and_says_so(monkeypatch: pytest.MonkeyPatch, log: Lines) -> None:
    """One warning, and the application is served as it is."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert trace(app, route_of=route_of) is app
    (line,) = log.named("tracing_off")
    assert line["level"] == "warning"
    assert "otel" in line["reason"]


def test_nothing_is_imported_unless_it_is_wanted() -> None:
    """The module alone brings nothing of OpenTelemetry."""
    code = (
        "import sys, scribepass.telemetry.tracing\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
