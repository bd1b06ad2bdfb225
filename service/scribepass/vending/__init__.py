"""The one use case: a caller asks for a stream and is given a ticket."""

from .identity import CallerNames
from .signing import MARGIN, MIN_EXPIRES
from .tickets import Ticket, TicketRequest
from .vendor import SESSION_ID_RESERVED, Deployment, Vendor

__all__ = [
    "MARGIN",
    "MIN_EXPIRES",
    "SESSION_ID_RESERVED",
    "CallerNames",
    "Deployment",
    "Ticket",
    "TicketRequest",
    "Vendor",
]
