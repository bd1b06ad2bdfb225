"""Where a local AWS listens, as each kind of client is told."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Addresses"]


class Addresses:
    """Known once it listens. ``authority``: the certificate to be trusted, where there is a TLS port."""

    def __init__(self) -> None:
        self.host = ""
        self.port = 0
        self.tls_port: int | None = None
        self.control_port: int | None = None
        self.authority: Path | None = None

    @property
    def url(self) -> str:
        """Where STS and the HTTP/2 streams are, for ``endpoint_url``."""
        return f"http://{self._address(self.port)}"

    @property
    def endpoint(self) -> str:
        """Where the WebSocket streams are."""
        return f"ws://{self._address(self.port)}"

    @property
    def tls_url(self) -> str:
        """``url`` through TLS, by a certificate of ``authority``. LookupError where there is no TLS port."""
        return f"https://{self._tls_address}"

    @property
    def wss_endpoint(self) -> str:
        """``endpoint`` through TLS. LookupError where there is no TLS port."""
        return f"wss://{self._tls_address}"

    @property
    def control_url(self) -> str | None:
        """Where the control API is; None where there is none."""
        return None if self.control_port is None else f"http://{self._address(self.control_port)}"

    @property
    def _tls_address(self) -> str:
        if self.tls_port is None:
            raise LookupError("this local AWS has no TLS port")
        return self._address(self.tls_port)

    def _address(self, port: int) -> str:
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"
