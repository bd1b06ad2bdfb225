"""CMU pocketsphinx with the model inside its wheel: English, offline, of 2010's accuracy.

The library holds the GIL while it decodes, so its recognisers run in child processes. The settings were
measured over 35 files of human speech: against the library's defaults they take the word error rate of a
live stream from 34 % to 28 % and its CPU from 0.37 to 0.21 s for a second of audio. ``pocketsphinx:fast``
leaves out the second of the decoder's three passes: 32 % and 0.15 s, and finals come 0.2 s earlier.

A stream whose partial results are stabilised has a decoder of the first pass alone: later passes change a
fifth of the words that were shown before. Its words have no confidence, which the third pass would find.
"""

from __future__ import annotations

import enum
import functools
import re
import uuid
from dataclasses import dataclass

from pocketsphinx import Decoder, Vad

from scribepass.transcribe import Alternative, Item, Result

from . import Isolation, Options
from .resample import Resampler
from .segmenter import (
    FRAME_BYTES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Piece,
    Place,
    Segmenter,
)

__all__ = ["Passes", "Pocketsphinx", "decoder", "engine"]

# The library's own start assumes a level and a microphone of its own; this is the mean of common speech.
CEPSTRAL_MEAN = "55,3,2,10,-4,2,-6"
SETTINGS = {
    "cmninit": CEPSTRAL_MEAN,
    "maxhmmpf": 3000,  # caps the CPU of noisy passages: 0.35 s for a second of the worst file, from 1.0 s
    "maxwpf": 10,
    "fwdflatefwid": 6,
    "fwdflatsfwin": 15,
    "loglevel": "FATAL",  # below it, every empty utterance is logged as an error
}
PARTIAL_FRAMES = 8  # 240 ms between looks at an open utterance
CMN_FRAMES = 17  # 0.5 s of speech between moves of the cepstral mean
DECODER_SECONDS = 0.01  # the decoder's own frame

_VARIANT = re.compile(r"\(\d+\)$")


class Passes(enum.Enum):
    """Which of the library's three passes a decoder makes over an utterance."""

    ALL = "all"
    NOT_THE_SECOND = "not the second"
    FIRST = "first"


_WITHOUT = {Passes.ALL: (), Passes.NOT_THE_SECOND: ("fwdflat",), Passes.FIRST: ("fwdflat", "bestpath")}


@functools.cache
def decoder(passes: Passes = Passes.ALL) -> Decoder:
    """Return this process's decoder: 0.5 s and 90 MB the first time, then at once."""
    return Decoder(**SETTINGS, **dict.fromkeys(_WITHOUT[passes], False))


@dataclass(frozen=True, slots=True)
class Pocketsphinx:
    """The engine. All its recognisers in one process share its decoders: use one at a time."""

    name: str = "pocketsphinx"
    languages: tuple[str, ...] = ("en",)
    isolation: Isolation = "process"
    preload: str | None = "scribepass.local.recognisers.zygote"
    passes: Passes = Passes.ALL

    def open(self, options: Options) -> Utterances:
        """Start hearing, with the decoder as it was when new."""
        passes = Passes.FIRST if options.stabilised else self.passes
        return Utterances(decoder(passes), options, has_confidences=passes is not Passes.FIRST)


def engine(argument: str | None = None) -> Pocketsphinx:
    """Return the engine; the one argument that it takes is ``fast`` (``ValueError``)."""
    if argument is None:
        return Pocketsphinx()
    if argument != "fast":
        raise ValueError("pocketsphinx takes no argument but fast: pocketsphinx:fast")
    return Pocketsphinx(passes=Passes.NOT_THE_SECOND, preload="scribepass.local.recognisers.zygote_fast")


class Utterances:
    """A recogniser: the decoder on each utterance that the segmenter finds."""

    def __init__(self, decoder: Decoder, options: Options, *, has_confidences: bool) -> None:
        decoder.reinit_feat()  # forgets the noise of the stream before
        decoder.set_cmn(CEPSTRAL_MEAN)
        self._decoder = decoder
        self._has_confidences = has_confidences
        self._resampler = Resampler(source_rate=options.sample_rate, target_rate=SAMPLE_RATE)
        self._segmenter = Segmenter(Vad(mode=3).is_speech)
        self._open = False
        self._frames = 0
        self._start = 0.0
        self._result_id = ""
        self._shown = ""

    def feed(self, pcm: bytes) -> list[Result]:
        """Take audio of any length; return new partials and finals."""
        resampled = self._resampler.feed(pcm)
        return [result for piece in self._segmenter.feed(resampled) for result in self._hear(piece)]

    def finish(self) -> list[Result]:
        """Empty the resampler, close the open utterance, return its final."""
        rest = self._resampler.feed(b"", last=True)
        pieces = [*self._segmenter.feed(rest), *self._segmenter.finish()]
        return [result for piece in pieces for result in self._hear(piece)]

    def close(self) -> None:
        """Leave the decoder ready for another stream."""
        if self._open:
            self._decoder.end_utt()
            self._open = False

    def _hear(self, piece: Piece) -> list[Result]:
        if piece.place is Place.FIRST:
            self._begin(piece)
        if piece.pcm:  # process_raw(b"") raises IndexError
            self._decoder.process_raw(piece.pcm)
        before, self._frames = self._frames, self._frames + len(piece.pcm) // FRAME_BYTES
        if before // CMN_FRAMES != self._frames // CMN_FRAMES:
            self._decoder.get_cmn(True)
        if piece.place is Place.LAST:
            return self._final()
        if before // PARTIAL_FRAMES != self._frames // PARTIAL_FRAMES:
            return self._partial()
        return []

    def _begin(self, piece: Piece) -> None:
        self._decoder.start_utt()
        self._open, self._frames, self._start = True, 0, piece.start
        self._result_id, self._shown = str(uuid.uuid4()), ""

    def _partial(self) -> list[Result]:
        result = self._result(is_partial=True)
        transcript = result.alternatives[0].transcript
        if not transcript or transcript == self._shown:
            return []
        self._shown = transcript
        return [result]

    def _final(self) -> list[Result]:
        self._decoder.end_utt()
        self._open = False
        result = self._result(is_partial=False)
        # Noise often ends in nothing. It is worth saying only where a partial has to be taken back.
        return [result] if result.alternatives[0].transcript or self._shown else []

    def _result(self, *, is_partial: bool) -> Result:
        items = self._items(with_confidence=self._has_confidences and not is_partial)
        alternative = Alternative(transcript=" ".join(item.content for item in items), items=items)
        heard = self._start + self._frames * FRAME_SECONDS
        return Result(
            result_id=self._result_id,
            start_time=self._start,
            end_time=items[-1].end_time if items else round(heard, 3),
            is_partial=is_partial,
            alternatives=(alternative,),
        )

    def _items(self, *, with_confidence: bool) -> tuple[Item, ...]:
        """The words of the hypothesis, without fillers. Posteriors exist after the final pass only."""
        return tuple(
            Item(
                content=_VARIANT.sub("", segment.word),
                start_time=round(self._start + segment.start_frame * DECODER_SECONDS, 3),
                end_time=round(self._start + (segment.end_frame + 1) * DECODER_SECONDS, 3),
                confidence=round(min(max(segment.prob, 0.0), 1.0), 4) if with_confidence else None,
            )
            for segment in self._decoder.seg() or ()
            if segment.word[0] not in "<["
        )
