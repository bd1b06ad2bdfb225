"""A transducer for sherpa-onnx that hears how loud it is, and says a word more for each loud 160 ms.

It knows nothing of speech. It is loaded, run and cut into utterances by the real library.
"""

from pathlib import Path

from support import onnx

PIECES = ("<blk>", "▁go", "▁for", "ward", "▁ten")
QUIET = -8.0  # the mean of the logarithms of mel energies, between silence and sound


def model(folder: Path) -> Path:
    """Write the model's files, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = "".join(f"{piece} {number}\n" for number, piece in enumerate(PIECES))
    (folder / "tokens.txt").write_text(tokens, encoding="utf-8")
    _encoder(folder / "encoder.onnx")
    _decoder(folder / "decoder.onnx")
    _joiner(folder / "joiner.onnx")
    return folder


def _encoder(path: Path) -> None:
    state = ("layers", "N", 1)
    onnx.write(
        path,
        nodes=[
            onnx.node("ReduceMean", ["x"], ["loudness"], axes=[1, 2], keepdims=1),
            onnx.node("Pad", ["loudness", "pads", "silence"], ["encoder_out"]),
            onnx.node("Identity", ["h"], ["next_h"]),
            onnx.node("Identity", ["c"], ["next_c"]),
        ],
        inputs=[onnx.value("x", ("N", "T", 80)), onnx.value("h", state), onnx.value("c", state)],
        outputs=[
            onnx.value("encoder_out", ("N", 4, 1)),  # one for 40 ms, of which the first decides
            onnx.value("next_h", state),
            onnx.value("next_c", state),
        ],
        constants=[onnx.tensor("pads", (6,), [0, 0, 0, 0, 3, 0]), onnx.tensor("silence", (1,), [2 * QUIET])],
        metadata={
            "model_type": "lstm",
            "T": 16,
            "decode_chunk_len": 16,
            "num_encoder_layers": 1,
            "rnn_hidden_size": 1,
            "d_model": 1,
        },
    )


def _decoder(path: Path) -> None:
    size = len(PIECES)
    following = [number % (size - 1) + 1 for number in range(size)]
    onnx.write(
        path,
        nodes=[
            onnx.node("Gather", ["following", "y"], ["row"]),
            onnx.node("Reshape", ["row", "shape"], ["decoder_out"]),
        ],
        inputs=[onnx.value("y", ("N", 1), onnx.INT64)],
        outputs=[onnx.value("decoder_out", ("N", size))],
        constants=[
            onnx.tensor(
                "following", (size, size), [float(each == at) for each in following for at in range(size)]
            ),
            onnx.tensor("shape", (2,), [0, -1]),
        ],
        metadata={"vocab_size": size, "context_size": 1},
    )


def _joiner(path: Path) -> None:
    size = len(PIECES)
    onnx.write(
        path,
        nodes=[
            onnx.node("Sub", ["quiet", "encoder_out"], ["silence"]),
            onnx.node("Mul", ["silence", "blank"], ["blanks"]),
            onnx.node("Add", ["blanks", "decoder_out"], ["logit"]),
        ],
        inputs=[onnx.value("encoder_out", ("N", 1)), onnx.value("decoder_out", ("N", size))],
        outputs=[onnx.value("logit", ("N", size))],
        constants=[
            onnx.tensor("quiet", (1,), [QUIET]),
            onnx.tensor("blank", (size,), [1.0, *[0.0] * (size - 1)]),
        ],
        metadata={"joiner_dim": 1},
    )
