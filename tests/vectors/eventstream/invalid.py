"""What every decoder must refuse, and how. Checksums are right wherever they are not the point."""

import struct

from valid import AUDIO
from wire import (
    BYTE,
    BYTES,
    FALSE,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TRUE,
    UUID,
    crc,
    crc32c,
    frame,
    message,
    prelude,
    raw_header,
    sized,
    string,
    tohex,
)

CHECKSUM, FRAMING, HEADER, LIMIT = "checksum", "framing", "header", "limit"

GO = "aws-sdk-go-v2, March 2026, GHSA-xmrv-pmrh-hhx2: a header type above 9 ended the process"
C_TOTAL = (
    "aws-c-event-stream, May 2026: a total length below 16 sent the streaming decoder into an endless loop"
)
C_HEADERS = "aws-c-event-stream, May 2026: headers longer than total - 16 did the same, by underflow"
C_CHANNEL = (
    "aws-c-event-stream, May 2026: a total length below 12 and data behind it, and the channel handler looped"
)
C_COUNT = "aws-c-event-stream, May 2026: there was no limit to the number of headers"
C_VALUE = "aws-c-event-stream, March 2026: the length of a header's value overflowed its field"
BOTOCORE_SLICE = "botocore 1.44.5: accepted, cut short, because a slice past the end is no error"
BOTOCORE_ESCAPE = "botocore 1.44.5: struct.error escapes, which is no error of its own"
BOTOCORE_TOTAL = "botocore 1.44.5: a frame of 12 bytes was handed out as a message"
UNBOUNDED = "several decoders, 2026: they buffer and wait for up to 4 GiB"
SMITHY_VIEW = "smithy-typescript: the read is bounded by the buffer below, not by the header block"


def case(name, why, error, parts, *, messages=(), limits=None, at_end=False, bug=None):
    found = {"name": name, "why": why, "bytes": tohex(parts), "messages": list(messages), "error": error}
    found |= {"limits": limits} if limits else {}
    found |= {"at_end": True} if at_end else {}
    found |= {"bug": bug} if bug else {}
    return found


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def preludes():
    good = struct.pack(">II", 0x68, 0x58)
    wrong = {
        "zero": (b"\0\0\0\0", "A checksum of zero is no missing checksum."),
        "inverted": (bytes(byte ^ 0xFF for byte in crc(good)), "The CRC without its last inversion."),
        "little_endian": (crc(good)[::-1], "The CRC in the wrong byte order."),
        "crc32c": (crc32c(good), "Castagnoli's polynomial is not zlib's."),
        "one_bit": (flipped(crc(good), 31), "One bit of the checksum itself."),
    }
    for name, (checksum, why) in wrong.items():
        yield case(f"prelude_crc_{name}", why, CHECKSUM, prelude(0x68, 0x58, checksum=checksum))
    for bit in (0, 31, 32, 63):
        parts = [flipped(good, bit), crc(good)]
        yield case(f"prelude_bit_{bit}_flipped", "One bit of the two lengths.", CHECKSUM, parts)
    yield case("prelude_of_zeros", "CRC-32 of eight zero bytes is not zero.", CHECKSUM, [bytes(12)])
    yield case("prelude_of_ones", "A dead line reads as ones.", CHECKSUM, [b"\xff" * 12])
    yield case(
        "prelude_crc_before_the_limit",
        "Nothing is said about lengths that a checksum denies.",
        CHECKSUM,
        prelude(0xFFFFFFFF, 0, checksum=b"\0\0\0\0"),
    )
    for name, text in (
        ("http", b"HTTP/1.1 403 Forbidden\r\n\r\n"),
        ("xml", b"<?xml version='1.0'?><Error/>"),
        ("json", b'{"message":"Bad Request"}'),
    ):
        yield case(f"text_{name}", "An error document where frames were expected.", CHECKSUM, [text])


def totals():
    for total in (0, 1, 4, 8, 11, 12, 13, 15):
        bug = BOTOCORE_TOTAL if total == 12 else C_TOTAL
        parts = prelude(total, 0)
        yield case(f"total_{total}", "Sixteen bytes are the least.", FRAMING, parts, bug=bug)
    for total in (0, 11):
        parts = [*prelude(total, 0), b"x" * 64]
        why = "More data stands behind a frame that ends before its own prelude does."
        yield case(f"total_{total}_and_more_data", why, FRAMING, parts, bug=C_CHANNEL)
    why = "Too short comes before the headers' length."
    yield case("total_15_headers_4294967295", why, FRAMING, prelude(15, 0xFFFFFFFF), bug=C_TOTAL)
    for name, total, headers in (
        ("headers_1_in_the_smallest_frame", 16, 1),
        ("headers_one_too_long", 0x68, 0x59),
        ("headers_as_long_as_the_rest", 0x68, 0x5C),
        ("headers_as_long_as_the_frame", 0x68, 0x68),
        ("headers_2147483648", 0x68, 2**31),
        ("headers_4294967280", 0x68, 0xFFFFFFF0),
        ("headers_4294967295", 0x68, 0xFFFFFFFF),
    ):
        why = "Headers end at the latest four bytes before the frame."
        yield case(name, why, FRAMING, prelude(total, headers), bug=C_HEADERS)
    for name, total, headers, limits in (
        ("total_one_above_24_mib", 24 * 1024 * 1024 + 1, 0, None),
        ("total_2147483648", 2**31, 0, None),
        ("total_4294967295", 0xFFFFFFFF, 0, None),
        ("total_4294967295_headers_4294967279", 0xFFFFFFFF, 0xFFFFFFEF, None),
        ("total_little_endian", 0x68000000, 0x58, None),
        ("total_above_a_lower_limit", 101, 0, {"message_bytes": 100}),
        ("total_above_the_lowest_limit", 17, 0, {"message_bytes": 16}),
    ):
        why = "The limit is known after twelve bytes; nothing more may be kept, or waited for."
        yield case(
            name, why, LIMIT, prelude(total, headers), limits=limits, bug=None if limits else UNBOUNDED
        )
    why = "What cannot be comes before what is too much."
    yield case("impossible_and_too_long", why, FRAMING, prelude(0xFFFFFFFF, 0xFFFFFFFF))
    for name, total, headers, limits in (
        ("headers_one_above_128_kib", 200_000, 128 * 1024 + 1, None),
        ("headers_above_a_lower_limit", 200, 65, {"headers_bytes": 64}),
        ("headers_where_none_are_allowed", 19, 3, {"headers_bytes": 0}),
    ):
        yield case(
            name, "A header block has a limit of its own.", LIMIT, prelude(total, headers), limits=limits
        )


def message_crcs():
    block, audio = b"".join(string(name, text) for name, _, text in AUDIO), b"\1\0\2\0\3\0\4\0"
    right = b"".join(frame(block, audio))
    body = right[:-4]
    for name, checksum, why in (
        ("zero", b"\0\0\0\0", "A checksum of zero is no missing checksum."),
        ("one_bit", flipped(right[-4:], 0), "One bit of the checksum itself."),
        ("little_endian", right[-4:][::-1], "The CRC in the wrong byte order."),
        ("inverted", bytes(byte ^ 0xFF for byte in right[-4:]), "The CRC without its last inversion."),
        ("crc32c", crc32c(body), "Castagnoli's polynomial is not zlib's."),
        ("of_the_payload", crc(audio), "It covers the headers too."),
        ("without_the_prelude", crc(body[12:]), "It covers the prelude too."),
        (
            "without_the_prelude_crc",
            crc(body[:8] + body[12:]),
            "It covers the prelude's CRC too: no continuing.",
        ),
        ("of_the_prelude", right[8:12], "The first checksum once more."),
    ):
        yield case(f"message_crc_{name}", why, CHECKSUM, [body, checksum])
    for place, bit in (("name", 13), ("type", 26), ("value_length", 27), ("value", 30), ("payload", 103)):
        damaged = flipped(right, bit * 8)
        why = "Damage is a wrong checksum, even where the damaged byte would be another fault."
        yield case(f"message_bit_flipped_in_{place}", why, CHECKSUM, [damaged])
    swapped = body[:-8] + body[-4:] + body[-8:-4]
    yield case(
        "message_with_swapped_samples", "A sum would not see it, a CRC does.", CHECKSUM, [swapped, right[-4:]]
    )
    for name, lie in (("one_too_short", -1), ("one_too_long", 1)):
        lengths = prelude(len(right) + lie, len(block))
        rest = body[12:] + crc(b"".join(lengths) + body[12:])
        why = "The prelude is true to itself, and the checksum is looked for one byte off."
        yield case(f"total_{name}", why, CHECKSUM, [*lengths, rest, b"\0" * 4])


def header_types():
    for type_ in (10, 11, 16, 127, 128, 255):
        block = raw_header("a", type_, b"\0\1x")
        why = "There are ten types, 0 to 9; the byte is not signed."
        yield case(f"type_{type_}", why, HEADER, frame(block), bug=GO)
    block = string("a", "b") + raw_header("c", 10)
    yield case("type_10_after_a_good_header", "One good header earns no trust.", HEADER, frame(block), bug=GO)
    block = string("a", "b")
    why = "Headers begin one byte late, so that a name is read as its length."
    yield case("headers_off_by_one", why, HEADER, frame(b"\0" + block))


def names():
    yield case("name_empty", "A name has at least one byte.", HEADER, frame(raw_header("", TRUE)))
    yield case("name_empty_and_nothing_else", "Neither a name nor a type.", HEADER, frame(b"\0"))
    block = string("a", "b") + raw_header("", STRING, sized(b"c"))
    yield case("name_empty_after_a_good_header", "A name has at least one byte.", HEADER, frame(block))
    for name, block in (
        ("name_of_which_only_the_length_is_there", b"\5"),
        ("name_one_byte_short", b"\5name"),
        ("name_without_a_type", b"\4name"),
        ("name_length_255_and_three_bytes", b"\xffabc"),
    ):
        yield case(name, "The header block ends first.", HEADER, frame(block))
    for name, block, payload in (
        ("name_reaches_into_the_payload", b"\5na", b"me!\0\0\0"),
        ("type_is_in_the_payload", b"\4name", b"\0\0\0"),
    ):
        yield case(
            name, "The bytes exist, but not as headers.", HEADER, frame(block, payload), bug=SMITHY_VIEW
        )
    block = raw_header("name", TRUE, name_length=5)
    yield case(
        "name_reaches_into_the_checksum", "The next bytes are the CRC.", HEADER, frame(block), bug=SMITHY_VIEW
    )


FIXED = (
    ("byte", BYTE, 1),
    ("short", SHORT, 2),
    ("integer", INTEGER, 4),
    ("long", LONG, 8),
    ("timestamp", TIMESTAMP, 8),
    ("uuid", UUID, 16),
)


def values():
    for name, type_, width in FIXED:
        block = raw_header("a", type_, bytes(width - 1))
        yield case(f"{name}_one_byte_short", "The header block ends first.", HEADER, frame(block))
        why = "The missing byte is the payload's first, and stays the payload's."
        yield case(f"{name}_reaches_into_the_payload", why, HEADER, frame(block, b"\0pay"), bug=SMITHY_VIEW)
    for name, type_ in (("bytes", BYTES), ("string", STRING)):
        for what, value, why, bug in (
            ("without_a_length", b"", "The header block ends before the length.", BOTOCORE_ESCAPE),
            ("with_half_a_length", b"\0", "Only one of two bytes: 00 is not yet a length.", BOTOCORE_ESCAPE),
            ("one_byte_short", sized(b"abc", 4), "The header block ends first.", BOTOCORE_SLICE),
            ("all_bytes_missing", sized(b"", 1), "The header block ends with the length.", BOTOCORE_SLICE),
        ):
            block = raw_header("a", type_, value)
            yield case(f"{name}_{what}", why, HEADER, frame(block), bug=bug)
        why = "Half a length is no length, and no question of limits."
        parts = frame(raw_header("a", type_, b"\xff"))
        yield case(f"{name}_with_half_a_length_above_a_limit", why, HEADER, parts, limits={"value_bytes": 3})
        block = raw_header("a", type_, sized(b"abc", 7))
        why = "The bytes exist, but as the payload."
        yield case(f"{name}_reaches_into_the_payload", why, HEADER, frame(block, b"defghi"), bug=SMITHY_VIEW)
        block = raw_header("a", type_, sized(b"abc", 6))
        yield case(
            f"{name}_reaches_into_the_checksum",
            "The next bytes are the CRC.",
            HEADER,
            frame(block),
            bug=SMITHY_VIEW,
        )
        block = raw_header("a", type_, sized(b"0123456789", 32767))
        yield case(
            f"{name}_of_32767_with_10_there",
            "A legal length, but a lie.",
            HEADER,
            frame(block),
            bug=BOTOCORE_SLICE,
        )
        block = raw_header("a", type_, sized(b"0123456789", 65535))
        why = "32,767 is the most; that is checked before the bytes are looked for."
        yield case(f"{name}_of_65535_with_10_there", why, LIMIT, frame(block), bug=C_VALUE)
        block = raw_header("a", type_, sized(b"a" * 32768))
        why = "One more than 32,767, all of it there. As a signed length it is negative."
        yield case(f"{name}_of_32768", why, LIMIT, frame(block), bug=C_VALUE)
        block = raw_header("a", type_, sized(b"abcd"))
        why = "Above a lower limit."
        yield case(f"{name}_above_a_lower_limit", why, LIMIT, frame(block), limits={"value_bytes": 3})
    block = raw_header("a", FALSE, b"\0")
    yield case(
        "false_with_a_byte_for_its_value", "FALSE has none: 00 begins another header.", HEADER, frame(block)
    )
    block = raw_header("a", TRUE, b"\1")
    yield case(
        "true_with_a_byte_for_its_value", "TRUE has none: 01 begins another header.", HEADER, frame(block)
    )


def texts():
    for name, raw, why in (
        ("lone_continuation", b"\x80", "It continues nothing, and must not become U+FFFD."),
        ("byte_ff", b"\xff", "No UTF-8 holds this byte."),
        ("cut_character", b"\xe2\x82", "A euro sign without its last byte."),
        ("overlong_slash", b"\xc0\xaf", "A slash in two bytes."),
        ("overlong_nul", b"\xc0\x80", "Java's modified UTF-8."),
        ("surrogate", b"\xed\xa0\x80", "Half a UTF-16 pair."),
        ("surrogate_pair", b"\xed\xa0\xbd\xed\xb8\x80", "CESU-8: a character as two surrogates."),
        ("above_10ffff", b"\xf4\x90\x80\x80", "There is no U+110000."),
        ("latin_1", "café".encode("latin-1"), "Text is UTF-8, whatever it looks like."),
    ):
        yield case(f"string_utf8_{name}", why, HEADER, frame(raw_header("a", STRING, sized(raw))))
        yield case(f"name_utf8_{name}", why, HEADER, frame(raw_header(raw, TRUE)))
    cut = "é".encode()
    block = raw_header(cut[:1], TRUE) + raw_header(cut[1:], TRUE)
    yield case("name_utf8_halves_in_two_headers", "Each name is text by itself.", HEADER, frame(block))


def timestamps():
    for name, value, why in (
        ("year_10000", 253402300800000, "One millisecond after 9999."),
        ("year_0", -62135596800001, "One millisecond before year 1."),
        ("javascript_end", 8640000000000001, "JavaScript's Date ends here; ours ends earlier."),
        ("highest", 2**63 - 1, ""),
        ("lowest", -(2**63), ""),
    ):
        block = raw_header("a", TIMESTAMP, struct.pack(">q", value))
        yield case(f"timestamp_{name}", why or "Years 1 to 9999 are accepted.", HEADER, frame(block))


def duplicates():
    event, exception = string(":message-type", "event"), string(":message-type", "exception")
    for name, block, why in (
        ("same_header", event + event, ""),
        ("other_value", event + exception, "Two readers could see two different messages."),
        ("other_type", event + raw_header(":message-type", TRUE), ""),
        ("not_neighbours", event + string("a", "b") + exception, ""),
        ("last_of_many", b"".join(raw_header(c, TRUE) for c in "abcdefgha"), ""),
        ("proto", raw_header("__proto__", TRUE) * 2, "A name that a JavaScript object does not store."),
    ):
        yield case(f"duplicate_{name}", why or "A name stands once.", HEADER, frame(block))


def counts():
    many = b"".join(raw_header(f"{n:04x}", TRUE) for n in range(1025))
    yield case("headers_1025", "1,024 are the most.", LIMIT, frame(many), bug=C_COUNT)
    block = b"".join(raw_header(c, TRUE) for c in "abc")
    yield case(
        "headers_3_where_2_are_allowed",
        "Above a lower limit.",
        LIMIT,
        frame(block),
        limits={"header_count": 2},
        bug=C_COUNT,
    )
    block = raw_header("a", TRUE)
    yield case(
        "headers_1_where_0_are_allowed",
        "Zero is a limit too.",
        LIMIT,
        frame(block),
        limits={"header_count": 0},
    )
    block = raw_header("a", TRUE) * 2 + raw_header("b", 77)
    why = "Faults are found from front to back: the name comes before the type behind it."
    yield case("duplicate_before_bad_type", why, HEADER, frame(block))
    block = raw_header("a", TRUE) * 2
    why = "The count is checked before a header is read, so before its name is compared."
    yield case("count_before_duplicate", why, LIMIT, frame(block), limits={"header_count": 1})
    block = raw_header(b"\xff", STRING, sized(b"abcd"))
    why = "The value's limit is known before the name is read as text."
    yield case("value_limit_before_name_utf8", why, LIMIT, frame(block), limits={"value_bytes": 3})


def lying_headers_length():
    block, payload = string("a", "bc"), b"payload"
    for lie in (-1, 1):
        parts = frame(block, payload, headers_length=len(block) + lie)
        why = "Both checksums are right; the border between headers and payload is one byte off."
        yield case(f"headers_length_off_by_{lie}", why, HEADER, parts)
    parts = frame(block, payload, headers_length=len(block) + len(payload))
    yield case("headers_length_takes_the_payload", "The whole payload is called headers.", HEADER, parts)


def streams():
    reading, good = message(*AUDIO, payload=b"\1\0\2\0")
    whole = b"".join(good)
    bad_type = frame(raw_header("a", 10))
    two = [reading, reading]
    yield case(
        "good_then_bad_prelude",
        "What was complete is handed out first.",
        CHECKSUM,
        [whole, bytes(12)],
        messages=[reading],
    )
    yield case(
        "two_good_then_bad_type",
        "What was complete is handed out first.",
        HEADER,
        [whole, whole, *bad_type],
        messages=two,
    )
    yield case(
        "good_bad_good",
        "After a fault nothing is handed out, however good.",
        HEADER,
        [whole, *bad_type, whole],
        messages=[reading],
    )
    yield case("bad_then_good", "There is no looking for the next frame.", CHECKSUM, [bytes(12), whole])
    yield case(
        "good_then_damaged_twin",
        "Same start, other audio: its checksum is still checked.",
        CHECKSUM,
        [whole, whole[:-6] + b"\7\0" + whole[-4:]],
        messages=[reading],
    )
    yield case(
        "good_then_too_long",
        "What was complete is handed out first.",
        LIMIT,
        [whole, *prelude(0xFFFFFFFF, 0)],
        messages=[reading],
    )
    yield case(
        "good_then_text",
        "A server that fails midway, in another protocol.",
        CHECKSUM,
        [whole, b"HTTP/1.1 500 \r\n"],
        messages=[reading],
    )
    for length in (1, 4, 11, 12, 13, 60, 100, len(whole) - 4, len(whole) - 1):
        yield case(
            f"end_after_{length}_bytes",
            "The stream ends inside a frame.",
            FRAMING,
            [whole[:length]],
            at_end=True,
        )
    yield case(
        "good_then_end_after_3_bytes",
        "Three bytes are no clean end.",
        FRAMING,
        [whole, whole[:3]],
        messages=[reading],
        at_end=True,
    )
    yield case(
        "end_of_a_frame_of_24_mib",
        "As long as may be, and not there.",
        FRAMING,
        prelude(24 * 1024 * 1024, 0),
        at_end=True,
    )


def cases():
    groups = (
        preludes,
        totals,
        message_crcs,
        header_types,
        names,
        values,
        texts,
        timestamps,
        duplicates,
        counts,
        lying_headers_length,
        streams,
    )
    return [found for group in groups for found in group()]
