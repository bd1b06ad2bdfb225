"""Headers of every answer, and who may read it across origins."""

from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from support.service import ASKED, BEARER, QUERY, Service, service

ORIGIN = "https://app.example.com"
SETTINGS = {"allowed_origins": f"{ORIGIN},http://localhost:5173,http://[::1]:5173"}
API = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Origin",
}


def answers(it: Service) -> dict[int, TestResponse]:
    """One answer of each status that the API has."""
    headers = {"Origin": ORIGIN}
    found = {
        201: it.post(headers=headers),
        200: it.get(headers=headers),
        400: it.get("x=1", headers=headers),
        401: it.client.get(f"/presign?{QUERY}", headers=headers),
        403: it.get(headers={**headers, "Sec-Fetch-Mode": "navigate"}),
        404: it.client.get("/nowhere", headers=headers),
        405: it.client.delete("/presign", headers=headers),
        413: it.client.post(
            "/presign", data=b"x" * 9000, headers={**headers, **BEARER}, content_type="application/json"
        ),
        414: it.get("x" * 3000, headers=headers),
        415: it.client.post("/presign", data=b"x", headers={**headers, **BEARER}),
    }
    it.held.credentials = None
    found[503] = it.get(headers=headers)
    it.vendor._supplies = None  # type: ignore[assignment]
    found[500] = it.get(headers=headers)
    return found


def test_every_answer_has_them() -> None:
    """Whatever its status: never cached, never sniffed, never framed, and readable by the page that asked."""
    for status, answer in answers(service(settings=SETTINGS)).items():
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in API} == API
        assert answer.headers.getlist("Vary") == ["Origin"]
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert "Werkzeug" not in answer.headers.get("Server", "")
        assert answer.headers["Content-Type"] == (
            "application/json" if status < 400 else "application/problem+json"
        )


def test_transport_security_is_promised_only_over_tls(it: Service) -> None:
    """TLS is known where the server, or a proxy that is believed, says https."""
    assert "Strict-Transport-Security" not in it.get().headers
    assert "Strict-Transport-Security" not in it.get(headers={"X-Forwarded-Proto": "https"}).headers
    secure = it.get(environ_overrides={"wsgi.url_scheme": "https"})
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:5173", "http://[::1]:5173"])
def test_a_listed_origin_may_ask_first(origin: str) -> None:
    """The preflight passes without a key, and names methods, headers and how long that holds."""
    it = service(settings=SETTINGS)
    answer = it.client.options(
        "/presign",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, x-api-key, x-evil",
        },
    )
    assert answer.status_code == 200
    assert answer.data == b""
    assert "Content-Type" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, x-api-key"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, OPTIONS, POST"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert answer.headers["Cache-Control"] == "no-store"


HOSTILE = [
    "null", "*", "", "https://app.example.com.evil.example", "https://evil.example/https://app.example.com",
    "https://appxexample.com", "https://app.example.comx", "xhttps://app.example.com",
    "https://app.example.com/", "https://app.example.com:443", "https://app.example.com:8443",
    "http://app.example.com", "https://APP.EXAMPLE.COM", "HTTPS://app.example.com",
    "https://app.example.com ", " https://app.example.com", "https://app.example.com.",
    "https://app.example.com\\.evil.example", "https://user@app.example.com",
    "https://app.example.com@evil.example", "https://app.example.com#", "https://app.example.com?",
    "https://app.example.com,https://evil.example", "https://evil.example,https://app.example.com",
    "https://app.example.com https://evil.example", "//app.example.com", "app.example.com",
    "https://example.com", "https://sub.app.example.com", "https://app.example.com%00", "file://",
    "https://app.example.com%0d%0a", "https://xn--app-.example.com", "https://аpp.example.com",
    "http://localhost", "http://localhost:5174", "http://localhost:51730",
    "http://localhost:5173.evil.example", "http://127.0.0.1:5173", "https://localhost:5173",
    "http://[::1]", "http://[::1]:51730", "http://x:5173", "http://::1:5173", "data:",
    "chrome-extension://abcdefghijklmnop", "about:blank", "https://.app.example.com",
    "https:app.example.com", "http://[::2]:5173", "http://:5173", "http://[:::1]:5173",
]  # fmt: skip


@pytest.mark.parametrize("origin", HOSTILE)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_other_origin_may_read(origin: str, method: str) -> None:
    """Exact, in case and to the last character; asked or not asked first."""
    it = service(settings=SETTINGS)
    headers = {**BEARER, "Origin": origin, "Access-Control-Request-Method": "POST"}
    path = "/presign" if method == "POST" else f"/presign?{QUERY}"
    answer = it.client.open(path, method=method, headers=headers, json=ASKED if method == "POST" else None)
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    assert answer.headers.getlist("Vary") == ["Origin"]


def test_without_a_list_no_origin_may_read(it: Service) -> None:
    """The default: only pages of the same origin, which need no permission."""
    answer = it.get(headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_an_origin_nothing_is_said_about_origins() -> None:
    """A program that is no browser does not learn the list."""
    assert "Access-Control-Allow-Origin" not in service(settings=SETTINGS).get().headers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page, and beside it what must not be served."""
    for name in (
        "index.html", "styles.css", "favicon.svg", "config.js", "page/main.js", "scribepass/index.js",
        "scribepass/deep/x.mjs", "scribepass/index.d.ts", "scribepass/.hidden.js", "package.json",
        "README.md", "jsconfig.json", "page.js", "tests/x.js", "node_modules/x/index.js", ".git/config",
        "page/notes.txt",
    ):  # fmt: skip
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "secret.js").write_text("outside")
    return tmp_path / "web"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/styles.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml; charset=utf-8"),
        ("/config.js", "text/javascript; charset=utf-8"),
        ("/page/main.js", "text/javascript; charset=utf-8"),
        ("/scribepass/index.js", "text/javascript; charset=utf-8"),
        ("/scribepass/deep/x.mjs", "text/javascript; charset=utf-8"),
    ],
)
def test_the_page_is_served_to_everybody(folder: Path, path: str, kind: str) -> None:
    """Its own files, each with its type, and a policy that names where the page may connect."""
    it = service(settings={"page_dir": folder, "regions": "us-east-1,eu-west-1"})
    answer = it.client.get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Permissions-Policy"] == "microphone=(self), camera=(), geolocation=()"
    policy = dict(each.partition(" ")[::2] for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self' wss://transcribestreaming.us-east-1.amazonaws.com:8443 "
        "wss://transcribestreaming.eu-west-1.amazonaws.com:8443",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_page_of_a_developer_may_connect_to_the_local_endpoint_only(folder: Path) -> None:
    """Not to AWS: no word spoken at a desk leaves it by mistake."""
    local = {"env": "local", "anonymous": True, "transcribe_endpoint": "ws://127.0.0.1:8444"}
    answer = service(settings={**local, "page_dir": folder}).client.get("/", buffered=True)
    assert "connect-src 'self' ws://127.0.0.1:8444;" in answer.headers["Content-Security-Policy"]


def test_an_unchanged_file_is_not_sent_again(folder: Path) -> None:
    """The browser asks each time, and is told that it has the file."""
    it = service(settings={"page_dir": folder})
    tag = it.client.get("/page/main.js", buffered=True).headers["ETag"]
    again = it.client.get("/page/main.js", headers={"If-None-Match": tag}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/package.json", "/README.md", "/jsconfig.json", "/page.js", "/tests/x.js",
        "/node_modules/x/index.js", "/.git/config", "/scribepass/.hidden.js", "/scribepass/index.d.ts",
        "/page/notes.txt", "/page", "/page/", "/scribepass/../package.json", "/scribepass/../../secret.js",
        "/scribepass/%2e%2e/%2e%2e/secret.js", "/scribepass/..%2f..%2fsecret.js",
        "/scribepass/....//secret.js", "/scribepass//etc/passwd.js", "/scribepass/..\\..\\secret.js",
        "/page/x\x00.js", "/scribepass/" + "a" * 5000 + ".js", "/scribepass/absent.js",
    ],
)  # fmt: skip
def test_nothing_else_of_the_folder_is_served(folder: Path, path: str) -> None:
    """Nor anything outside it, however it is spelt; and a 404 here is the API's."""
    answer = service(settings={"page_dir": folder}).client.get(path, buffered=True)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/problem+json"


def test_the_api_is_still_guarded_beside_the_page(folder: Path) -> None:
    """The page takes no path from it."""
    it = service(settings={"page_dir": folder})
    assert it.client.get("/catalogue").status_code == 401
    assert it.client.post("/page/main.js").status_code == 405
    assert it.post().status_code == 201
