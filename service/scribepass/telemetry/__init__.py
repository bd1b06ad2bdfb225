"""What the service says about itself: JSON lines, each without secrets."""

from .logs import EventLog, begin_request, configure, end_request, get_log
from .redaction import REDACTED, protect, redact_text

__all__ = [
    "REDACTED",
    "EventLog",
    "begin_request",
    "configure",
    "end_request",
    "get_log",
    "protect",
    "redact_text",
]
