"""A hundred hostile texts, wherever another's words reach the page: it shows them and does nothing more."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from support.page import Json, Opened, Transcribe, chromium, opened, result, words
from support.stack import Stack

MEBIBYTE = 1 << 20
RAN = "document.title='ran';alert(1)"

MARKUP = [
    f"<script>{RAN}</script>",
    f'<img src=x onerror="{RAN}">',
    f"<svg onload={RAN}><path/></svg>",
    f"<svg><script href=data:,{RAN} /></svg>",
    f'<iframe srcdoc="<script>{RAN}</script>"></iframe>',
    f"<iframe src=javascript:{RAN}></iframe>",
    f'<a href="javascript:{RAN}" autofocus onfocus={RAN}>x</a>',
    f"<details open ontoggle={RAN}>x</details>",
    f'<video><source onerror="{RAN}"></video>',
    f"<body onload={RAN}>",
    f"<input autofocus onfocus={RAN}>",
    "<style>@import 'http://127.0.0.1:9/x.css';*{display:none}</style>",
    "<link rel=stylesheet href=//127.0.0.1:9/x.css>",
    "<base href=//127.0.0.1:9/>",
    f'<meta http-equiv=refresh content="0;url=javascript:{RAN}">',
    "<form action=//127.0.0.1:9/><button>Start</button></form>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RAN}>",
    f'<noscript><p title="</noscript><img src=x onerror={RAN}>">',
    f"</textarea><script>{RAN}</script>",
    f"</p></div></section><script>{RAN}</script>",
    f"<!--><script>{RAN}</script-->",
    f"<![CDATA[<script>{RAN}</script>]]>",
    f"<template><script>{RAN}</script></template>",
    f"<object data=javascript:{RAN}></object>",
    f"<embed src=javascript:{RAN}>",
    f'<x-element style="background:url(//127.0.0.1:9/)" onclick={RAN}>',
    f"&lt;script&gt;{RAN}&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;nbsp;&copy&#0;",
    "<div id=toggle class=primary>Stop</div>",
    "<p data-final>not ours</p>",
    "<dialog open>Your session has ended. <input type=password></dialog>",
]
SCRIPTS = [
    f"javascript:{RAN}",
    f"data:text/html,<script>{RAN}</script>",
    f'"+{RAN}+"',
    f"';{RAN}//",
    f"`${{{RAN}}}`",
    f"{{{{constructor.constructor('{RAN}')()}}}}",
    "${process.exit()}",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "[object Object]",
    "null",
    "undefined",
    "NaN",
    "\\u003cscript\\u003e",
    "%3Cscript%3E",
    "url(//127.0.0.1:9/)",
    "expression(alert(1))",
    "'; DROP TABLE transcripts; --",
]
DIRECTIONS = [
    "\u202egnirts desrever\u202c",
    "\u202e\u202e\u202e never closed",
    "\u2066isolated \u2067 twice",
    "\u2069\u2069\u2069 popped",
    "\u200fright-to-left mark",
    "\u200eleft-to-right mark",
    "\u061carabic letter mark",
    "שלום עולם 123 abc",
    "مرحبا بالعالم (123) abc",
    "\u202aembedding\u202c then \u202boverride",
    "invoice\u202efdp.exe",
    "\u2067\u2067 start \u202e Stop",
]
BROKEN = [
    "\ud800 lone high",
    "lone low \udfff",
    "\udc00\ud800 swapped",
    "nul \x00 inside",
    "\x00",
    "bell \x07 escape \x1b[2J\x1b[31m",
    "delete \x7f next line \x85 end",
    "line\nbreak\r\nand\ttab",
    "form\ffeed and \v tab",
    "\ufeffbyte order",
    "not a character \uffff \ufffe",
    "replacement \ufffd",
    "tags \U000e0001\U000e0041",
    "private \ue000 \U0010fffd",
    "zero\u200bwidth\u200cand\u200djoiners",
    "line\u2028and paragraph\u2029separators",
    "soft\u00adhyphen",
    "Z\u0310\u0311\u0312" * 60,
    "\u0301\u0301 begins with marks",
    "👨‍👩‍👧‍👦🏳️‍🌈" * 20,
    "ﷺ" * 40,
    "𒐫𒈙⸻꧅" * 10,
]
LONG = [
    # The message around it has its place in the 1 MiB that the library reads.
    "w" * (MEBIBYTE - 1024),
    "many words " * 3000,
    "<b>" * 10_000,
    "\u202e" * 5_000,
    "字" * 20_000,
    "a" + "\u0301" * 5_000,
]
TEXTS = [*MARKUP, *SCRIPTS, *DIRECTIONS, *BROKEN, *LONG, *(f"{text} | {text}" for text in MARKUP[:8])]
SHORT = [text for text in TEXTS if len(text) < 2000]

WATCH = """() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, sourceFile, blockedURI }) => {
        window.violations.push([violatedDirective, sourceFile, blockedURI].join(" "));
    });
}"""
FOREIGN = """() => {
    const ours = new Set((
        "B BDI BODY BUTTON CIRCLE DD DIALOG DIV DL DT FIELDSET FOOTER FORM H1 H2 H3 HEAD HEADER HTML " +
        "I INPUT LABEL LEGEND LI LINK MAIN META NOSCRIPT OPTION P PATH RECT SCRIPT SECTION SELECT SMALL " +
        "SPAN SVG TIME TITLE UL"
    ).split(" "));
    const all = [...document.querySelectorAll("*")];
    const handlers = all.flatMap((each) => [...each.attributes].filter(({ name }) => name.startsWith("on")));
    const odd = all.filter(({ tagName }) => !ours.has(tagName.toUpperCase())).map(({ tagName }) => tagName);
    const few = ["SCRIPT", "LINK", "IMG", "FORM", "DIALOG", "A"];
    const counts = few.map((tag) => document.querySelectorAll(tag).length);
    return { odd, handlers: handlers.length, counts };
}"""
UNTOUCHED: Json = {"odd": [], "handlers": 0, "counts": [1, 2, 0, 2, 3, 0]}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running_browser:
        yield running_browser


@pytest.fixture
def it(browser: Browser, stack: Stack) -> Iterator[Opened]:
    """The page, watched for what a hostile text would do."""
    with opened(browser, stack.service) as page:
        page.page.on("dialog", lambda dialog: page.console.append(f"dialog: {dialog.message}"))
        page.page.on("popup", lambda popup: page.console.append(f"popup: {popup.url}"))
        yield page


def unharmed(it: Opened, *, expected: tuple[str, ...] = ()) -> None:
    """No element, handler, dialog, request or violation that is not the page's own."""
    page = it.page
    assert page.evaluate(FOREIGN) == UNTOUCHED
    assert page.evaluate("window.violations") == []
    assert page.title() == "Live transcription · scribepass"
    assert [line for line in it.console if not line.startswith(expected or "\0")] == []


def streaming(it: Opened) -> Transcribe:
    other = Transcribe(it.page)
    it.page.reload()
    it.page.evaluate(WATCH)
    it.start()
    return other


def letters(text: str) -> str:
    """What of a text is seen for certain: not spaces, controls, halves of characters."""
    return "".join(character for character in text if character.isprintable() and character not in " \ufffd")


def test_there_are_a_hundred() -> None:
    assert len(TEXTS) == len(set(TEXTS)) >= 100


def test_transcripts_are_text(it: Opened) -> None:
    """Each as a final, as a partial, and in the captions: the text, and no element of it."""
    page = it.page
    other = streaming(it)
    page.get_by_role("button", name="Captions").click()
    for number, text in enumerate(TEXTS):
        other.say(result(f"p{number}", text, start=number, items=[], partial=True))
        other.say(result(f"p{number}", text, start=number, items=[]))
    expect(page.locator("[data-final]")).to_have_count(
        len([text for text in TEXTS if text.strip("\0 ")]), timeout=30_000
    )
    page.keyboard.press("Escape")
    shown = page.locator("[data-final]").evaluate_all("all => all.map(each => each.textContent)")
    wanted = [text for text in TEXTS if text.strip("\0 ")]
    for text, line in zip(wanted, shown, strict=True):
        assert letters(line) == letters(text)
    unharmed(it)


def test_words_and_speakers_are_text(it: Opened) -> None:
    """As items with times, and as names: of speakers, channels, languages and kinds of personal data."""
    page = it.page
    other = streaming(it)
    for number, text in enumerate(SHORT):
        start = float(number)
        item = {**words("x", start=start)[0], "Content": text, "Speaker": text}
        entity = {"StartTime": start, "EndTime": start + 1, "Type": text, "Category": text, "Content": text}
        more = {"ChannelId": text, "LanguageCode": text}
        other.say(result(text, text, start=start, items=[item], entities=[entity], more=more))
    expect(page.locator(".segment")).not_to_have_count(0)
    expect(page.locator("[data-final]").last).to_be_attached()
    page.wait_for_timeout(300)
    names = page.locator(".who .name").evaluate_all("all => all.map(each => each.textContent)")
    assert any("<script>" in name for name in names)
    assert page.locator(".who .name").evaluate_all("all => all.every(each => each.tagName === 'BDI')")
    page.locator(".word").first.click()
    unharmed(it)
    # A voice that is called __proto__ is a voice.
    assert page.evaluate("({}).speakers") is None


def test_directions_end_where_they_began(it: Opened) -> None:
    """Overrides in one line turn no other line, and not the page's own words."""
    page = it.page
    other = streaming(it)
    for number, text in enumerate(DIRECTIONS):
        other.say(result(f"d{number}", text, start=number, items=[]))
    other.say(result("after", "after all of them", start=99, items=[]))
    expect(page.locator("[data-final]").last).to_have_text("after all of them")
    isolated = (
        "all => all.every(each => getComputedStyle(each).unicodeBidi === 'isolate' && each.dir === 'auto')"
    )
    assert page.locator("[data-final]").evaluate_all(isolated)
    assert page.locator(".who bdi, .notice li").evaluate_all(
        "all => all.every(each => getComputedStyle(each).unicodeBidi === 'isolate')"
    )
    last = page.locator("[data-final]").last
    assert last.evaluate("each => getComputedStyle(each).direction") == "ltr"
    unharmed(it)


def test_utterances_are_text(it: Opened) -> None:
    """Call Analytics' events, which are shaped otherwise."""
    page = it.page
    other = streaming(it)
    for number, text in enumerate(SHORT):
        other.utter(
            {
                "UtteranceId": f"u{number}",
                "IsPartial": False,
                "ParticipantRole": text,
                "BeginOffsetMillis": number * 1000,
                "EndOffsetMillis": number * 1000 + 900,
                "Transcript": text,
                "Items": [],
                "Sentiment": text,
                "LanguageCode": text,
            }
        )
    page.wait_for_timeout(500)
    expect(page.locator("[data-final]")).not_to_have_count(0)
    unharmed(it)


@pytest.mark.parametrize("batch", range(2))
def test_exceptions_are_text(it: Opened, batch: int) -> None:
    """What the other end says when it refuses; its name is its own too."""
    page = it.page
    other = streaming(it)
    for text in SHORT[batch::20]:
        other.fail("AccessDeniedException", text)
        expect(page.locator("body")).to_have_attribute("data-state", "idle", timeout=10_000)
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("did not allow")
        assert letters(text) in letters(notice.evaluate("each => each.textContent"))
        page.wait_for_timeout(450)
        it.start()
    other.fail(SHORT[batch], SHORT[batch])
    expect(page.locator("body")).to_have_attribute("data-state", "idle", timeout=10_000)
    unharmed(it)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_problem_details_are_text(it: Opened, status: int) -> None:
    """What the service says when it gives no ticket, each in a list item of its own."""
    page = it.page
    page.evaluate(WATCH)
    faults = [{"field": text, "code": text, "message": text} for text in SHORT]
    problem = {
        **dict.fromkeys(("type", "title", "detail", "instance", "code"), MARKUP[0]),
        "problems": faults,
    }
    page.route(
        "**/presign",
        lambda route: route.fulfill(
            status=status, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    page.get_by_role("button", name="Start").click()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("did not give a ticket", timeout=10_000)
    said = notice.locator("li").evaluate_all("all => all.map(each => each.textContent)")
    assert len(said) == len(SHORT) + 1
    for text, line in zip(SHORT, said[1:], strict=True):
        assert letters(line) == letters(f"{text}: {text}")
    unharmed(it, expected=("Failed to load resource",))


def test_a_catalogue_is_text(browser: Browser, stack: Stack) -> None:
    """Names of languages, regions, operations and parameters, in every list of the page."""
    with opened(browser, stack.service) as it:
        page = it.page
        languages = [
            {"code": f"{text}{number}", "name": text, "operations": ["standard"], "regions": [text, "r"]}
            for number, text in enumerate(SHORT)
        ]
        catalogue = {
            "operations": ["standard", *SHORT],
            "default_region": "r",
            "regions": ["r", *SHORT],
            "locked": {"standard": dict.fromkeys(SHORT, SHORT[0])},
            "defaults": {"standard": dict.fromkeys(SHORT, SHORT[1])},
            "languages": languages,
        }
        page.route("**/catalogue", lambda route: route.fulfill(body=json.dumps(catalogue)))
        page.reload()
        page.evaluate(WATCH)
        page.get_by_role("combobox", name="Language").click()
        expect(page.get_by_role("option")).to_have_count(len(SHORT))
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Find out what is spoken").select_option("one")
        expect(page.locator("#options label")).to_have_count(len(SHORT))
        expect(page.get_by_text("Set by this service")).to_be_visible()
        unharmed(it)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"languages": []},
        {"operations": [], "regions": [], "default_region": None},
    ],
    ids=["nothing", "no languages", "no operations"],
)
def test_a_catalogue_that_lacks_much_is_no_end(browser: Browser, stack: Stack, answer: Json) -> None:
    """The page still starts, or says why not."""
    with opened(browser, stack.service) as it:
        page: Page = it.page
        page.route("**/catalogue", lambda route: route.fulfill(json=answer))
        page.reload()
        page.get_by_role("button", name="Settings").click()
        page.keyboard.press("Escape")
        it.start()
        assert it.console == []
