"""What every decoder must accept, and every encoder must make byte for byte."""

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
    message,
    tohex,
    unhex,
)

AUDIO = (
    (":content-type", STRING, "application/octet-stream"),
    (":event-type", STRING, "AudioEvent"),
    (":message-type", STRING, "event"),
)
TRANSCRIPT = (
    (":content-type", STRING, "application/json"),
    (":event-type", STRING, "TranscriptEvent"),
    (":message-type", STRING, "event"),
)
SIGNATURE = "de2f3e3c87755667b34013e568269fa474bbe0dee194058839ab1860ea8d0093"
END_SIGNATURE = "777e89f0842e92fcf16122eb63c4b6dc01e7e0eaa1cf4425a60ff69ef949cef0"
GUIDE_SIGNATURE = "ade99cbebb29b010ad92acba7fcd5048e5e1a7f378dd07009a45404903e79a0d"

AUDIO_8 = (
    "0000007000000058f940e6600d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d"
    "0b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d747970650700056576656e74"
    "0100020003000400562ffe45"
)

# Frames that were not made here. The service and AWS's guide vouch for the first two, and so for wire.py.
FOREIGN = (
    (
        "captured_exception_of_the_service",
        "Sent by Amazon Transcribe itself, to a client that had sent a text message.",
        (
            "000000a30000006168106be10f3a657863657074696f6e2d7479706507001342616452657175657374457863657074696f6e"
            "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009"
            "657863657074696f6e7b224d657373616765223a22556e657870656374656420576562536f636b6574206672616d6520726563"
            "65697665642e227dbdce4b8a"
        ),
        message(
            (":exception-type", STRING, "BadRequestException"),
            (":content-type", STRING, "application/json"),
            (":message-type", STRING, "exception"),
            payload=b'{"Message":"Unexpected WebSocket frame received."}',
        ),
    ),
    (
        "documented_signed_end_frame",
        "The signed empty frame that the Transcribe developer guide prints in base64.",
        (
            "0000005300000043f5447a58053a6461746508000001689752430b103a6368756e6b2d7369676e617475726506"
            "0020ade99cbebb29b010ad92acba7fcd5048e5e1a7f378dd07009a45404903e79a0da7ea8ea2"
        ),
        message((":date", TIMESTAMP, "1548726977291"), (":chunk-signature", BYTES, GUIDE_SIGNATURE)),
    ),
    (
        "audio_8_bytes",
        "Four samples of 16 bits.",
        AUDIO_8,
        message(*AUDIO, payload=unhex("0100020003000400")),
    ),
    (
        "audio_empty",
        "An AudioEvent without audio ends the audio. Headers in the guide's order.",
        (
            "0000006800000058a9d03a230d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265"
            "616d0b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d747970650700056576656e74"
            "5cc64095"
        ),
        message(*AUDIO),
    ),
    (
        "audio_empty_other_order",
        "The same headers as the AWS SDK for JavaScript orders them: order is free, and is kept.",
        (
            "0000006800000058a9d03a230b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d74797065"
            "0700056576656e740d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d"
            "4652b352"
        ),
        message(AUDIO[1], AUDIO[2], AUDIO[0]),
    ),
    (
        "audio_empty_two_headers",
        "AWS's static demo page and Amplify leave the content type out.",
        (
            "0000003f0000002fed82cd670d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74797065"
            "07000a417564696f4576656e74b2c1d135"
        ),
        message(AUDIO[2], AUDIO[1]),
    ),
    (
        "transcript_without_results",
        "The smallest TranscriptEvent.",
        (
            "0000008200000055b50599e00d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
            "0b3a6576656e742d7479706507000f5472616e7363726970744576656e740d3a6d6573736167652d74797065070005"
            "6576656e747b225472616e736372697074223a7b22526573756c7473223a5b5d7d7d5f987aa8"
        ),
        message(*TRANSCRIPT, payload=b'{"Transcript":{"Results":[]}}'),
    ),
    (
        "signed_audio_8_bytes",
        "A signed event: its payload is a whole frame, which the outer decoder leaves alone.",
        (
            "000000c30000004324425d48053a64617465080000019bc186e2e2103a6368756e6b2d7369676e6174757265060020"
            f"{SIGNATURE}{AUDIO_8}179e0f5f"
        ),
        message(
            (":date", TIMESTAMP, "1768478401250"),
            (":chunk-signature", BYTES, SIGNATURE),
            payload=unhex(AUDIO_8),
        ),
    ),
    (
        "signed_end_frame",
        "A signed event without a payload ends the audio.",
        (
            "0000005300000043f5447a58053a64617465080000019bc186e2e2103a6368756e6b2d7369676e6174757265060020"
            f"{END_SIGNATURE}16f5d5d8"
        ),
        message((":date", TIMESTAMP, "1768478401250"), (":chunk-signature", BYTES, END_SIGNATURE)),
    ),
)

# name, what it shows, type, value
VALUES = (
    ("true", "Type 0 has no bytes for its value.", TRUE, True),
    ("false", "Type 1 has no bytes for its value.", FALSE, False),
    ("byte_zero", "", BYTE, 0),
    ("byte_maximum", "", BYTE, 127),
    ("byte_minimum", "Integers are signed.", BYTE, -128),
    ("byte_minus_one", "", BYTE, -1),
    ("short_maximum", "", SHORT, 32767),
    ("short_minimum", "", SHORT, -32768),
    ("short_byte_order", "Integers are big-endian: 01 02.", SHORT, 0x0102),
    ("integer_maximum", "", INTEGER, 2**31 - 1),
    ("integer_minimum", "", INTEGER, -(2**31)),
    ("integer_minus_one", "", INTEGER, -1),
    ("long_maximum", "A JavaScript number cannot hold it.", LONG, str(2**63 - 1)),
    ("long_minimum", "", LONG, str(-(2**63))),
    ("long_minus_one", "", LONG, "-1"),
    ("long_above_2_53", "The first integer that a double loses.", LONG, str(2**53 + 1)),
    ("long_below_minus_2_53", "", LONG, str(-(2**53) - 1)),
    ("long_small", "Stays a LONG, though it would fit a BYTE.", LONG, "1"),
    ("bytes_empty", "Not the same as no header.", BYTES, ""),
    ("bytes_one", "", BYTES, "00"),
    ("bytes_all_values", "Bytes are not text.", BYTES, bytes(range(256)).hex()),
    ("bytes_32767", "The longest value that is accepted.", BYTES, "61*32767"),
    ("string_empty", "", STRING, ""),
    ("string_ascii", "", STRING, "event"),
    ("string_two_byte_characters", "", STRING, "naïve café"),
    ("string_three_byte_characters", "", STRING, "文字起こし"),
    ("string_four_byte_characters", "One character, two UTF-16 units, four bytes.", STRING, "🎙️😀"),
    ("string_highest_character", "U+10FFFF.", STRING, "\U0010ffff"),
    ("string_noncharacter", "U+FFFF is valid UTF-8.", STRING, "\uffff"),
    ("string_replacement_character", "U+FFFD as sent is not an error.", STRING, "\ufffd"),
    ("string_starts_with_bom", "TextDecoder eats it unless ignoreBOM is set.", STRING, "\ufeffevent"),
    ("string_with_nul", "Strings have a length and no terminator.", STRING, "a\0b"),
    ("string_with_line_ends", "", STRING, "a\r\nb\u2028c"),
    ("string_right_to_left", "", STRING, "مرحبا"),
    ("string_of_digits", "Stays a string.", STRING, "16000"),
    ("timestamp_zero", "1970-01-01T00:00:00.000Z", TIMESTAMP, "0"),
    ("timestamp_one_millisecond", "", TIMESTAMP, "1"),
    ("timestamp_before_1970", "1969-12-31T23:59:59.999Z", TIMESTAMP, "-1"),
    ("timestamp_milliseconds", "2026-01-15T12:00:01.250Z, exactly.", TIMESTAMP, "1768478401250"),
    ("timestamp_odd_milliseconds", "A float of seconds would lose .001.", TIMESTAMP, "1768478400001"),
    ("timestamp_after_2038", "2038-01-19T03:14:08.000Z", TIMESTAMP, "2147483648000"),
    ("timestamp_leap_day", "2024-02-29T23:59:59.999Z", TIMESTAMP, "1709251199999"),
    ("timestamp_lowest", "0001-01-01T00:00:00.000Z", TIMESTAMP, "-62135596800000"),
    ("timestamp_highest", "9999-12-31T23:59:59.999Z", TIMESTAMP, "253402300799999"),
    ("uuid_nil", "", UUID, "00000000-0000-0000-0000-000000000000"),
    ("uuid_highest", "", UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("uuid_byte_order", "Bytes in the order of the text.", UUID, "00010203-0405-0607-0809-0a0b0c0d0e0f"),
)

# name, what it shows, the name of the header
HEADER_NAMES = (
    ("one_byte", "", "a"),
    ("255_bytes", "The longest name.", "n" * 255),
    ("255_bytes_of_three_byte_characters", "85 characters: the length counts bytes.", "字" * 85),
    ("not_ascii", "", "überschrift"),
    ("of_a_space", "", " "),
    ("with_control_characters", "", "a\x00\x1f\x7f"),
    ("bom", "", "\ufeff"),
    (
        "proto",
        "Headers are no JavaScript object: the name must come out, and nothing else change.",
        "__proto__",
    ),
    ("constructor", "", "constructor"),
    ("has_own_property", "", "hasOwnProperty"),
)

# name, what it shows, messages
SEVERAL = (
    ("empty_message", "Sixteen bytes, the smallest frame.", [message()]),
    ("payload_only", "", [message(payload=b"x")]),
    ("payload_of_every_byte", "", [message(payload=bytes(range(256)))]),
    ("payload_of_zeros", "100 ms of silence at 16 kHz.", [message(*AUDIO, payload=bytes(3200))]),
    ("payload_is_a_frame", "", [message(payload=b"".join(message(*AUDIO)[1]))]),
    ("payload_is_not_utf8", "Payloads are bytes.", [message(*TRANSCRIPT, payload=b"\xff\xfe")]),
    (
        "all_ten_types",
        "",
        [
            message(
                *(
                    (f"type {type_}", type_, value)
                    for type_, value in (
                        (TRUE, True),
                        (FALSE, False),
                        (BYTE, -2),
                        (SHORT, -3),
                        (INTEGER, -4),
                        (LONG, "-5"),
                        (BYTES, "06"),
                        (STRING, "seven"),
                        (TIMESTAMP, "8"),
                        (UUID, "99999999-9999-9999-9999-999999999999"),
                    )
                ),
                payload=b"ten",
            )
        ],
    ),
    (
        "names_differ_in_case",
        "Names are compared byte by byte.",
        [message(("Name", STRING, "a"), ("name", STRING, "b"))],
    ),
    (
        "names_differ_in_composition",
        "Names are not normalised: these two look the same.",
        [message(("\u00e9", STRING, "composed"), ("e\u0301", STRING, "decomposed"))],
    ),
    ("one_name_begins_the_other", "", [message(("a", TRUE, True), ("ab", FALSE, False))]),
    (
        "reversed_order",
        "The order of headers is kept, not sorted.",
        [message(*((c, TRUE, True) for c in "zyxwvutsrqponmlkjihgfedcba"))],
    ),
    (
        "1024_headers",
        "The most that is accepted.",
        [message(*((f"{n:04x}", TRUE, True) for n in range(1024)))],
    ),
    ("two_messages", "", [message(*AUDIO, payload=b"ab"), message(*AUDIO, payload=b"cd")]),
    ("the_same_message_twice", "", [message(*AUDIO, payload=b"ab")] * 2),
    ("three_empty_messages", "", [message()] * 3),
    (
        "same_headers_other_payload_lengths",
        "Whoever remembers headers must not remember lengths.",
        [message(*AUDIO, payload=b"a" * n) for n in (2, 4, 2, 0)],
    ),
    (
        "same_lengths_other_headers",
        "Equal preludes do not mean equal headers.",
        [message(("a", STRING, "one")), message(("a", STRING, "two")), message(("b", STRING, "one"))],
    ),
    (
        "headers_then_payload_of_the_same_bytes",
        "The same bytes with another border between headers and payload.",
        [message(("a", TRUE, True)), message(payload=b"\x01a\x00")],
    ),
    (
        "events_then_exception",
        "",
        [
            message(*TRANSCRIPT, payload=b'{"Transcript":{"Results":[]}}'),
            message((":message-type", STRING, "exception"), payload=b"{}"),
        ],
    ),
)

# name, messages, limits: each limit exactly reached
LIMITED = (
    ("message_bytes", [message(payload=b"x" * 84)], {"message_bytes": 100}),
    ("message_bytes_of_the_smallest", [message()], {"message_bytes": 16}),
    ("headers_bytes", [message(("a", STRING, "x" * 59))], {"headers_bytes": 64}),
    ("headers_bytes_of_none", [message(payload=b"x")], {"headers_bytes": 0}),
    ("header_count", [message(*((c, TRUE, True) for c in "abc"))], {"header_count": 3}),
    ("header_count_of_none", [message(payload=b"x")], {"header_count": 0}),
    ("value_bytes_of_a_string", [message(("a", STRING, "été"))], {"value_bytes": 5}),
    ("value_bytes_of_bytes", [message(("a", BYTES, "000102"))], {"value_bytes": 3}),
    (
        "value_bytes_is_no_matter_of_fixed_types",
        [message(("a", UUID, "00010203-0405-0607-0809-0a0b0c0d0e0f"), ("b", LONG, "1"))],
        {"value_bytes": 0},
    ),
)


def cases():
    found = []
    for name, why, frame, (reading, parts) in FOREIGN:
        assert b"".join(parts) == unhex(frame), name
        found.append(_case(name, why, [(reading, parts)]))
    for name, why, type_, value in VALUES:
        found.append(_case(f"value_{name}", why, [message(("a", type_, value))]))
    for name, why, header in HEADER_NAMES:
        found.append(_case(f"name_{name}", why, [message((header, STRING, "value"))]))
    for name, why, messages in SEVERAL:
        found.append(_case(name, why, messages))
    for name, messages, limits in LIMITED:
        case = _case(f"limit_reached_{name}", "A limit is the most that is allowed.", messages)
        found.append(case | {"limits": limits})
    return found


def _case(name, why, messages):
    return {
        "name": name,
        **({"why": why} if why else {}),
        "bytes": tohex([part for _, parts in messages for part in parts]),
        "messages": [reading for reading, _ in messages],
    }
