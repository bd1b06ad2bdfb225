"""sherpa-onnx with a streaming model that is on disk, ``sherpa-onnx:FOLDER``: as good as the model is.

It was never run with a model that was trained: none could be had. Loading, times, segments and rates are
tested with the library itself and a model of a few nodes, which hears how loud it is.

The library releases the GIL while it decodes, so its recognisers run in threads; all of them share one model.
Files that are no model it may refuse by ending the process; they are loaded before the server listens.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import sherpa_onnx

from scribepass.transcribe import Alternative, Result

from . import Isolation, Options
from .pieces import Piece, items_of
from .resample import Resampler
from .sherpa_files import Files, files_in

__all__ = ["Sherpa", "engine"]

SETTINGS = {
    "num_threads": 1,  # a stream has a thread of its own already
    "enable_endpoint_detection": True,
    "rule1_min_trailing_silence": 2.4,  # nothing was said
    "rule2_min_trailing_silence": 0.8,  # something was
    "rule3_min_utterance_length": 15.0,
}
HOP_SECONDS = 0.1  # audio is taken in pieces of this length, so that results do not depend on how it was cut
TAIL_SECONDS = 0.6  # of silence, for a model that waits for what comes behind a word


class Sherpa:
    """The engine, with its model in memory."""

    name = "sherpa-onnx"
    isolation: Isolation = "thread"
    preload: str | None = None

    def __init__(self, model: Files) -> None:
        self.languages = model.languages
        load = getattr(sherpa_onnx.OnlineRecognizer, f"from_{model.kind}")
        self._model = load(**model.files, **SETTINGS)

    def open(self, options: Options) -> Utterances:
        """Start hearing."""
        return Utterances(self._model, options)


def engine(argument: str | None = None) -> Sherpa:
    """Load the model in a folder. ``ValueError`` where there is none, or it cannot be loaded."""
    if argument is None:
        raise ValueError("sherpa-onnx needs the folder of a streaming model: sherpa-onnx:FOLDER")
    files = files_in(Path(argument))
    try:
        return Sherpa(files)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"{argument} cannot be loaded as a {files.kind}: {error}") from error


class Utterances:
    """A recogniser: segments end at pauses, as the library's rules have it."""

    def __init__(self, model: Any, options: Options) -> None:  # noqa: ANN401 - the library has no types
        self._model = model
        self._stream = model.create_stream()
        self._rate = int(model.config.feat_config.sampling_rate)
        self._resampler = Resampler(source_rate=options.sample_rate, target_rate=self._rate)
        self._hop = round(self._rate * HOP_SECONDS) * 2
        self._unheard = bytearray()
        self._samples = 0
        self._result_id = str(uuid.uuid4())
        self._shown = ""

    def feed(self, pcm: bytes) -> list[Result]:
        """Take audio of any length; return new partials and finals."""
        self._unheard += self._resampler.feed(pcm)
        results = []
        while len(self._unheard) >= self._hop:
            results += self._hear(bytes(self._unheard[: self._hop]))
            del self._unheard[: self._hop]
        return results

    def finish(self) -> list[Result]:
        """Hear what is left, with silence behind it, and close the open segment."""
        self._unheard += self._resampler.feed(b"", last=True)
        self._accept(bytes(self._unheard))
        tail = np.zeros(round(self._rate * TAIL_SECONDS), dtype=np.float32)
        self._stream.accept_waveform(self._rate, tail)
        self._stream.input_finished()
        self._decode()
        return self._final()

    def close(self) -> None:
        """Nothing is held that would have to be given up."""

    def _hear(self, pcm: bytes) -> list[Result]:
        self._accept(pcm)
        self._decode()
        if not self._model.is_endpoint(self._stream):
            return self._partial()
        results = self._final()
        self._model.reset(self._stream)
        self._result_id, self._shown = str(uuid.uuid4()), ""
        return results

    def _accept(self, pcm: bytes) -> None:
        self._samples += len(pcm) // 2
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        self._stream.accept_waveform(self._rate, samples)

    def _decode(self) -> None:
        while self._model.is_ready(self._stream):
            self._model.decode_stream(self._stream)

    def _partial(self) -> list[Result]:
        result = self._result(is_partial=True)
        if result is None or result.alternatives[0].transcript == self._shown:
            return []
        self._shown = result.alternatives[0].transcript
        return [result]

    def _final(self) -> list[Result]:
        result = self._result(is_partial=False)
        return [] if result is None else [result]

    def _result(self, *, is_partial: bool) -> Result | None:
        said = self._model.get_result_all(self._stream)
        pieces = _pieces(said)
        items = items_of(pieces, heard=self._samples / self._rate, with_confidence=not is_partial)
        if not items:
            return None
        return Result(
            result_id=self._result_id,
            start_time=items[0].start_time,
            end_time=items[-1].end_time,
            is_partial=is_partial,
            alternatives=(Alternative(transcript=said.text.strip(), items=items),),
        )


def _pieces(said: Any) -> list[Piece]:  # noqa: ANN401 - the library has no types
    """The pieces of a segment, whose times the library counts from the segment's start."""
    likely = said.ys_probs if len(said.ys_probs) == len(said.tokens) else [None] * len(said.tokens)
    return [
        Piece(text, said.start_time + at, log_probability)
        for text, at, log_probability in zip(said.tokens, said.timestamps, likely, strict=True)
    ]
