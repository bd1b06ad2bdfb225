"""A local AWS: an STS that boto3 can use and a Transcribe streaming endpoint that checks what AWS checks.

::

    connect ─► sniffing ─┬─ GET ──► aws (websockets) ─► handshake: signature, policy, parameters
                         │           └─ stream: events ─► recognition ─► results ─► events
                         └─ else ─► http (h11) ─► sts
    control (h11), on a port of its own ─► faults, script, clock, what was seen

Every request is held to access first: Host and Origin. What is seen goes into the journal, which control, the
inspector and other people's tests read.

One port on loopback, one asyncio loop; speech is recognised in a child process per stream.
"""

from __future__ import annotations
