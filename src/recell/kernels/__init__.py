"""Recurrences over whole sequences as plain PyTorch functions, of use without the rest of the package.

The room holds the mathematics that everything else runs on: one pure step per core cell (`rnn_step`, `lstm_step`,
`gru_step`), the loop over time for any step (`unroll`), and the known cells over whole sequences (`rnn`, `lstm`,
`gru`), which are the reference that every faster engine of the same signature is tested against.

Beside them stands what the rest of a training step spends its time on: cross entropies over many classes,
and what optimizers do to variables.

Weights are laid out as TensorFlow 1 lays them out (`[depth + units, ...]`, inputs first), sequences are time-major
(`[time, batch, ...]`), rows of different length need no packing.

May import: torch, and nothing else of this package.
"""

from __future__ import annotations

from recell.kernels._checkpoint import Replay
from recell.kernels._cudnn import cudnn_rnn
from recell.kernels._engines import Choice, explain
from recell.kernels._gru import gru, gru_step
from recell.kernels._gru_reset_after import gru_reset_after, gru_reset_after_step
from recell.kernels._lstm import lstm, lstm_step
from recell.kernels._memory import keep_freed_memory
from recell.kernels._native import native
from recell.kernels._philox import philox_uniform, philox_words
from recell.kernels._product import matmul, product_choice
from recell.kernels._rnn import rnn, rnn_step
from recell.kernels._row_code import Part, RowCode
from recell.kernels._rowwise import RowProgram
from recell.kernels._sequence import reverse_sequence
from recell.kernels._softmax import softmax_cross_entropy, sparse_softmax_cross_entropy
from recell.kernels._unroll import Leaves, Step, unroll
from recell.kernels._updates import Scaled, not_updated, update

__all__ = [
    "Choice",
    "Leaves",
    "Part",
    "Replay",
    "RowCode",
    "RowProgram",
    "Scaled",
    "Step",
    "cudnn_rnn",
    "explain",
    "gru",
    "gru_reset_after",
    "gru_reset_after_step",
    "gru_step",
    "keep_freed_memory",
    "lstm",
    "lstm_step",
    "matmul",
    "native",
    "not_updated",
    "philox_uniform",
    "philox_words",
    "product_choice",
    "reverse_sequence",
    "rnn",
    "rnn_step",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
    "unroll",
    "update",
]
