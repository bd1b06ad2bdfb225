"""Hypothesis strategies for event-stream messages, and frames that lie under checksums that are right."""

import struct
from datetime import UTC, datetime, timedelta
from zlib import crc32

from hypothesis import strategies as st

from scribepass.eventstream import Header, Headers, HeaderType, Message

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_texts = st.text(max_size=30)
_values = {
    HeaderType.TRUE: st.just(value=True),
    HeaderType.FALSE: st.just(value=False),
    HeaderType.BYTE: st.integers(-(2**7), 2**7 - 1),
    HeaderType.SHORT: st.integers(-(2**15), 2**15 - 1),
    HeaderType.INTEGER: st.integers(-(2**31), 2**31 - 1),
    HeaderType.LONG: st.integers(-(2**63), 2**63 - 1),
    HeaderType.BYTES: st.binary(max_size=300),
    HeaderType.STRING: _texts,
    HeaderType.TIMESTAMP: st.integers(-62_135_596_800_000, 253_402_300_799_999).map(
        lambda milliseconds: EPOCH + timedelta(milliseconds=milliseconds)
    ),
    HeaderType.UUID: st.uuids(),
}
names = _texts.filter(lambda name: 1 <= len(name.encode()) <= 255)
header_values = st.sampled_from(HeaderType).flatmap(
    lambda type_: st.tuples(st.just(type_), _values[type_]),
)


def _headers(values: dict[str, tuple[HeaderType, object]]) -> Headers:
    return tuple(Header(name, type_, value) for name, (type_, value) in values.items())  # type: ignore[arg-type]


headers = st.dictionaries(names, header_values, max_size=8).map(_headers)
messages = st.builds(Message, headers, st.binary(max_size=500))


def enframe(
    block: bytes, payload: bytes = b"", *, total: int | None = None, headers: int | None = None
) -> bytes:
    """A frame whose lengths may lie and whose checksums are right all the same."""
    lengths = struct.pack(
        ">II",
        16 + len(block) + len(payload) if total is None else total,
        len(block) if headers is None else headers,
    )
    body = lengths + struct.pack(">I", crc32(lengths)) + block + payload
    return body + struct.pack(">I", crc32(body))
