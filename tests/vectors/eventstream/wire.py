"""Frames put together by hand, with struct and zlib alone: no codec, so a vector can catch ours."""

import re
import struct
import uuid
import zlib

TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, BYTES, STRING, TIMESTAMP, UUID = range(10)
NAMES = ("TRUE", "FALSE", "BYTE", "SHORT", "INTEGER", "LONG", "BYTES", "STRING", "TIMESTAMP", "UUID")


def crc(data):
    return struct.pack(">I", zlib.crc32(data))


def crc32c(data):
    """Castagnoli's polynomial, which a port may pick by mistake."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return struct.pack(">I", register ^ 0xFFFFFFFF)


def prelude(total, headers_length, *, checksum=None):
    lengths = struct.pack(">II", total, headers_length)
    return [lengths, crc(lengths) if checksum is None else checksum]


def frame(headers=b"", payload=b"", *, total=None, headers_length=None, prelude_crc=None, message_crc=None):
    """The parts of one frame. What is not given is right; checksums are right for what was given."""
    total = 16 + len(headers) + len(payload) if total is None else total
    headers_length = len(headers) if headers_length is None else headers_length
    parts = [*prelude(total, headers_length, checksum=prelude_crc), headers, payload]
    parts.append(crc(b"".join(parts)) if message_crc is None else message_crc)
    return parts


def raw_header(name, type_, value=b"", *, name_length=None):
    name = name.encode() if isinstance(name, str) else name
    return bytes([len(name) if name_length is None else name_length]) + name + bytes([type_]) + value


def sized(value, length=None):
    """A value of type BYTES or STRING: its length in two bytes, and itself."""
    return struct.pack(">H", len(value) if length is None else length) + value


def string(name, text):
    return raw_header(name, STRING, sized(text.encode()))


def value_bytes(type_, value):
    """The bytes of a value as it is written in the vectors."""
    if type_ in {TRUE, FALSE}:
        return b""
    if type_ in {BYTE, SHORT, INTEGER, LONG, TIMESTAMP}:
        code = {BYTE: "b", SHORT: "h", INTEGER: "i", LONG: "q", TIMESTAMP: "q"}[type_]
        return struct.pack(">" + code, int(value))
    if type_ == UUID:
        return uuid.UUID(value).bytes
    return sized(value.encode() if type_ == STRING else unhex(value))


def message(*headers, payload=b""):
    """One message as (its expected reading, the parts of its frame); headers are (name, type, value)."""
    block = b"".join(raw_header(name, type_, value_bytes(type_, value)) for name, type_, value in headers)
    reading = {
        "headers": [[name, NAMES[type_], value] for name, type_, value in headers],
        "payload": tohex([payload]),
    }
    return reading, frame(block, payload)


def tohex(parts):
    """Hex with a space between the parts; a byte that repeats 64 times or more is written ``61*64``."""
    words = []
    for part in parts:
        for run in re.finditer(rb"(?s)(.)\1{63,}|(?:(?!(.)\2{63}).)+", part):
            repeated = run.group(1)
            words.append(f"{repeated.hex()}*{len(run.group())}" if repeated else run.group().hex())
    return " ".join(words)


def unhex(text):
    words = (word.partition("*") for word in text.split())
    return b"".join(bytes.fromhex(word) * int(times or 1) for word, _, times in words)
