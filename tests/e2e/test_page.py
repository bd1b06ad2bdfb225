"""The page as people use it: settings, sources, captions, exports, keyboard, small screens, other hosts."""

import json
import shutil
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, Request, Route, expect

from scribepass.cli import main
from support.gunicorn import LOCAL, running
from support.page import BLANK, Json, Opened, Transcribe, chromium, opened, result, words
from support.stack import Stack, free_port, up

WEB = Path(__file__).parents[2] / "web"
AXE = Path(__file__).parents[1] / "peers" / "node_modules" / "axe-core" / "axe.min.js"
LINES = ["one two three four five six", "seven eight nine ten eleven twelve"]
SECRETS = ("X-Amz-", "wss://", "ws://")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here; each has a context of its own."""
    with chromium() as running_browser:
        yield running_browser


@pytest.fixture(scope="module")
def other_origin() -> str:
    """Where the static host of a test will be."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory, other_origin: str) -> Iterator[Stack]:
    """A stack that says what it was told to, a word every 0.3 s of sound."""
    folder = tmp_path_factory.mktemp("fast")
    script = folder / "script.json"
    script.write_text(json.dumps(LINES))
    settings = {"SCRIBEPASS_ALLOWED_ORIGINS": other_origin}
    with up(folder, "--recogniser", f"scripted:{script}", settings=settings) as stack:
        yield stack


@pytest.fixture
def it(browser: Browser, fast: Stack) -> Iterator[Opened]:
    """The page, which has the catalogue."""
    with opened(browser, fast.service) as page:
        yield page


@contextmanager
def talking(browser: Browser, url: str, **context: object) -> Iterator[tuple[Opened, Transcribe]]:
    """The page while it streams to a stand-in."""
    with opened(browser, BLANK, **context) as it:
        other = Transcribe(it.page)
        it.page.goto(url)
        it.start()
        yield it, other


def dialogue(other: Transcribe) -> None:
    """Two speakers, a name, a word that is not sure, and one that may still change."""
    unsure = words("Hello Ann, ten meters.", start=0.2, speaker="0")
    unsure[3]["Confidence"] = 0.3
    name = {
        "StartTime": 0.53,
        "EndTime": 0.84,
        "Category": "PII",
        "Type": "NAME",
        "Content": "Ann",
    }
    other.say(result("a", "Hello Ann, ten meters.", start=0.2, items=unsure, entities=[name]))
    answer = words("Yes & <b>no</b>.", start=3, speaker="1")
    other.say(result("b", "Yes & <b>no</b>.", start=3, items=answer))
    other.say(result("c", "and then", start=5, partial=True))


def lines(page: Page) -> list[str]:
    return page.locator("[data-final]").all_inner_texts()


def sent(request: Request) -> Json:
    """What the service was asked for."""
    return dict(request.post_data_json or {})


def stored(page: Page) -> str:
    return str(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"))


# What is chosen


def test_settings_are_remembered_and_nothing_secret_is(browser: Browser, fast: Stack) -> None:
    """A reload keeps them; neither keys nor addresses are kept anywhere."""
    with talking(browser, fast.service) as (it, _):
        page = it.page
        it.stop()
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Tell speakers apart").check()
        page.get_by_label("Custom vocabulary").fill("my-words")
        page.get_by_label("Names, numbers, addresses").select_option("label")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Key or token").fill("sp_secret_0123456789")
        page.get_by_role("button", name="Use it").click()
        page.reload()
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_label("Tell speakers apart")).to_be_checked()
        expect(page.get_by_label("Custom vocabulary")).to_have_value("my-words")
        kept = stored(page)
        assert "my-words" in kept
        assert not any(secret in kept for secret in (*SECRETS, "sp_secret", "http"))
        page.keyboard.press("Escape")
        with page.expect_request("**/presign") as asked:
            it.start()
        body = sent(asked.value)
        assert body["show-speaker-label"] is True
        assert body["vocabulary-name"] == "my-words"
        assert "x-api-key" not in asked.value.headers


def test_languages_are_searched(it: Opened) -> None:
    """All 99 are there, a few letters find one, and the keyboard takes it."""
    page = it.page
    field = page.get_by_role("combobox", name="Language")
    expect(field).to_have_value("English, US")
    field.click()
    expect(page.get_by_role("option")).to_have_count(99)
    expect(page.get_by_role("option", selected=True)).to_contain_text("en-US")
    field.fill("port")
    expect(page.get_by_role("option")).to_have_count(2)
    field.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{chosen}")).to_contain_text("pt-BR")
    field.press("ArrowUp")
    field.press("Enter")
    expect(field).to_have_value("Portuguese")
    expect(page.get_by_role("listbox")).to_have_count(0)
    field.fill("klingon")
    expect(page.get_by_role("option")).to_have_text("No language of that name")
    field.press("Escape")
    expect(field).to_have_value("Portuguese")
    with page.expect_request("**/presign") as asked:
        page.get_by_role("button", name="Start").click()
    assert sent(asked.value)["language-code"] == "pt-PT"


def test_a_list_that_is_open_when_the_languages_come_has_them(browser: Browser, fast: Stack) -> None:
    """Who types faster than the network loses nothing."""
    with opened(browser, BLANK) as it:
        page = it.page
        catalogue = page.request.get(f"{fast.service}/catalogue").json()
        waiting: list[Route] = []

        def hold(route: Route) -> None:
            waiting.append(route)

        page.route("**/catalogue", hold)
        with page.expect_request("**/catalogue"):
            page.goto(fast.service)
        field = page.get_by_role("combobox", name="Language")
        field.fill("swed")
        expect(page.get_by_role("option")).to_have_text("No language of that name")
        waiting[0].fulfill(json=catalogue)
        expect(page.get_by_role("option")).to_contain_text("Swedish")
        field.press("Enter")
        expect(field).to_have_value("Swedish")


def test_what_does_not_go_together_is_said_before_it_is_sent(it: Opened) -> None:
    """At the setting, and at Start, which asks for no ticket."""
    page = it.page
    tickets: list[str] = []
    page.on("request", lambda request: tickets.append(request.url) if "/presign" in request.url else None)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Find out what is spoken").select_option("one")
    expect(page.get_by_text("Choose at least two languages")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least two languages")
    page.get_by_role("button", name="Change them").click()
    for code in ("en-US", "fr-FR"):
        page.get_by_label("Search what may be spoken").fill(code)
        page.get_by_label(f"({code})").check()
    page.get_by_label("The likeliest").select_option("fr-FR")
    expect(page.get_by_text("Choose at least two languages")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Language")).to_be_disabled()
    assert tickets == []
    with page.expect_request("**/presign") as asked:
        page.wait_for_timeout(450)
        page.get_by_role("button", name="Start").click()
    body = sent(asked.value)
    assert (body["language-options"], body["preferred-language"]) == ("en-US,fr-FR", "fr-FR")
    assert "language-code" not in body


def test_the_kinds_of_transcription_have_their_own_settings(it: Opened) -> None:
    """Medical has a specialty and US English; Call Analytics has an agent, and no speakers."""
    page = it.page
    page.get_by_role("button", name="Settings").click()
    kind = page.get_by_label("Kind of transcription")
    kind.select_option("medical")
    expect(page.get_by_label("Specialty")).to_be_visible()
    expect(page.get_by_label("Vocabulary filter")).to_be_hidden()
    kind.select_option("call-analytics")
    expect(page.get_by_label("The agent is on")).to_be_visible()
    expect(page.get_by_label("Tell speakers apart")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Language").click()
    expect(page.get_by_role("option")).to_have_count(9)


def test_what_the_service_sets_is_shown_as_such(browser: Browser, fast: Stack) -> None:
    """A lock cannot be changed here; a default is named."""
    with opened(browser, fast.service) as it:
        page = it.page
        catalogue = page.request.get(f"{fast.service}/catalogue").json()
        catalogue["locked"] = {"standard": {"show-speaker-label": "true"}}
        catalogue["defaults"] = {"standard": {"vocabulary-name": "house-words"}}
        page.route("**/catalogue", lambda route: route.fulfill(json=catalogue))
        page.reload()
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_label("Tell speakers apart")).to_be_disabled()
        expect(page.get_by_text("Set by the service: true")).to_be_visible()
        expect(page.get_by_text("Unless set here, the service takes house-words")).to_be_visible()


def test_light_and_dark_are_chosen_and_kept(it: Opened) -> None:
    """As the system has it, light, dark; over a reload too."""
    page = it.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for name in ("as the system", "light"):
        page.get_by_role("button", name=f"Appearance: {name}").click()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.get_by_role("button", name="Appearance: dark")).to_be_visible()
    assert page.evaluate(ground) != light


def test_microphones_have_names_once_they_may_be_heard(it: Opened) -> None:
    """The fake ones are in the list, and the chosen one is asked for."""
    page = it.page
    it.start()
    it.stop()
    page.get_by_role("button", name="Source").click()
    device = page.get_by_label("Device")
    expect(device.locator("option")).not_to_have_count(1)
    label = device.locator("option").nth(1).inner_text()
    device.select_option(label=label)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Source")).to_contain_text("Microphone")
    it.start()


# What is heard


def test_words_come_stop_keeps_the_last_and_a_second_start_begins_anew(it: Opened) -> None:
    """Stopped in mid-word: the line is there to its end. A second take stands under the first."""
    page = it.page
    it.start()
    expect(page.locator("#partial")).to_contain_text("three", timeout=10_000)
    it.stop()
    assert lines(page) == [LINES[0]]
    it.start()
    expect(page.locator("[data-final]")).to_have_count(2, timeout=10_000)
    it.stop()
    assert lines(page)[:2] == [LINES[0], LINES[0]]
    expect(page.locator(".take")).to_have_count(2)
    assert it.console == []


def test_two_tabs_at_once(browser: Browser, fast: Stack) -> None:
    """Each hears for itself."""
    with opened(browser, fast.service) as one:
        other = Opened(page=one.page.context.new_page())
        other.page.goto(fast.service)
        one.start()
        other.start()
        for it in (one, other):
            expect(it.page.locator("[data-final]").first).to_have_text(LINES[0], timeout=10_000)
            assert it.console == []


def recording(path: Path, seconds: float) -> Path:
    """A tone as a file of 8 kHz."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        wave_of_20 = b"".join(
            (6000 if n < 10 else -6000).to_bytes(2, "little", signed=True) for n in range(20)
        )
        out.writeframes(wave_of_20 * int(seconds * 400))
    return path


PLAYED = """() => {
    window.played = [];
    new MutationObserver(() => {
        const word = document.querySelector(".playing")?.textContent;
        if (word && word !== window.played.at(-1)) window.played.push(word);
    }).observe(document.getElementById("takes"), { subtree: true, attributeFilter: ["class"] });
}"""
PAUSED = """async () => {
    const pause = document.getElementById("quieten");
    document.querySelectorAll(".word")[1].click();
    const heard = document.querySelector(".playing").textContent;
    await Promise.resolve();
    const hidden = pause.hidden;
    pause.click();
    return [heard, hidden, pause.hidden, document.querySelector(".playing")];
}"""


def test_a_file_is_read_to_its_end_and_its_words_play(it: Opened, tmp_path: Path) -> None:
    """It ends by itself; a click on a word plays from there and marks what is heard; keys do as well."""
    page = it.page
    page.get_by_role("button", name="Source").click()
    page.get_by_label("File", exact=False).first.check()
    page.get_by_label("Audio or video file").set_input_files(recording(tmp_path / "talk.wav", 2.6))
    expect(page.get_by_role("heading", name="talk.wav")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("status")).to_have_text("Stopped", timeout=15_000)
    assert lines(page)[0] == LINES[0]
    assert page.locator("#elapsed").inner_text() == "0:02"
    page.evaluate(PLAYED)
    page.locator(".word", has_text="five").click()
    expect(page.get_by_role("button", name="Pause playback")).to_be_hidden(timeout=10_000)
    played = page.evaluate("window.played")
    assert played[0] == "five"
    assert len(played) > 1
    assert played == sorted(played, key=" ".join(LINES).split().index)
    assert page.evaluate(PAUSED) == ["two", False, True, None]
    page.get_by_role("button", name="Play from 0:00").press("ArrowRight")
    expect(page.get_by_role("button", name="Pause playback")).to_be_hidden(timeout=10_000)
    assert page.evaluate("window.played")[len(played) :][:2] == ["two", "one"]
    assert it.console == []


def test_without_a_file_the_page_says_so(it: Opened) -> None:
    page = it.page
    page.get_by_role("button", name="Source").click()
    page.get_by_label("File", exact=False).first.check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no file yet.")


def test_a_dropped_file_is_taken(it: Opened) -> None:
    page = it.page
    page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["x"], "dropped.wav"));
            for (const type of ["dragover", "drop"]) {
                const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
                document.body.dispatchEvent(event);
            }
        }"""
    )
    expect(page.get_by_role("button", name="Source")).to_contain_text("dropped.wav")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).not_to_be_empty()


def test_speakers_doubt_and_personal_data_are_seen(browser: Browser, fast: Stack) -> None:
    """By name and sign, not by colour alone; guesses apart from what is final."""
    with talking(browser, fast.service) as (it, other):
        page = it.page
        dialogue(other)
        expect(page.locator(".who .name")).to_have_text(["Speaker 0", "Speaker 1"])
        colours = page.locator(".who").evaluate_all("all => all.map(each => getComputedStyle(each).color)")
        assert len(set(colours)) == 2
        expect(page.locator(".private")).to_have_attribute("data-kind", "NAME")
        expect(page.locator(".private")).to_have_text("Ann,")
        expect(page.locator(".unsure")).to_have_attribute("title", "Not sure: 30 %")
        expect(page.locator(".partial .said")).to_have_text("and then")
        assert lines(page) == ["Hello Ann, ten meters.", "Yes & <b>no</b>."]
        other.say(result("d", "Bonjour.", start=6, more={"LanguageCode": "fr-FR", "ChannelId": "ch_1"}))
        last = page.locator(".segment").last
        expect(last.locator(".who")).to_contain_text("Right channel")
        expect(last.locator(".tongue")).to_have_text("fr-FR")
        expect(last.locator(".said")).to_have_attribute("lang", "fr-FR")
        expect(page.get_by_role("log")).to_contain_text("Bonjour.")


def test_a_lost_connection_is_told_and_found_again(browser: Browser, fast: Stack) -> None:
    """Reconnecting, then connected again, and what was heard stands."""
    with talking(browser, fast.service) as (it, other):
        page = it.page
        dialogue(other)
        page.route("**/presign", lambda route: route.abort())
        other.sockets[-1].close(code=1011)
        expect(page.locator("body")).to_have_attribute("data-state", "reconnecting", timeout=10_000)
        expect(page.get_by_role("status")).to_contain_text("Reconnecting")
        expect(page.get_by_role("button", name="Stop")).to_be_enabled()
        page.unroute("**/presign")
        expect(page.locator("body")).to_have_attribute("data-state", "streaming", timeout=10_000)
        expect(page.get_by_role("status")).to_contain_text("Connected again")
        page.get_by_role("button", name="Details").click()
        expect(page.locator("#details")).to_contain_text("Reconnects1", use_inner_text=False)
        assert lines(page)[0] == "Hello Ann, ten meters."


GAPS = """async () => {
    const { TranscriptView } = await import("/page/view/transcript.js");
    const view = new TranscriptView();
    const said = (id, startTime) => {
        return { id, isFinal: true, text: id, items: [], startTime, endTime: startTime + 1 };
    };
    view.begin("A take", "en");
    const gaps = [{ at: 3, seconds: 600, reason: "sleep" }];
    view.show({ segments: [said("before", 0)], gaps });
    view.show({ segments: [said("before", 0), said("after", 3)], gaps });
}"""


def test_what_was_not_recorded_is_marked_where_it_was(it: Opened) -> None:
    """Between what was said before and after, once."""
    page = it.page
    page.evaluate(GAPS)
    told = page.locator(".take > :not(h2)").all_inner_texts()
    assert [line.split("\n")[-1] for line in told] == [
        "before",
        "10 min not recorded: the computer slept",
        "after",
    ]


def test_details_say_much_and_no_secret(browser: Browser, fast: Stack) -> None:
    """Session, ticket and figures are there; the ticket's URL is in no text, no attribute and no storage."""
    with talking(browser, fast.service) as (it, other):
        page = it.page
        dialogue(other)
        page.get_by_role("button", name="Details").click()
        details = page.locator("#details")
        expect(details).to_contain_text("us-east-1")
        expect(details).to_contain_text("tk_")
        assert len(other.urls[0]) > 400
        signature = other.urls[0].partition("X-Amz-Signature=")[2][:64]
        for place in (page.content(), stored(page), *it.console):
            assert not any(secret in place for secret in (*SECRETS, signature))


# What is taken along


def test_the_exports_have_what_was_said(browser: Browser, fast: Stack) -> None:
    """Text, SubRip, WebVTT, JSON, and the clipboard."""
    with talking(browser, fast.service, permissions=["microphone", "clipboard-read", "clipboard-write"]) as (
        it,
        other,
    ):
        page = it.page
        dialogue(other)
        expect(page.locator("[data-final]")).to_have_count(2)

        def download(kind: str) -> str:
            page.get_by_role("button", name="Download").click()
            with page.expect_download() as found:
                page.get_by_role("button", name=kind).click()
            assert found.value.suggested_filename.endswith(f".{kind.lower()}")
            return Path(found.value.path()).read_text()

        text = "Speaker 0: Hello Ann, ten meters.\nSpeaker 1: Yes & <b>no</b>.\nand then\n"
        assert download("TXT") == text
        captions = download("SRT")
        assert captions.startswith(
            "1\n00:00:00,200 --> 00:00:01,500\nSpeaker 0: Hello Ann, ten meters.\n\n2\n"
        )
        assert "Speaker 1: Yes & <\u200bb>no<\u200b/b>." in captions
        assert "<v Speaker 1>Yes &amp; &lt;b&gt;no&lt;/b&gt;." in download("VTT")
        told = json.loads(download("JSON"))
        assert [each["text"] for each in told["segments"]] == [*lines(page), "and then"]
        assert told["segments"][0]["entities"][0]["type"] == "NAME"
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_captions_are_large_and_escape_leaves(browser: Browser, fast: Stack) -> None:
    """The last lines over everything; size and contrast are kept; full screen; Esc."""
    with talking(browser, fast.service) as (it, other):
        page = it.page
        dialogue(other)
        page.get_by_role("button", name="Captions").click()
        captions = page.get_by_role("dialog", name="Captions")
        expect(captions).to_contain_text("and then")
        size = "getComputedStyle(document.getElementById('captions-lines')).fontSize"
        before = float(page.evaluate(size)[:-2])
        page.get_by_role("button", name="Larger").click()
        assert float(page.evaluate(size)[:-2]) > before > 24
        page.get_by_role("button", name="High contrast").click()
        black = page.evaluate("getComputedStyle(document.getElementById('captions')).backgroundColor")
        assert black == "rgb(0, 0, 0)"
        other.say(result("e", "the newest words", start=7))
        expect(captions).to_contain_text("the newest words")
        page.get_by_role("button", name="Full screen").click()
        expect(page.get_by_role("button", name="Full screen")).to_have_attribute("aria-pressed", "true")
        page.evaluate("document.exitFullscreen()")
        expect(captions).to_be_hidden()
        page.get_by_role("button", name="Captions").click()
        page.keyboard.press("Escape")
        expect(captions).to_be_hidden()
        page.reload()
        page.get_by_role("button", name="Captions").click()
        expect(page.get_by_role("button", name="High contrast")).to_have_attribute("aria-pressed", "true")


# Who uses it


def test_the_keyboard_is_enough(it: Opened) -> None:
    """Choose a language, change a setting, start, stop, go through the lines: no pointer."""
    page = it.page
    focused = page.locator(":focus")

    def tab_to(name: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if name in (focused.get_attribute("id") or ""):
                return
        raise AssertionError(f"Tab never came to {name}")

    tab_to("language")
    page.keyboard.type("wel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Language")).to_have_value("Welsh")
    page.keyboard.press("Control+A")
    page.keyboard.type("english us")
    page.keyboard.press("Enter")
    tab_to("open-settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Settings")).to_be_hidden()
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    tab_to("toggle")
    page.keyboard.press("Enter")
    expect(page.locator("[data-final]")).to_have_count(2, timeout=15_000)
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Stopped", timeout=15_000)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Play from 0:00")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Play from 0:02")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, fast: Stack, scheme: str) -> None:
    """In every state, at both widths: no violation."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci in tests/peers)")
    source = AXE.read_text()
    with opened(browser, BLANK, color_scheme=scheme) as it:
        page = it.page
        other = Transcribe(page)
        page.goto(fast.service)
        expect(page.get_by_role("combobox", name="Language")).to_have_value("English, US")
        found: dict[str, object] = {}
        page.evaluate(source)

        def look(state: str) -> None:
            report = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            nodes = [
                (each["id"], [node["html"][:160] for node in each["nodes"]]) for each in report["violations"]
            ]
            if nodes:
                found[state] = nodes

        look("idle")
        page.get_by_role("combobox", name="Language").click()
        look("list")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Find out what is spoken").select_option("one")
        page.get_by_label("Names, numbers, addresses").select_option("label")
        look("settings")
        page.get_by_label("Find out what is spoken").select_option("off")
        page.keyboard.press("Escape")
        for button in ("Source", "Sign in"):
            page.get_by_role("button", name=button).click()
            look(button)
            page.keyboard.press("Escape")
        it.start()
        dialogue(other)
        look("streaming")
        page.get_by_role("button", name="Details").click()
        look("details")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Captions").click()
        look("captions")
        page.get_by_role("button", name="High contrast").click()
        look("captions, high contrast")
        page.keyboard.press("Escape")
        other.fail("AccessDeniedException", "no policy allows it")
        expect(page.get_by_role("alert")).not_to_be_empty(timeout=10_000)
        look("notice")
        page.set_viewport_size({"width": 360, "height": 640})
        look("phone")
        assert found == {}


def test_a_phone_has_no_sideways_scroll(browser: Browser, fast: Stack) -> None:
    """360 px: idle, streaming, settings, sign-in, lists and captions all fit."""
    with talking(browser, fast.service, viewport={"width": 360, "height": 740}, has_touch=True) as (
        it,
        other,
    ):
        page = it.page
        dialogue(other)
        other.say(result("w", "w" * 300, start=9))

        def fits() -> bool:
            wide = (
                "[document.documentElement, ...document.querySelectorAll('main, dialog, [popover], .paper')]"
            )
            return bool(page.evaluate(f"{wide}.every(each => each.scrollWidth <= each.clientWidth + 1)"))

        assert fits()
        expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()
        for name in ("Settings", "Sign in", "Details", "Download", "Captions"):
            page.get_by_role("button", name=name).click()
            assert fits(), name
            page.keyboard.press("Escape")
        it.stop()
        page.get_by_role("button", name="Source").click()
        assert fits()


# Whose service it is


def test_a_service_that_wants_a_key_gets_it_from_memory(browser: Browser, tmp_path: Path) -> None:
    """401 opens the field; a wrong key is told; the right one works, and is in no storage and no markup."""
    keys = tmp_path / "keys.json"
    made = CliRunner().invoke(main, ["keys", "new", "--file", str(keys), "--caller", "page"])
    key = made.stdout.strip()
    settings = {
        **LOCAL,
        "SCRIBEPASS_ANONYMOUS": "false",
        "SCRIBEPASS_API_KEYS_FILE": str(keys),
        "SCRIBEPASS_PAGE_DIR": str(WEB),
    }
    with running(tmp_path, **settings) as service, opened(browser, f"http://127.0.0.1:{service.port}") as it:
        page = it.page
        other = Transcribe(page)
        page.reload()
        dialog = page.get_by_role("dialog", name="Sign in")
        expect(dialog).to_contain_text("wants to know who is asking")
        field = page.get_by_label("Key or token")
        for wrong, said in (("two words", "cannot be one"), (key[:-1] + "x", "not known here")):
            field.fill(wrong)
            page.get_by_role("button", name="Use it").click()
            expect(dialog).to_contain_text(said)
            expect(field).to_have_value("")
        field.fill(key)
        field.press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name="Signed in")).to_be_visible()
        it.start()
        dialogue(other)
        expect(page.locator("[data-final]")).to_have_count(2)
        assert key not in page.content() + stored(page) + "".join(it.console)
        assert field.evaluate("field => field.value") == ""
        it.stop()
        page.get_by_role("button", name="Signed in").click()
        page.get_by_role("button", name="Sign out").click()
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert")).to_contain_text("by a key or a token", timeout=10_000)


class Quiet(SimpleHTTPRequestHandler):
    """Any static host; it says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def static_host(folder: Path, origin: str) -> Iterator[None]:
    port = int(origin.rpartition(":")[2])
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_any_static_host_serves_the_page_for_a_service_elsewhere(
    browser: Browser, fast: Stack, other_origin: str, tmp_path: Path
) -> None:
    """config.json names the service; its answers come across origins, and words with them."""
    folder = tmp_path / "site"
    shutil.copytree(WEB, folder, ignore=shutil.ignore_patterns("node_modules", "mobile", "examples"))
    (folder / "config.json").write_text(json.dumps({"service": fast.service}))
    with static_host(folder, other_origin), opened(browser, other_origin) as it:
        page = it.page
        page.get_by_role("combobox", name="Language").click()
        expect(page.get_by_role("option")).to_have_count(99)
        page.keyboard.press("Escape")
        it.start()
        expect(page.locator("[data-final]").first).to_have_text(LINES[0], timeout=10_000)
        it.stop()
        assert it.console == []
