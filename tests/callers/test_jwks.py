"""A key set over the wire: short, soon, from one place, and only what can verify."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from jwt.algorithms import OKPAlgorithm

from scribepass.background import Attempts
from scribepass.callers.jwks import MAX_BODY, MAX_KEYS, JwksFault, fetch, keys_of
from support.stack import free_port
from support.tokens import jwk, key, key_set

RSA = jwk(key(), "rsa")
PRIVATE = {**RSA, "d": "AQAB"}
EC_JWK = jwk(key("ES256"), "ec")


def test_what_a_key_is_for_follows_from_its_type() -> None:
    """RSA for RS and PS, a curve for its one algorithm; alg narrows it down."""
    document = key_set(
        RSA,
        jwk(key(number=1), "rs384-only", alg="RS384"),
        EC_JWK,
        jwk(key("ES384"), "ec384"),
        jwk(key("ES512"), "ec521", use=None),
        jwk(key("EdDSA"), "ed", key_ops=["verify"]),
    )
    assert keys_of(document).keys() == {
        *(("rsa", f"{family}{bits}") for family in ("RS", "PS") for bits in (256, 384, 512)),
        ("rs384-only", "RS384"),
        ("ec", "ES256"),
        ("ec384", "ES384"),
        ("ec521", "ES512"),
        ("ed", "EdDSA"),
    }


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"kty": "oct", "k": "c2VjcmV0", "kid": "x", "alg": "HS256"}, id="shared secret"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, id="shared secret without alg"),
        pytest.param({**RSA, "kid": "x", "alg": "HS256"}, id="RSA for HMAC"),
        pytest.param({**RSA, "kid": "x", "alg": "ES256"}, id="RSA for a curve"),
        pytest.param({**RSA, "kid": "x", "alg": "RSA-OAEP"}, id="for encryption by alg"),
        pytest.param({**RSA, "kid": "x", "use": "enc"}, id="for encryption by use"),
        pytest.param({**RSA, "kid": "x", "use": None}, id="use null"),
        pytest.param({**RSA, "kid": "x", "key_ops": ["encrypt"]}, id="for encryption by key_ops"),
        pytest.param({**RSA, "kid": "x", "key_ops": "verify"}, id="key_ops text"),
        pytest.param({**RSA, "kid": "x", "alg": 7}, id="alg number"),
        pytest.param({**PRIVATE, "kid": "x"}, id="its private half is there"),
        pytest.param(jwk(key(bits=1024), "x"), id="RSA of 1024 bits"),
        pytest.param({**RSA, "kid": "x", "n": "AQAB" * 1000}, id="RSA of 24,000 bits"),
        pytest.param({**RSA, "kid": "x", "n": "!!!"}, id="n is no base64"),
        pytest.param({**RSA, "kid": "x", "n": None}, id="n null"),
        pytest.param({**RSA, "kid": "x", "e": "AQ"}, id="e is 1"),
        pytest.param({"kty": "RSA", "kid": "x"}, id="no n"),
        pytest.param({**EC_JWK, "kid": "x", "crv": "P-384"}, id="another curve"),
        pytest.param({**EC_JWK, "kid": "x", "crv": "secp256k1"}, id="secp256k1"),
        pytest.param({**EC_JWK, "kid": "x", "crv": ["P-256"]}, id="crv list"),
        pytest.param({**EC_JWK, "kid": "x", "y": EC_JWK["x"]}, id="no point of the curve"),
        pytest.param({**EC_JWK, "kid": "x", "alg": "RS256"}, id="curve for RSA"),
        pytest.param(
            OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True) | {"kid": "x"},
            id="Ed448",
        ),
        pytest.param(
            OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True) | {"kid": "x"},
            id="private Ed25519",
        ),
        pytest.param({**RSA, "kid": 7}, id="kid number"),
        pytest.param({**RSA, "kid": ""}, id="kid empty"),
        pytest.param({**RSA, "kid": "x" * 129}, id="kid long"),
        pytest.param({**RSA, "kid": "x\n"}, id="kid with a line feed"),
        pytest.param({name: value for name, value in RSA.items() if name != "kid"}, id="no kid"),
        pytest.param({**RSA, "kid": "x", "kty": ["RSA"]}, id="kty list"),
        pytest.param({"kid": "x"}, id="no kty"),
        pytest.param("text", id="text"),
        pytest.param(None, id="null"),
        pytest.param([RSA], id="list"),
    ],
)
def test_what_cannot_verify_is_passed_over(other: object) -> None:
    """And takes no good key with it."""
    assert {kid for kid, _ in keys_of(key_set(other, RSA))} == {"rsa"}


def test_two_keys_of_one_name_are_nobodys() -> None:
    """Where either could be meant neither is used. One that is there twice is one, and types do not clash."""
    twin, other = {**EC_JWK, "kid": "twin"}, jwk(key("ES256", number=1), "twin")
    assert {kid for kid, _ in keys_of(key_set(twin, other, RSA, RSA, {**EC_JWK, "kid": "rsa"}))} == {"rsa"}
    assert ("rsa", "ES256") in keys_of(key_set(RSA, {**EC_JWK, "kid": "rsa"}))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(b"", "no JSON object", id="nothing"),
        pytest.param(b"null", "no JSON object", id="null"),
        pytest.param(b"[]", "no JSON object", id="list"),
        pytest.param(b"{", "no JSON object", id="half"),
        pytest.param(b"\xff{}", "no JSON object", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "no JSON object", id="deep"),
        pytest.param(b'{"keys": [], "keys": []}', "no JSON object", id="a name twice"),
        pytest.param(b'{"keys": NaN}', "no JSON object", id="NaN"),
        pytest.param(b'{"error": "maintenance"}', "no key set", id="no keys"),
        pytest.param(json.dumps(RSA).encode(), "no key set", id="one key, no set"),
        pytest.param(b'{"keys": []}', "no key that can be used", id="empty"),
        pytest.param(key_set(PRIVATE), "no key that can be used", id="none that can be used"),
        pytest.param(key_set(*[RSA] * (MAX_KEYS + 1)), "more than 50 keys", id="51 keys"),
    ],
)
def test_what_is_no_good_set_is_refused(document: bytes, words: str) -> None:
    """Whole: half of a set would be a set from which keys were removed."""
    with pytest.raises(JwksFault, match=words):
        keys_of(document)


def test_fifty_keys_are_a_set() -> None:
    """The limit is what may come."""
    assert len(keys_of(key_set(*[{**EC_JWK, "kid": str(number)} for number in range(MAX_KEYS)]))) == MAX_KEYS


# Over real sockets from here on.

Answer = Callable[[socket.socket], None]


class Server:
    """Answers each connection as ``answer`` does, and keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self.listener.getsockname()[1]}/jwks"
        self.threads: list[threading.Thread] = []

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                thread = threading.Thread(target=self._one, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.asked.append(connection.recv(65536))
            self.answer(connection)


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    server = Server(answer)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        for each in (thread, *server.threads):
            each.join(10)


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(answer: bytes) -> Answer:
    return lambda connection: connection.sendall(answer)


@pytest.mark.usefixtures("socket_enabled")
def test_a_key_set_is_fetched() -> None:
    """By one GET that asks for JSON, uncompressed, and shows no credential."""
    with serving(says(http(key_set(RSA)))) as server:
        assert keys_of(fetch(server.uri))
    (asked,) = server.asked
    head = asked.decode().lower()
    assert head.startswith("get /jwks http/1.1\r\n")
    assert "accept-encoding: identity\r\n" in head
    assert not {"authorization", "cookie"} & {line.split(":")[0] for line in head.splitlines()}


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(
            http(b"", "Location: http://169.254.169.254/latest/meta-data/", status="302 Found"),
            "answered 302",
            id="redirect to the metadata service",
        ),
        pytest.param(http(key_set(RSA), status="301 Moved Permanently"), "answered 301", id="moved"),
        pytest.param(http(key_set(RSA), status="500 X"), "answered 500", id="500 with a key set"),
        pytest.param(http(b"", status="204 No Content"), "answered 204", id="204"),
        pytest.param(http(b"", status="401 X"), "answered 401", id="401"),
        pytest.param(
            http(gzip.compress(b"0" * 100_000_000, 1), "Content-Encoding: gzip"), "compressed", id="gzip bomb"
        ),
        pytest.param(http(b"x", "Content-Encoding: br"), "compressed", id="brotli"),
        pytest.param(http(b"x" * (MAX_BODY + 1)), "more than 262144 bytes", id="long body"),
        pytest.param(http(b"x" * 10, length=20), "no answer", id="broken off"),
        pytest.param(b"", "no answer", id="closed at once"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "no answer", id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "no answer", id="200 headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "no answer", id="long header"),
    ],
)
def test_anything_but_a_short_200_is_no_answer(answer: bytes, words: str) -> None:
    """It is asked once, nothing that it says is followed, and nothing of it is in the error."""
    with serving(says(answer)) as server, pytest.raises(JwksFault, match=words) as raised:
        fetch(server.uri)
    assert len(server.asked) == 1
    assert "169.254" not in str(raised.value)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_of_a_gigabyte_is_not_read(chunked: bool) -> None:
    """Reading ends soon after the limit."""
    sent = 0

    def pour(connection: socket.socket) -> None:
        nonlocal sent
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n" if chunked else b" " * 65536
        head = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000000000"
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        for _ in range(16_000):
            connection.sendall(piece)
            sent += len(piece)

    with serving(pour) as server, pytest.raises(JwksFault, match="more than 262144 bytes"):
        fetch(server.uri)
    assert sent < 100_000_000


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("what", ["body", "head", "nothing"])
def test_an_exchange_ends_in_time_however_slow_the_server_is(what: str) -> None:
    """A byte now and then, in the body or in the head, or none at all."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        if what == "body":
            connection.sendall(http(b"", length=1000))
        elif what == "head":
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not ended.wait(0.05):
            if what != "nothing":
                connection.sendall(b" ")

    began = time.monotonic()
    with serving(drip) as server:
        attempts = Attempts(timeout=0.5)
        with pytest.raises(TimeoutError):
            attempts.make(lambda: fetch(server.uri))
        assert time.monotonic() - began < 5
        ended.set()


@pytest.mark.usefixtures("socket_enabled")
def test_a_slow_body_ends_the_fetch_too() -> None:
    """So that the thread that was left behind does not stay for ever."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(http(b"", length=1000))
        while not ended.wait(0.1):
            connection.sendall(b" ")

    with serving(drip) as server:
        with pytest.raises(JwksFault, match=r"took more than 2\.0 s"):
            fetch(server.uri)
        ended.set()


@pytest.mark.usefixtures("socket_enabled")
def test_nobody_there_is_no_answer() -> None:
    """The kind of failure is told, the address is not."""
    port = free_port()
    with pytest.raises(JwksFault) as raised:
        fetch(f"http://127.0.0.1:{port}/jwks")
    assert str(raised.value) == "no answer: NewConnectionError"


@pytest.mark.usefixtures("socket_enabled")
def test_a_server_without_a_certificate_that_is_trusted_is_no_answer() -> None:
    """Certificates are verified; what speaks plain HTTP on its port is no https."""
    with serving(says(http(key_set(RSA)))) as server, pytest.raises(JwksFault, match="no answer: SSLError"):
        fetch(server.uri.replace("http:", "https:"))
