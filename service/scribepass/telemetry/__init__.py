"""What the service says about itself: JSON lines, each without secrets."""

from .logs import EventLog, begin_request, configure, end_request, get_audit_log, get_log
from .measures import NULL_METRICS, Metrics
from .redaction import REDACTED, protect, redact_text

__all__ = [
    "NULL_METRICS",
    "REDACTED",
    "EventLog",
    "Metrics",
    "begin_request",
    "configure",
    "end_request",
    "get_audit_log",
    "get_log",
    "protect",
    "redact_text",
]
