"""The TOML of a policy: what it means, and every fault of it with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scribepass.policy
from scribepass.callers import Caller
from scribepass.errors import SettingsError
from scribepass.policy import Policy, Rules, parse
from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS

STANDARD, MEDICAL, ANALYTICS = Operation


def example() -> str:
    """The file in the package's docstring."""
    text = scribepass.policy.__doc__ or ""
    lines = text.partition("::\n\n")[2].split("\n")
    return "\n".join(
        line[4:] for line in lines[: next(n for n, each in enumerate(lines) if each[:1].strip())]
    )


def rules(text: str, name: str = "default", *, operations: tuple[Operation, ...] = tuple(Operation)) -> Rules:
    return parse(text, operations=operations).classes[name]


def faults(text: str, **options: object) -> list[str]:
    """Every message; none for a sound file."""
    try:
        parse(text, **options)  # type: ignore[arg-type]
    except SettingsError as error:
        problems = error.problems
    else:
        return []
    assert {(each.field, each.code) for each in problems} == {("SCRIBEPASS_POLICY_FILE", "policy")}
    return [each.message for each in problems]


def test_the_documented_file_means_what_it_says() -> None:
    """Each of its lines."""
    policy = parse(example())
    assert policy.default == Rules(
        name="default",
        operations=frozenset({STANDARD}),
        regions=frozenset({"us-east-1"}),
        languages=frozenset({"en-US", "es-US"}),
        encodings=frozenset({"pcm"}),
        vocabularies=("shared-",),
        vocabulary_filters=(),
        language_models=(),
        max_expires_in=60,
        locked={STANDARD: {"content-redaction-type": "PII"}},
        defaults={STANDARD: {"language-code": "en-US"}},
        quota={"per_minute": 30},
    )
    clinic = policy.rules_of(Caller(id="ward-7"))
    assert clinic.name == "clinic"
    assert clinic.operations == {STANDARD, MEDICAL}
    assert clinic.locked == {STANDARD: {"content-redaction-type": "PII"}}
    assert clinic.defaults == {STANDARD: {"language-code": "en-US"}, MEDICAL: {"language-code": "en-US"}}
    assert clinic.languages == policy.default.languages
    assert policy.rules_of(Caller(id="staff|0b5c2f", source="staff")) == clinic
    assert policy.rules_of(Caller(id="staff|1", source="staff")) == clinic
    assert policy.rules_of(Caller(id="ward-8")) == policy.default


def test_an_empty_default_allows_everything() -> None:
    """But a file without one is none: it may have been cut."""
    assert parse("[default]") == Policy(classes={"default": Rules()})
    assert faults("") == [MISSING]


BASE = """
[default]
operations = ["standard"]
regions = ["us-east-1"]
[default.locked]
content-redaction-type = "PII"
transcript-format = "spoken"
[default.locked.standard]
session-resume-window = 5
[default.defaults]
language-code = "en-US"
[default.defaults.standard]
sample-rate = 16000
[default.quota]
per_minute = 3
burst = 2
[class.one]
"""


def test_a_class_is_the_default_with_its_own_words() -> None:
    """A list for a list, a name for a name."""
    own = rules(
        f"""{BASE}
        regions = "all"
        languages = ["en-US", "de-DE"]
        quota = {{ burst = 9, sessions = 0 }}
        [class.one.locked]
        transcript-format = "written"
        session-resume-window = "10"
        [class.one.defaults]
        language-code = "de-DE"
        sample-rate = "8000"
        """,
        "one",
    )
    assert own == Rules(
        name="one",
        operations=frozenset({STANDARD}),
        regions=None,
        languages=frozenset({"en-US", "de-DE"}),
        locked={STANDARD: {"content-redaction-type": "PII", "transcript-format": "written",
                           "session-resume-window": 10}},
        defaults={STANDARD: {"language-code": "de-DE", "sample-rate": 8000}},
        quota={"per_minute": 3, "burst": 9, "sessions": 0},
    )  # fmt: skip


def test_a_forgotten_lock_holds() -> None:
    """It ends where it is named, and only there."""
    assert rules(BASE, "one").locked == rules(BASE).locked
    ended = rules(f'{BASE}unlocked = ["content-redaction-type", "session-resume-window"]', "one")
    assert ended.locked == {STANDARD: {"transcript-format": "spoken"}}
    changed = rules(
        f'{BASE}unlocked = ["transcript-format"]\nlocked = {{ transcript-format = "written" }}', "one"
    )
    assert changed.locked[STANDARD]["transcript-format"] == "written"


def test_a_lock_must_hold_in_every_operation() -> None:
    """A promise that one kind of stream cannot keep is refused at the start, not broken in silence."""
    text = '[default.locked]\ncontent-redaction-type = "PII"\n'
    expected = f"default.locked.content-redaction-type is no parameter of medical streams{NARROWER}"
    assert faults(text) == [expected]
    assert faults(text, operations=(STANDARD, ANALYTICS)) == []
    assert faults(text.replace("locked]", "locked.standard]")) == []
    assert faults(f'{text}[default]\noperations = ["standard"]') == []
    clinic = f'{text}[default]\noperations = ["standard"]\n[class.clinic]\noperations = ["medical"]\n'
    assert faults(clinic) == [expected.replace("default", "class.clinic")]
    assert faults(f'{clinic}unlocked = ["content-redaction-type"]') == []
    assert faults("[default.locked]\nsample-rate = 8000") == [
        "default.locked.sample-rate must be a whole number from 16000 to 48000 (medical)"
    ]


def test_a_default_needs_one_operation_that_takes_it() -> None:
    """It is no promise: where it does not fit it is not added."""
    text = '[default.defaults]\nsample-rate = 8000\nspecialty = "UROLOGY"\n'
    assert rules(text).defaults == {
        STANDARD: {"sample-rate": 8000},
        MEDICAL: {"specialty": "UROLOGY"},
        ANALYTICS: {"sample-rate": 8000},
    }
    assert faults(text, operations=(STANDARD,)) == [
        f"default.defaults.specialty is no parameter of standard streams{NARROWER}"
    ]


def test_values_are_read_as_they_are_in_a_request() -> None:
    """As text or as TOML's own types: one value."""
    for value in ("true", '"true"', '"TRUE"'):
        text = f"[default.locked.standard]\nshow-speaker-label = {value}\nsample-rate = 16000"
        assert rules(text).locked == {STANDARD: {"show-speaker-label": True, "sample-rate": 16000}}
        assert text.count("16000") == 1
        assert rules(text.replace("16000", '"16000"')) == rules(text)


NOTHING = "is nothing that a policy has"
MISSING = "default is missing: the rules of callers of no class; an empty table allows everything"
ANOTHER = "must have another name, of 1 to 64 letters, digits, dots, _ and -"
PREFIXES = "must be how names begin: 1 to 200 letters, digits, dots, _ and -"
PER_URL = "differs from URL to URL and cannot be set here"
LISTED = 'must be a list of texts, or "all"'
LIFE = "must be a whole number from 15 to 300"
UNLOCKED = "unlocked must be a list of parameters that default.locked has"
TOGETHER = "cannot be used together with"
ONE_OF = "must be one of pcm, ogg-opus, flac, g711-alaw, g711-ulaw, g729"
NARROWER = "; leave those out of operations, or set it for one operation alone (see unlocked)"
BOTH_ELSE = "is no parameter of call-analytics streams and is no parameter of standard streams"
FAULTS = [
    ("x = 1\n[default]", [f"x {NOTHING}"]),
    ("default = 1", ["default must be a table"]),
    ("class = []\n[default]", ["class must be a table"]),
    ("callers = 1\nissuers = 2\n[default]", ["callers must be a table", "issuers must be a table"]),
    ("[default]\nclass = 1", [f"default.class {NOTHING}"]),
    ("[defaults]\n", [f"defaults {NOTHING}; did you mean default?",
                      MISSING]),
    ("[default]\noperation = []", [f"default.operation {NOTHING}; did you mean operations?"]),
    ("[default]\nunlocked = []", [f"default.unlocked {NOTHING}; did you mean locked?"]),
    ("[default]\noperations = ['medica']",
     ["default.operations names what is no operation of Transcribe: medica; did you mean medical?"]),
    ("[default]\noperations = 'standard'", [f"default.operations {LISTED}"]),
    ("[default]\nregions = [1]", [f"default.regions {LISTED}"]),
    ('[default]\nregions = ["nowhere", "us-east-1", "moon\\n"]',
     ["default.regions names what is no region of Transcribe: nowhere, moon?"]),
    ("[default]\nlanguages = ['en-us']",
     ["default.languages names what is no language of Transcribe: en-us; did you mean en-US?"]),
    ("[default]\nlanguages = ['en-US', 'en-US']", ["default.languages names en-US twice"]),
    ("[default]\nencodings = ['mp3']", ["default.encodings names what is no encoding of Transcribe: mp3"]),
    ("[default]\nvocabularies = ['a b']",
     [f"default.vocabularies {PREFIXES}"]),
    ("[default]\nvocabulary_filters = ['']",
     [f"default.vocabulary_filters {PREFIXES}"]),
    ("[default]\nlanguages = 'all'\nvocabularies = 'all'\nregions = []\noperations = []", []),
    ("[default]\nlanguage_models = {}", [f"default.language_models {LISTED}"]),
    ("[default]\nmax_expires_in = 14", [f"default.max_expires_in {LIFE}"]),
    ("[default]\nmax_expires_in = 301", [f"default.max_expires_in {LIFE}"]),
    ("[default]\nmax_expires_in = true", [f"default.max_expires_in {LIFE}"]),
    ("[default]\nlocked = 1\ndefaults = []\nquota = 'x'",
     ["default.locked must be a table", "default.defaults must be a table", "default.quota must be a table"]),
    ("[default.quota]\nper_day = 1", [f"default.quota.per_day {NOTHING}"]),
    ("[default.quota]\nsessions = -1", ["default.quota.sessions must be a whole number from 0 to 1000000"]),
    ("[default.quota]\nburst = 0", ["default.quota.burst must be 1 or more unless per_minute is 0"]),
    ("[default.locked]\nsession-id = 'x'", [f"default.locked.session-id {PER_URL}"]),
    ("[default.defaults]\nX-AMZ-Expires = 60",
     [f"default.defaults.X-AMZ-Expires {PER_URL}"]),
    ("[default.locked]\nlangage-code = 'en-US'",
     ["default.locked.langage-code is no parameter of any stream; did you mean language-code?"]),
    ("[default.locked]\nregion = 'us-east-1'", ["default.locked.region is no parameter of any stream"]),
    ("[default.locked]\nmedia-encoding = 'mp3'",
     [f"default.locked.media-encoding {ONE_OF}"]),
    ("[default.locked.medical]\nspecialty = 'x'\ntype = []",
     ["default.locked.medical.specialty "
      + PARAMETERS[MEDICAL]["specialty"].kind.expected.replace("one", "must be one"),
      "default.locked.medical.type must be text: one of CONVERSATION, DICTATION"]),
    ("[default.locked.medical]\ntranscript-format = 'spoken'",
     ["default.locked.medical.transcript-format is no parameter of medical streams"]),
    ("[default]\noperations = ['x']\nlocked = { type = 'x', content-redaction-type = 'PII' }",
     ["default.operations names what is no operation of Transcribe: x",
      f"default.locked.type {BOTH_ELSE} and must be one of CONVERSATION, DICTATION (medical){NARROWER}"]),
    ("[default.locked.standard]\nsession-id = 'x'\nfoo = 1",
     [f"default.locked.standard.session-id {PER_URL}",
      "default.locked.standard.foo is no parameter of any stream"]),
    ("[default.locked]\nstandard = 1", ["default.locked.standard is no parameter of any stream"]),
    ("[default]\nencodings = ['flac']\nlocked = { media-encoding = 'pcm' }",
     ["default.locked.media-encoding is nothing that this class may use"]),
    ("[default]\nvocabularies = ['a-']\ndefaults = { vocabulary-name = 'b-1' }",
     ["default.defaults.vocabulary-name is nothing that this class may use"]),
    ("[default.locked.standard]\ncontent-redaction-type = 'PII'\nlanguage-code = 'af-ZA'",
     ["default.locked.language-code is nothing that this class may use"]),
    ("[default.locked.standard]\ncontent-redaction-type = 'PII'\ncontent-identification-type = 'PII'",
     [f"default.locked.content-redaction-type {TOGETHER} content-identification-type"]),
    ("[default]\nlanguages = ['en-US']\n[default.locked.standard]\nidentify-language = true", []),
    ("[default.locked.standard]\nidentify-language = true\nlanguage-code = 'en-US'",
     [f"default.locked.identify-language {TOGETHER} language-code"]),
    ("[default]\n[class.default]", [f"class.default {ANOTHER}"]),
    ("[default]\n[class.'a b']", [f"class.a b {ANOTHER}"]),
    ("[default]\n[class]\nmobile = 1", ["class.mobile must be a table"]),
    ("[default]\n[class.m]\nextends = 'default'", [f"class.m.extends {NOTHING}"]),
    ("[default]\n[class.m]\nunlocked = 'x'", [f"class.m.{UNLOCKED}"]),
    ("[default]\n[class.m]\nunlocked = [1]", [f"class.m.{UNLOCKED}"]),
    ("[default]\n[class.m]\nunlocked = ['language-code']",
     ["class.m.unlocked has language-code, which default.locked has not"]),
    ("[default]\n[callers]\na = 'mobil'\nb = 1\n[class.mobile]",
     ["callers.a must be default or a class of this file; did you mean mobile?",
      "callers.b must be default or a class of this file"]),
    ("[default]\n[issuers]\nanything = 'default'", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FAULTS, ids=[text.replace("\n", " ") for text, _ in FAULTS])
def test_each_fault_has_its_place(text: str, expected: list[str]) -> None:
    """And a sentence that helps, without a line break of the file's in it."""
    assert faults(text) == expected


UNDOING = "would let the caller undo the lock of"
INSTEAD = "; put it into locked, or unlock that"


@pytest.mark.parametrize(
    ("name", "lesser"),
    [
        ("content-redaction-type = 'PII'", "pii-entity-types = 'ALL'"),
        ("content-identification-type = 'PII'", "pii-entity-types = 'ALL'"),
        ("vocabulary-filter-name = 'swearing'", "vocabulary-filter-method = 'remove'"),
        ("vocabulary-filter-names = 'swearing'", "vocabulary-filter-method = 'remove'"),
    ],
)
def test_a_default_that_undoes_a_lock_is_a_fault(name: str, lesser: str) -> None:
    """Wherever either of them stands; but not where the lock is taken off, or has both."""
    superior, _, _ = name.partition(" ")
    message = f"defaults.{lesser.partition(' ')[0]} {UNDOING} {superior}{INSTEAD}"
    head, default = "[default]\noperations = ['standard']\n", f"[default.defaults]\n{lesser}\n"
    locked = f"[default.locked]\n{name}\n"
    assert faults(head + default + locked) == [f"default.{message}"]
    assert faults(f"{head}[default.defaults.standard]\n{lesser}\n{locked}") == [f"default.{message}"]
    assert faults(f"{head}{default}[class.one]\n[class.one.locked.standard]\n{name}") == [
        f"class.one.{message}"
    ]
    assert faults(f"{head}{locked}[class.one]\n[class.one.defaults]\n{lesser}") == [f"class.one.{message}"]
    assert faults(f"{head}{locked}[class.one]\n") == []
    unlocked = f"[class.one]\nunlocked = ['{superior}']\n[class.one.defaults]\n{lesser}\n"
    assert faults(head + locked + unlocked) == []
    assert faults(f"{head}{default}{locked}{lesser}\n") == []


@pytest.mark.parametrize(
    ("member", "listed", "here"),
    [
        ("operations", "['medical']", "standard, call-analytics"),
        ("regions", "['us-west-2', 'us-east-2']", "eu-west-1, eu-west-2"),
    ],
)
def test_a_class_is_not_shut_out_by_mistake(member: str, listed: str, here: str) -> None:
    """A list of nothing that is vended here is a slip: all its callers would be refused. ``[]`` is meant."""
    vended = {"operations": (STANDARD, ANALYTICS), "regions": ("eu-west-1", "eu-west-2")}
    message = f"{member} has nothing of what is vended here: {here} (write [] for nothing)"
    assert faults(f"[default]\n{member} = {listed}", **vended) == [f"default.{message}"]
    assert faults(f"[default]\n[class.one]\n{member} = {listed}", **vended) == [f"class.one.{message}"]
    assert faults(f"[default]\n{member} = {listed}\n[class.one]", **vended) == [f"default.{message}"]
    assert faults(f"[default]\n{member} = {listed}") == []
    some = listed.replace("]", ", 'standard']" if member == "operations" else ", 'eu-west-2']")
    for meant in ("[]", "'all'", some):
        assert faults(f"[default]\n{member} = {meant}", **vended) == []


def test_issuers_must_be_known_where_they_can_be() -> None:
    """A misspelt one would have its callers in the default class, unnoticed."""
    text = "[default]\n[issuers]\nstaf = 'default'"
    assert faults(text, sources=["keys", "anonymous", "staff"]) == [
        "issuers.staf is none of anonymous, keys, staff; did you mean staff?"
    ]


def test_what_is_at_fault_in_the_default_is_told_once() -> None:
    """Not again for each class that has it from there; but a class's own fault is its own."""
    text = """
    [default]
    regions = ["x"]
    locked = { foo = 1, bar = 1 }
    quota = { burst = 0 }
    [class.one]
    [class.two]
    regions = ["x"]
    locked = { foo = 1 }
    """
    told = faults(text)
    assert [each.split(" ")[0] for each in told] == [
        *("default.regions", "default.quota.burst", "default.locked.foo", "default.locked.bar"),
        *("class.two.regions", "class.two.locked.foo"),
    ]


@pytest.mark.parametrize(
    "text", ["[default", "a = [", "\ufeff[default]", "[default]\n[default]", "x=" + "[" * 5000, "\x00"]
)
def test_what_is_no_toml_is_one_fault(text: str) -> None:
    """With the parser's own words, which name line and column."""
    (message,) = faults(text)
    assert message.startswith("is not TOML: ")


@given(st.text(max_size=60) | st.text("[]default.locked\n=\"'{}1,", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a policy or a list of faults."""
    assert isinstance(faults(text), list)


_VALUES: st.SearchStrategy[object] = st.recursive(
    st.booleans() | st.integers(0, 400) | st.sampled_from(["all", "en-US", "PII", "standard", "x"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["standard", "language-code", "content-redaction-type", "burst", "x"]),
                      inner, max_size=2),
    max_leaves=5,
)  # fmt: skip


def toml(value: object) -> str:
    """The value in TOML's own writing."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


@given(
    st.dictionaries(
        st.sampled_from(
            ["operations", "regions", "languages", "encodings", "vocabularies", "max_expires_in", "locked",
             "defaults", "quota", "unlocked"],
        ),
        _VALUES,
    ),
    st.sampled_from(["default", "class.one"]),
)  # fmt: skip
def test_no_value_breaks_the_reader(members: dict[str, object], table: str) -> None:
    """Any value of any member: sound rules, or faults that begin with a place in the table."""
    body = "".join(f"{name} = {toml(value)}\n" for name, value in members.items())
    head = "" if table == "default" else "[default]\n"
    for message in faults(f"{head}[{table}]\n{body}"):
        assert message.startswith(f"{table}.")
