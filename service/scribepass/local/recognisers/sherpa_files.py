"""The files of a sherpa-onnx model, found in its folder by the names that published models have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Files", "files_in"]

# Models with one network are told apart by a word in their names; one without any is a Zipformer.
_ONE_NETWORK = {"nemo": "nemo_ctc", "wenet": "wenet_ctc", "t-one": "t_one_ctc", "": "zipformer2_ctc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What to load: ``kind`` is the last part of the name of a constructor, ``files`` are its arguments."""

    kind: str
    files: Mapping[str, str]
    languages: tuple[str, ...]


def files_in(folder: Path) -> Files:
    """Find a streaming model: a transducer, a Paraformer or a CTC model; of two precisions the 8-bit one.

    ``languages.txt`` may say which languages it knows, such as ``en``; without it, it is given any.
    ``ValueError`` says what is missing.
    """
    tokens = folder / "tokens.txt"
    if not tokens.is_file():
        raise ValueError(f"{folder} holds no model: tokens.txt is missing")
    networks = {part: path for part in ("encoder", "decoder", "joiner") if (path := _network(folder, part))}
    match list(networks):
        case ["encoder", "decoder", "joiner"]:
            kind = "transducer"
        case ["encoder", "decoder"]:
            kind = "paraformer"
        case []:
            kind, networks = _one_network(folder)
        case some:
            missing = sorted({"encoder", "decoder", "joiner"} - set(some))
            raise ValueError(f"{folder} holds no whole model: {', '.join(missing)}*.onnx is missing")
    files = {"tokens": str(tokens), **{part: str(path) for part, path in networks.items()}}
    return Files(kind=kind, files=files, languages=_languages(folder / "languages.txt"))


def _network(folder: Path, part: str) -> Path | None:
    found = sorted(folder.glob(f"{part}*.onnx"))
    return next((path for path in found if "int8" in path.name), found[0] if found else None)


def _one_network(folder: Path) -> tuple[str, dict[str, Path]]:
    model = _network(folder, "")
    if model is None:
        raise ValueError(f"{folder} holds no model: there is no *.onnx beside tokens.txt")
    name = f"{folder.name} {model.name}".lower()
    return next(kind for word, kind in _ONE_NETWORK.items() if word in name), {"model": model}


def _languages(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").split()) if file.is_file() else ()
