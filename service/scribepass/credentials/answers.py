"""Bounds on what an HTTP answer may cost, which botocore has none of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from urllib3.exceptions import HTTPError

__all__ = ["MAX_BODY", "MAX_SECONDS", "BoundedAnswers"]

MAX_BODY = 64 * 1024
"""Bytes; an answer of STS has about two thousand."""

MAX_SECONDS = 5.0
"""For all of a body. botocore's own time-out begins anew with every byte."""


class BoundedAnswers:
    """A ``botocore.httpsession.URLLib3Session`` around another, whose answers are short and soon read.

    A body that is longer than `MAX_BODY`, or is not there after ``seconds``, is an OSError.
    """

    def __init__(self, session: Any, *, seconds: float = MAX_SECONDS) -> None:  # noqa: ANN401 (has no types)
        self._session = session
        self._seconds = seconds

    def send(self, request: Any) -> Any:  # noqa: ANN401
        """Send a request and read its answer."""
        request.stream_output = True  # or the session would read the body itself
        answer = self._session.send(request)
        with closing(answer.raw) as raw:
            answer.raw = _Body(_read(raw, seconds=self._seconds))
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _Body:
    """A body that was read, in the shape in which botocore takes it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def _read(raw: Any, *, seconds: float) -> bytes:  # noqa: ANN401
    ends, body = time.monotonic() + seconds, bytearray()
    try:
        while piece := raw.read1(MAX_BODY):
            body += piece
            if len(body) > MAX_BODY:
                raise OSError(f"the answer has more than {MAX_BODY} bytes")
            if time.monotonic() > ends:
                raise TimeoutError(f"the answer took more than {seconds} s")
    except HTTPError as error:
        raise OSError("the answer broke off") from error
    return bytes(body)
