"""Writes web/mobile/vectors.json from tests/vectors/eventstream, or with ``--check`` only compares.

Run: ``python tests/mobile/make_vectors.py``. Deterministic; needs the standard library alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCE = CHECKOUT / "tests" / "vectors" / "eventstream"
TARGET = CHECKOUT / "web" / "mobile" / "vectors.json"

VALID = (
    "audio_8_bytes",
    "audio_empty",
    "audio_empty_other_order",
    "transcript_without_results",
    "captured_exception_of_the_service",
    "empty_message",
    "two_messages",
    "all_ten_types",
    "value_short_byte_order",
    "value_long_above_2_53",
    "value_bytes_all_values",
    "value_string_four_byte_characters",
    "value_string_starts_with_bom",
    "value_timestamp_before_1970",
    "value_uuid_byte_order",
    "names_differ_in_composition",
    "payload_is_not_utf8",
    "documented_signed_end_frame",
)
INVALID = (
    "prelude_crc_one_bit",
    "prelude_crc_crc32c",
    "text_http",
    "total_15",
    "total_one_above_24_mib",
    "headers_one_too_long",
    "message_crc_one_bit",
    "message_bit_flipped_in_payload",
    "type_10",
    "name_empty",
    "string_reaches_into_the_payload",
    "string_of_65535_with_10_there",
    "string_utf8_lone_continuation",
    "string_utf8_surrogate",
    "timestamp_year_10000",
    "duplicate_other_value",
    "headers_length_off_by_1",
    "good_bad_good",
    "good_then_end_after_3_bytes",
)
ABOUT = (
    "Frames for whoever ports the codec; README.md beside this file says how they are read.",
    "valid: a decoder gives these messages, and an encoder gives these bytes.",
    "invalid: a decoder gives these messages and then this error; with at_end only when the stream ends.",
    "Made from tests/vectors/eventstream, where there are many more.",
)


def chosen(name: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The cases of one of the files, in the order of ``names``."""
    cases = json.loads((SOURCE / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    by_name = {case["name"]: case for case in cases}
    return [{key: value for key, value in by_name[each].items() if key != "bug"} for each in names]


def render() -> str:
    """JSON that reads well in a diff: one line for each member of a case."""
    parts = [f'"about": {json.dumps(ABOUT, indent=1)}']
    for name, names in (("valid", VALID), ("invalid", INVALID)):
        cases = chosen(name, names)
        bodies = [
            ",\n".join(f"  {json.dumps(key)}: {json.dumps(case[key])}" for key in case) for case in cases
        ]
        parts.append(f'"{name}": [{{\n' + "\n}, {\n".join(bodies) + "\n}]")
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    text = render()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit("not what make_vectors.py writes: web/mobile/vectors.json")


if __name__ == "__main__":
    main()
