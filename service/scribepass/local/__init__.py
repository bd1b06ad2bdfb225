"""A local AWS: an STS that boto3 can use and a Transcribe streaming endpoint that checks what AWS checks.

::

    connect ─► sniffing ─┬─ GET ───► aws (websockets) ─► handshake: signature, policy, parameters
                (ALPN)   │            └─ stream: events ─► recognition ─► results ─► events
                         ├─ PRI, h2 ► http2 (h2) ──────► the same, many streams on one connection
                         └─ else ──► http (h11) ─► sts
    control (h11), on a port of its own ─► faults, script, clock, what was seen

Every request is held to access first: Host and Origin. What is seen goes into the journal, which control, the
inspector and other people's tests read.

One port on loopback and one for TLS, one asyncio loop; speech is recognised in a child process per stream.
"""

from __future__ import annotations
