"""One timeline out of several streams.

Audio is kept until what was said in it is final, sent again on the next stream, and that stream's results are
joined to what was told before. Bytes, results and time (s) are arguments::

    0 ──── acknowledged ──── cursor ──── heard
                  ├── taken ───┼─ backlog ─┤

The timeline counts the frames of the source (a frame: a sample of each channel) since its start, also those
that were dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import floor, inf
from typing import Final, NamedTuple

from .calls import Category, PointsOfInterest, Utterance
from .news import Span, Spoken, Text, channel_of, key_of, news_of, span_of, spanning, withdrawn

Told = Spoken | Category

_LAG: Final = 5
"""s after which a channel's recogniser would have begun to tell what it hears."""
_CRUMB: Final = 0.05
"""s; if speed allows less than this, it waits: catching up does not come in crumbs."""


class _Join(NamedTuple):
    """From which frame of the stream on it is how many behind the timeline."""

    at: int
    offset: int


class Resume:
    """What is kept, what to send next, and what a stream's results mean."""

    def __init__(
        self, *, sample_rate: int, channels: int = 1, buffer_seconds: float = 60, speed: float = 2
    ) -> None:
        """Of 16-bit PCM, channels interleaved."""
        self._rate = sample_rate
        self._channels = channels
        self._frame_bytes = 2 * channels
        self._limit = _nearest(buffer_seconds * sample_rate)
        self._speed = speed
        self._ring = bytearray(self._limit * self._frame_bytes)  # the last frames, as many as the limit
        self._heard = self._cursor = self._base = self._acknowledged = 0
        self._reach = 0  # up to where any stream was given audio
        self._taken = 0  # how many frames the stream of now was given
        self._oldest = 0  # the first that is held, if it is not acknowledged
        self._began: float | None = None  # None: there is no stream
        self._joins = [_Join(0, 0)]
        self._finals: dict[str | None, float] = {}  # by channel, the end of the last final result,
        self._said: dict[str | None, float] = {}  # and as it was when the stream of now began
        self._open: dict[str, Spoken] = {}  # partial results of the stream of now,
        self._stale: list[Spoken] = []  # and of earlier ones, until they are withdrawn
        self._latest = 0.0  # end of any result of this stream

    @property
    def heard(self) -> float:
        """Now on the timeline, s."""
        return self._heard / self._rate

    @property
    def backlog(self) -> float:
        """Seconds that wait for the stream of now; without one, for the next."""
        return (self._heard - self._cursor) / self._rate

    @property
    def base(self) -> float:
        """Where on the timeline the stream of now began, s."""
        return self._base / self._rate

    def hear(self, pcm: bytes) -> float:
        """Keeps whole frames. Gives the s that had to be dropped unsent, the oldest; 0 as a rule."""
        size, at = len(self._ring), 0
        while at < len(pcm):
            to = (self._heard * self._frame_bytes + at) % size
            part = pcm[at : at + size - to]
            self._ring[to : to + len(part)] = part
            at += len(part)
        self._heard += len(pcm) // self._frame_bytes
        return self._drop(self._heard - self._limit) / self._rate

    def begin(self, now: float) -> float:
        """A new stream, from the end of the last final result or the oldest audio held. Gives its base."""
        self.end()
        lost = self._cursor > self._acknowledged
        self._base = self._acknowledged = self._cursor
        # What began before is not heard again as a whole: what is known of it is the best there will be.
        self._stale = [
            self._note(replace(old, is_partial=False)) if lost and span_of(old)[0] < self.base else old
            for old in [*self._stale, *self._open.values()]
        ]
        self._open = {}
        self._said = dict(self._finals)
        self._joins = [_Join(0, self._base)]
        self._taken, self._latest, self._began = 0, 0.0, now
        return self.base

    def end(self) -> None:
        """The stream of now is over, as in ``begin`` and ``forget``: what it did not acknowledge waits."""
        self._began = None
        self._cursor = max(self._acknowledged, self._oldest)

    def take(self, now: float, *, most: float = 0.1) -> bytes | None:
        """The next chunk to send, of at most ``most`` s; None: nothing for now.

        A stream is given 1 s at once and then ``speed`` s in a second, no more.
        """
        if self._began is None:
            return None
        wanted = min(self._heard - self._cursor, _nearest(most * self._rate))
        allowed = floor(self._rate * (1 + self._speed * (now - self._began))) - self._taken
        count = min(wanted, allowed)
        if count <= 0 or count < min(wanted, _CRUMB * self._rate):
            return None
        start, size = self._cursor * self._frame_bytes % len(self._ring), count * self._frame_bytes
        chunk = bytes(self._ring[start : start + size])
        self._taken += count
        self._cursor += count
        self._reach = max(self._reach, self._cursor)
        return chunk + self._ring[: size - len(chunk)]

    def read(self, results: Iterable[Told]) -> list[Told]:
        """Results of the stream of now, as results on the timeline, without what was told before.

        First comes what becomes of the partial results of earlier streams: withdrawn ones have no text.
        """
        told: list[Told] = []
        for result in results:
            told += [self._category(result)] if isinstance(result, Category) else self._tell(result)
        self._acknowledge()
        if all(isinstance(each, Category) for each in told):
            return told
        stale = [withdrawn(old) if old.is_partial else old for old in self._stale]
        self._stale = []
        return [*stale, *told]

    def forget(self, keep: float) -> None:
        """For a pause: ends the stream and keeps the last ``keep`` s.

        The rest counts as done; what was shown of it stays.
        """
        self.end()
        self._drop(self._heard - _nearest(keep * self._rate))

    def _tell(self, result: Spoken) -> list[Spoken]:
        placed = self._placed(result)
        self._latest = max(self._latest, span_of(placed)[1])
        news = news_of(placed, self._said.get(channel_of(placed), -1))
        if news is None and key_of(placed) in self._open:
            news = withdrawn(placed)
        return [] if news is None else [self._note(news)]

    def _note(self, told: Spoken) -> Spoken:
        """Remembers what is told."""
        channel, key = channel_of(told), key_of(told)
        final = self._finals.get(channel, -1.0)
        # Whatever a server says, what was never sent was not heard.
        end = min(span_of(told)[1], self._reach / self._rate)
        self._finals[channel] = final if told.is_partial else max(final, end)
        if told.is_partial:
            self._open[key] = told
        else:
            self._open.pop(key, None)
        return told

    def _acknowledge(self) -> None:
        """What was said before the last final result, of the channel furthest behind, need not be kept."""
        # One channel says nothing until its result is final. Of two, one may be silent for ever.
        silent = self._latest - (_LAG if self._channels > 1 else inf)
        ends = [max(end, self._first_open(channel, silent)) for channel, end in self._finals.items()]
        ends += [silent] * (self._channels - len(ends))
        frame = min(_nearest(max(0, min(ends)) * self._rate), self._reach)
        self._acknowledged = max(self._acknowledged, frame)
        self._drop(self._acknowledged)
        while len(self._joins) > 1 and sum(self._joins[1]) <= self._acknowledged:
            del self._joins[0]

    def _first_open(self, channel: str | None, silent: float) -> float:
        starts = (span_of(each)[0] for each in self._open.values() if channel_of(each) == channel)
        return min(silent, *starts, inf)

    def _drop(self, frame: int) -> int:
        """Holds nothing before a frame. Gives how many frames of that waited to be sent."""
        self._oldest = max(self._oldest, frame)
        lost = max(0, self._oldest - self._cursor)
        if lost:
            self._cursor = self._oldest
            if self._joins[-1].at == self._taken:
                self._joins.pop()
            self._joins.append(_Join(self._taken, self._cursor - self._taken))
        return lost

    def _time(self, time: float, *, opens: bool = False) -> float:
        inside = (time + (0.0005 if opens else -0.0005)) * self._rate
        join = next((join for join in reversed(self._joins) if join.at < inside), self._joins[0])
        return _nearest((time + join.offset / self._rate) * 1000) / 1000

    def _place(self, span: Span) -> Span:
        start, end = span_of(span)
        # What begins where audio was dropped is of what follows, what ends there of what came before.
        return spanning(span, self._time(start, opens=end > start), self._time(end))

    def _placed(self, spoken: Spoken) -> Spoken:
        if isinstance(spoken, Utterance):
            return self._inner(self._place(spoken))
        return replace(self._place(spoken), alternatives=tuple(map(self._inner, spoken.alternatives)))

    def _inner(self, text: Text) -> Text:
        items = tuple(map(self._place, text.items))
        return replace(text, items=items, entities=tuple(map(self._place, text.entities)))

    def _category(self, category: Category) -> Category:
        details = {
            name: PointsOfInterest(timestamp_ranges=tuple(map(self._place, points.timestamp_ranges)))
            for name, points in category.matched_details.items()
        }
        return replace(category, matched_details=details)


def _nearest(number: float) -> int:
    return floor(number + 0.5)
