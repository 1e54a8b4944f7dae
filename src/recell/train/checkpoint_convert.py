"""TensorFlow's own tool for checkpoints of before 1.2: cells' `weights` and `biases` become `kernel` and `bias`.

TF module: `tensorflow.contrib.rnn.python.tools.checkpoint_convert`. As a command:

    python -m recell.train.checkpoint_convert FROM TO [--write_v1_checkpoint]

`Saver.restore` needs no conversion (`recell.checkpoint.renames`), and knows more names than this tool does; it is here
for programs that call it, and for files that TensorFlow itself shall read.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from typing import Any

from recell import checkpoint
from recell.graph.core import Graph
from recell.graph.variables import Variable
from recell.platform import logging
from recell.train import saver_meta
from recell.train.checkpoint_management import write_checkpoint_state
from recell.train.saver import Saver
from recell.train.saver_def import V1, V2
from recell.train.saver_ops import restore_v2, told_as_tensorflow

_DENSE = (
    "basic_rnn_cell",
    "gru_cell",
    "gru_cell/gates",
    "gru_cell/candidate",
    "basic_lstm_cell",
    "lstm_cell",
    "lstm_cell/projection",
    "output_projection_wrapper",
    "input_projection_wrapper",
    "lstm_block_wrapper",
    "layer_norm_basic_lstm_cell",
    "ugrnn_cell",
    "nas_rnn",
    "intersection_rnn_cell",
    "intersection_rnn_cell/in_projection",
    "phased_lstm_cell/mask_gates",
    "phased_lstm_cell/new_input",
    "phased_lstm_cell/output_gate",
    "attention_cell_wrapper",
    "attention_cell_wrapper/attn_output_projection",
    "attention_cell_wrapper/attention",
    "attention_decoder",
    "attention_decoder/Attention_0",
    "attention_decoder/AttnOutputProjection",
)
_LINEAR = ("attention_decoder/Attention_0", "attention_decoder/AttnOutputProjection", "attention_decoder")


def _replacements() -> Iterator[tuple[str, str]]:
    for scope in _DENSE:
        yield f"{scope}/weights", f"{scope}/kernel"
        # What NASCell has instead of a bias is a second matrix.
        own = ("recurrent_weights", "recurrent_kernel") if scope == "nas_rnn" else ("biases", "bias")
        yield f"{scope}/{own[0]}", f"{scope}/{own[1]}"
    for scope in _LINEAR[:2]:
        yield f"{scope}/Linear/Bias", f"{scope}/bias"
        yield f"{scope}/Linear/Matrix", f"{scope}/kernel"
    yield "attention_decoder/LSTMCell/B", "attention_decoder/lstm_cell/bias"
    yield "attention_decoder/LSTMCell/W_0", "attention_decoder/lstm_cell/kernel"
    yield "attention_decoder/Linear/Bias", "attention_decoder/bias"
    yield "attention_decoder/Linear/Matrix", "attention_decoder/kernel"


RNN_NAME_REPLACEMENTS: dict[str, str] = dict(_replacements())
"""What a name may have in it -> what is put in its place; the first of them that it has decides."""


def convert_names(
    checkpoint_from_path: Any, checkpoint_to_path: Any, write_v1_checkpoint: bool = False
) -> tuple[dict[str, Variable], dict[str, str]]:
    """Writes a checkpoint with the variables' names of 1.2.

    TF symbol: `tensorflow.contrib.rnn.python.tools.checkpoint_convert.convert_names`.

    Args:
      checkpoint_from_path: prefix of the checkpoint to read.
      checkpoint_to_path: prefix of the one to write; where two names become one, the later of them is kept.
      write_v1_checkpoint: writes TensorFlow's first format.

    Returns:
      Variables, of a graph of their own, by their new names; and the new names of those that were renamed, by the old.

    Raises NotFoundError when there is nothing to read or no folder to write to, DataLossError for a damaged file or one
    of another format, ValueError for a tensor whose name no variable can have: then nothing is written.
    """
    source, target = os.fspath(checkpoint_from_path), os.fspath(checkpoint_to_path)
    folder = os.path.dirname(target)
    with told_as_tensorflow(source), checkpoint.Reader(source) as reader:
        infos = reader.tensors()
        converted = {name: new for name in infos if (new := _converted(name)) != name}
        names = {converted.get(name, name): name for name in infos}
        with Graph().as_default() as graph:
            made = {new: _variable(target, new, old, infos[old]) for new, old in names.items()}
            saver = Saver(made, write_version=V1 if write_v1_checkpoint else V2, allow_empty=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder or ".")
        entries = (checkpoint.Entry(new, reader.read(old)) for new, old in sorted(names.items()))
        checkpoint.write(target, entries, format="v1" if write_v1_checkpoint else "v2")
    for old, new in converted.items():
        logging.info("Converted %s to %s", old, new)
    write_checkpoint_state(folder, target, [target])
    saver_meta.write_meta_graph(graph, saver, f"{target}.meta", strip_default_attrs=False)
    return made, converted


def _converted(name: str) -> str:
    found = next((old for old in RNN_NAME_REPLACEMENTS if old in name), None)
    return name if found is None else name.replace(found, RNN_NAME_REPLACEMENTS[found])


def _variable(prefix: str, name: str, old: str, info: checkpoint.TensorInfo) -> Variable:
    """A variable that is initialised with what the new checkpoint will hold. ValueError for what can be no name."""
    value = restore_v2(prefix, [name], [""], [info.dtype])[0]
    value.set_shape(info.shape)
    return Variable(value, name=old, use_resource=True)


def main(_: Any = None) -> None:
    """The command: converts as its arguments say."""
    parser = argparse.ArgumentParser(prog="checkpoint_convert")
    parser.add_argument("checkpoint_from_path", help="prefix of the checkpoint to read")
    parser.add_argument("checkpoint_to_path", help="prefix of the checkpoint to write")
    parser.add_argument("--write_v1_checkpoint", action="store_true", help="write TensorFlow's first format")
    convert_names(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()


__all__ = ["RNN_NAME_REPLACEMENTS", "convert_names", "main"]
