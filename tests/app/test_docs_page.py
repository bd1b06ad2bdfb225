"""/docs: the document as a page, whole, safe and readable without a script."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from scribepass.app.docs_page import render
from scribepass.app.kinds import every_kind
from scribepass.app.openapi import document
from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.vending import Deployment
from support.service import Service, service
from support.tools import needs

DEPLOYMENT = Deployment(operations=tuple(Operation), regions=("us-east-1",), default_region="us-east-1")
DOCUMENT = document(DEPLOYMENT)
TEXTS = {"const", "description", "detail", "summary", "title", "url", "version"}
HOSTILE = "<script>alert(1)</script>\"'&"


class Elements(HTMLParser):
    """Start tags with their attributes, and the text, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.found if attribute in attrs]


@pytest.fixture(scope="module")
def page() -> Elements:
    return Elements(render(DOCUMENT))


def test_everybody_can_open_it(it: Service) -> None:
    """By clicking on a link, too; and it loads nothing but its own style sheet, framed by nobody."""
    answer = it.client.get("/docs", headers={"Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    policy = dict(each.partition(" ")[::2] for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-cache"
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', answer.text)
    assert loaded == ["/docs/page.css"]
    style = it.client.get(loaded[0])
    assert (style.status_code, style.content_type) == (200, "text/css; charset=utf-8")
    assert style.headers["X-Content-Type-Options"] == "nosniff"
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_nothing_on_it_runs(page: Elements) -> None:
    """No script, no handler, no style of its own, no form, no frame."""
    tags = {tag for tag, _ in page.found}
    assert not tags & {"script", "style", "form", "iframe", "object", "embed", "base", "img"}
    assert not [name for _, attrs in page.found for name in attrs if name.startswith("on") or name == "style"]
    assert all(each.startswith(("#", "/")) for each in page.values("href"))


def test_it_has_the_whole_document(page: Elements) -> None:
    """Every operation, parameter, member, header and error."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in page.text
            assert operation["summary"] in page.text
    ids = page.values("id")
    assert {
        each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()
    } <= set(ids)
    assert {f"error-{kind.code}" for kind in every_kind()} <= set(ids)
    names = {name for parameters in PARAMETERS.values() for name in parameters}
    names |= DOCUMENT["components"]["schemas"]["Ticket"]["properties"].keys()
    names |= DOCUMENT["components"]["headers"].keys()
    assert [name for name in names if name not in page.text] == []
    assert 'curl -H "Authorization: Bearer $KEY"' in page.text


def test_its_parts_can_be_found(page: Elements) -> None:
    """Ids are unique, every link leads somewhere, headings skip no level, tables name rows and columns."""
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {each[1:] for each in page.values("href") if each.startswith("#")} <= set(ids)
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    count = [tag for tag, _ in page.found].count
    assert count("table") == count("caption") == count("thead")
    assert all(attrs.get("scope") for tag, attrs in page.found if tag == "th")
    assert ("html", {"lang": "en"}) in page.found


def test_its_texts_are_texts() -> None:
    """Whatever the document says, nothing of it becomes markup."""

    def hostile(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: hostile(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [hostile(each) for each in value]
        return value + HOSTILE if isinstance(value, str) and name in TEXTS else value

    text = render(hostile(DOCUMENT))
    assert "<script" not in text
    assert html.escape("<script>alert(1)</script>") in text
    assert not [name for _, attrs in Elements(text).found for name in attrs if name.startswith("on")]


@contextmanager
def opened(width: int, scheme: Any) -> Iterator[tuple[Page, list[str]]]:
    """The page in Chromium, and what the console says."""
    server = make_server("127.0.0.1", 0, service(operations=tuple(Operation)).app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=needs("chromium", "chromium-browser", "google-chrome"),
                args=["--disable-gpu", "--no-sandbox", "--disable-background-networking"],
            )
            shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            console: list[str] = []
            shown.on("console", lambda message: console.append(message.text))
            shown.goto(f"http://127.0.0.1:{server.port}/docs")
            yield shown, console
            browser.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]
)
def test_it_fits_every_screen(width: int, scheme: str) -> None:
    """From 360 pixels on nothing sticks out; text stands out from its ground (WCAG 2.2: 4.5 to 1)."""
    with opened(width, scheme) as (shown, console):
        shown.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        contrasts = shown.evaluate(CONTRASTS)
        assert console == []
    assert len(contrasts) > 3
    assert min(contrasts.values()) >= 4.5, contrasts


CONTRASTS = """() => {
  const luminance = (color) => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map((each) => each / 255)
      .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const pair = [getComputedStyle(element).color, ground(element)];
    const [lighter, darker] = pair.map(luminance).sort((one, other) => other - one);
    found[pair.join(" on ")] = (lighter + 0.05) / (darker + 0.05);
  }
  return found;
}"""
