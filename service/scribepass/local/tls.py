"""TLS for the local AWS: its certificates, kept in a folder, and the context that a socket needs."""

from __future__ import annotations

import contextlib
import fcntl
import ssl
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from .certificates import Pair, is_current, make_authority, make_server

__all__ = ["AUTHORITY", "certified"]

AUTHORITY = "ca.pem"
"""The certificate to be trusted. The other two files hold keys."""
_AUTHORITY_WITH_KEY = "ca-key.pem"
_SERVER_WITH_KEY = "server-key.pem"

_OWNER_ONLY = 0o600
_EVERYBODY_READS = 0o644


@contextlib.contextmanager
def certified(state: Path | None, *, now: datetime) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """A server's context (HTTP/2 or HTTP/1.1 by ALPN), and the path of the certificate to be trusted.

    Both pairs are made where ``state`` has none that is current, and kept there, in a folder that only its
    owner may enter. Without ``state`` they are kept while the block lasts. ``OSError`` for a folder that
    cannot be written.
    """
    with contextlib.ExitStack() as stack:
        if state is None:
            state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scribepass-")))
        folder = state / "tls"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with _alone(folder):
            server = _renewed(folder, now=now)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(server)
        context.set_alpn_protocols(["h2", "http/1.1"])
        yield context, folder / AUTHORITY


def _renewed(folder: Path, *, now: datetime) -> Path:
    """The path of the server's pair. A new authority needs a new pair; the old one is of no use any more."""
    authority = _kept(
        folder / _AUTHORITY_WITH_KEY,
        good=lambda pair: is_current(pair, authority=pair, now=now),
        make=lambda: make_authority(now=now),
    )
    _write(folder / AUTHORITY, authority.certificate_pem(), mode=_EVERYBODY_READS)
    _kept(
        folder / _SERVER_WITH_KEY,
        good=lambda pair: is_current(pair, authority=authority, now=now),
        make=lambda: make_server(authority, now=now),
    )
    return folder / _SERVER_WITH_KEY


def _kept(path: Path, *, good: Callable[[Pair], bool], make: Callable[[], Pair]) -> Pair:
    with contextlib.suppress(FileNotFoundError, ValueError):
        pair = Pair.from_pem(path.read_bytes())
        if good(pair):
            return pair
    pair = make()
    _write(path, pair.to_pem(), mode=_OWNER_ONLY)
    return pair


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file as a whole. It has its mode before it has its content."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=mode)
    new.write_bytes(content)
    new.replace(path)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two servers that start at once must not each make an authority."""
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
