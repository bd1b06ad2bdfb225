"""HTTP/2 for the local AWS: many requests on one connection, each a stream of Transcribe's or a plain one.

::

    bytes ─► frames ─► connection (h2) ─┬─ requests: headers ─► SignedRequest ─► site: what is at which path
                                        └─ wire: one request's bytes in, and out as windows allow
"""

from __future__ import annotations

from .connection import Http2
from .site import Site
from .wire import Http2Wire

__all__ = ["Http2", "Http2Wire", "Site"]
