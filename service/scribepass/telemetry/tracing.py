"""A span for each request, sent to an OTLP collector where the operator names one.

Needs the extra ``otel``. Off by default, and then nothing of OpenTelemetry is imported. A span holds method,
route template and status: never a path, query, header or body, for presigned URLs must not get there.
All of the SDK's own ``OTEL_*`` variables mean what its documentation says; the protocol is http/protobuf.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .logs import get_log

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

__all__ = ["FLUSH_SECONDS", "Traced", "trace", "wanted"]

FLUSH_SECONDS = 5.0
"""How long the end of a process waits for a collector."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})

_log = get_log("tracing")


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether ``environ`` names a collector."""
    return any(environ.get(name) for name in _ENDPOINTS)


def trace(app: WSGIApplication, *, route_of: Callable[[WSGIEnvironment], str | None]) -> WSGIApplication:
    """``app`` with a span for each request, or as it is, and a warning, where the extra is missing.

    ``route_of`` is the template of the route that a request matches, such as ``/sessions/<id>``.
    """
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter  # noqa: F401, PLC0415 (may not be there)
    except ImportError:
        _log.warning("tracing_off", reason="the extra otel is not installed")
        return app
    return Traced(app, route_of=route_of)


class Traced:
    """A WSGI application that is traced. Exporter and threads begin with the first request after a fork."""

    def __init__(self, app: WSGIApplication, *, route_of: Callable[[WSGIEnvironment], str | None]) -> None:
        self._app = app
        self._route_of = route_of
        self._lock = threading.Lock()
        self._pid = 0
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve the request, and time it until its answer begins."""
        tracer = self._tracer if self._pid == os.getpid() else self._begun()
        if tracer is None:
            return self._app(environ, start_response)
        span = _span(tracer, environ, route=self._route_of(environ))

        def start(status: str, *rest: Any) -> Any:  # noqa: ANN401 (start_response's own)
            _end_with(span, int(status[:3]))
            return start_response(status, *rest)

        try:
            return self._app(environ, start)
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            span.end()

    def close(self) -> None:
        """Send what is left, if the collector takes it in time."""
        provider, self._provider = self._provider, None
        if provider is None or self._pid != os.getpid():
            return
        flush = threading.Thread(target=provider.shutdown, name="tracing-flush", daemon=True)
        flush.start()
        flush.join(FLUSH_SECONDS)

    def _begun(self) -> Tracer | None:
        with self._lock:
            if self._pid != os.getpid():
                self._provider = self._tracer = None
                try:
                    self._provider = _provider()
                    self._tracer = self._provider.get_tracer("scribepass")
                except Exception as error:  # noqa: BLE001 (a variable that the SDK cannot read stops no request)
                    _log.error("tracing_off", reason=type(error).__name__)
                self._pid = os.getpid()
        return self._tracer


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create()
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "scribepass"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # it would wait for 30 s
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _span(tracer: Tracer, environ: WSGIEnvironment, *, route: str | None) -> Span:
    from opentelemetry.trace import SpanKind  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    method = environ.get("REQUEST_METHOD", "")
    known = method in _METHODS
    # Not tracestate: whoever asks would choose what is stored.
    carrier = {"traceparent": environ.get("HTTP_TRACEPARENT", "")}
    attributes = {
        "http.request.method": method if known else "_OTHER",
        **({"http.route": route} if route else {}),
    }
    return tracer.start_span(
        " ".join([method if known else "HTTP", *([route] if route else [])]),
        context=TraceContextTextMapPropagator().extract(carrier),
        kind=SpanKind.SERVER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    )


def _end_with(span: Span, status: int) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
