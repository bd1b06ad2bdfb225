"""Each kind of value: what it reads, what it refuses, how it describes itself."""

import pytest

from scribepass.transcribe.values import (
    Unfit,
    choice,
    flag,
    names,
    nearest,
    number,
    same_language,
    shown,
    text,
)

FLAG = flag()
NUMBER = number(least=8000, most=48000)
CHOICE = choice("pcm", "ogg-opus", "flac")
TEXT = text(r"[0-9a-zA-Z._-]+", noun="a name", most=200)
NAMES = names(r"[A-Z, ]+", noun="two of NAME, PIN, SSN", most=20, known=("NAME", "PIN", "SSN"), count=2)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (FLAG, True, True),
        (FLAG, False, False),
        (FLAG, "true", True),
        (FLAG, "False", False),
        (FLAG, "TRUE", True),
        (NUMBER, 8000, 8000),
        (NUMBER, "48000", 48000),
        (number(least=0, most=9), "0", 0),
        (CHOICE, "ogg-opus", "ogg-opus"),
        (TEXT, "A.b_c-9", "A.b_c-9"),
        (TEXT, "x" * 200, "x" * 200),
        (NAMES, "NAME, PIN", "NAME, PIN"),
    ],
)
def test_reads_text_and_native_json(kind, value, read):
    """A query and a body mean the same; the result has its Python type."""
    assert kind.read(value) == read
    assert type(kind.read(value)) is type(read)


HOSTILE_NUMBERS = [
    *(
        "",
        " ",
        " 16000",
        "16000 ",
        "16000\n",
        "+16000",
        "-16000",
        "016000",
        "16_000",
        "1.6e4",
        "16000.0",
        "0x3E80",
    ),
    *("６０", "١٦٠٠٠", "²", "true", "NaN", "None", "1" * 500, "16000\x00", "16000&x=1", b"16000"),
    *(True, False, None, 16000.0, 1e9, float("nan"), [16000], {"a": 1}),
]


@pytest.mark.parametrize("value", HOSTILE_NUMBERS, ids=lambda value: repr(value)[:20])
def test_a_number_is_plain_ascii_digits(value):
    """No signs, blanks, zeros before, other scripts, floats or booleans."""
    with pytest.raises(Unfit) as refused:
        NUMBER.read(value)
    assert refused.value.code == "type"


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (FLAG, "yes", "type"),
        (FLAG, "", "type"),
        (FLAG, " true", "type"),
        (FLAG, 1, "type"),
        (FLAG, None, "type"),
        (NUMBER, 7999, "range"),
        (NUMBER, "48001", "range"),
        (NUMBER, -1, "range"),
        (NUMBER, 10**4000, "range"),
        (CHOICE, "PCM", "value"),
        (CHOICE, "", "value"),
        (CHOICE, "pcm\n", "value"),
        (CHOICE, 1, "type"),
        (TEXT, "", "length"),
        (TEXT, "x" * 201, "length"),
        (TEXT, "name\n", "pattern"),
        (TEXT, "a\r\nb", "pattern"),
        (TEXT, "a\x00", "pattern"),
        (TEXT, "naïve", "pattern"),
        (TEXT, "a&b=c", "pattern"),
        (TEXT, "\ud800", "pattern"),
        (TEXT, ["a"], "type"),
        (NAMES, "NAME,XIN", "value"),
        (NAMES, "NAME,,PIN", "value"),
        (NAMES, "NAME", "value"),
        (NAMES, "name,pin", "pattern"),
        (NAMES, "NAME," * 5, "length"),
        (NAMES, 3, "type"),
    ],
)
def test_refuses_with_a_code_and_without_an_echo(kind, value, code):
    """The message is a printable sentence of bounded length, whatever the value was."""
    with pytest.raises(Unfit) as refused:
        kind.read(value)
    assert refused.value.code == code
    assert refused.value.message.startswith("must be ")
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("kind", "value", "hint"),
    [
        (CHOICE, "PCM", "; did you mean pcm?"),
        (CHOICE, "opus-ogg", "flac"),
        (NAMES, "NAME,PINN", "; did you mean PIN?"),
    ],
)
def test_suggests_a_near_miss(kind, value, hint):
    """A misspelt value gets the value that was meant."""
    with pytest.raises(Unfit) as refused:
        kind.read(value)
    assert refused.value.message.endswith(hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("en-UK", "; did you mean en-GB or en-US?"),
        ("de", "; did you mean de-DE?"),
        ("EN_us", "; did you mean en-GB or en-US?"),
        ("dde-DE", "; did you mean de-DE?"),
        ("tlh-KX", ""),
    ],
)
def test_suggests_the_codes_of_the_language(text, hint):
    """A wrong country gets those that there are."""
    assert same_language(text, ["de-DE", "en-GB", "en-US"]) == hint


def test_near_misses_are_not_sought_in_long_text():
    """Comparing costs time, so only the beginning is compared."""
    assert nearest("language-code" + "x" * 10**6, ["language-code"]) == ""
    assert nearest("Language_Code", ["language-code"]) == "; did you mean language-code?"


@pytest.mark.parametrize(
    ("foreign", "quoted"),
    [("plain ~text", "plain ~text"), ("a\r\nb\x00\x1b[1mé\u2028", "a??b??[1m??"), ("x" * 99, "x" * 40)],
)
def test_foreign_text_is_quoted_as_printable_ascii(foreign, quoted):
    """Nothing that moves a cursor, breaks a line or fills a log is quoted."""
    assert shown(foreign) == quoted


def test_describe_themselves():
    """The schema and the sentence say what is read."""
    assert (FLAG.expected, FLAG.schema) == ("true or false", {"type": "boolean"})
    assert NUMBER.expected == "a whole number from 8000 to 48000"
    assert NUMBER.schema == {"type": "integer", "minimum": 8000, "maximum": 48000}
    assert number(least=2, most=2).expected == "2"
    assert CHOICE.expected == "one of pcm, ogg-opus, flac"
    assert CHOICE.schema == {"type": "string", "enum": ["pcm", "ogg-opus", "flac"]}
    assert choice("PII").expected == "PII"
    assert choice("a", "b", noun="a letter").expected == "a letter"
    assert TEXT.schema == {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[0-9a-zA-Z._-]+$"}
    assert NAMES.schema["maxLength"] == 20
