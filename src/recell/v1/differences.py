"""Symbols that work, but not quite as in TensorFlow 1.15: the rows of `docs/compatibility.md` that are about symbols.

What differs only where TensorFlow fails, or for programs that look at names of operations, is left to that page.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """What is different about one symbol.

    Args:
        reason: one sentence.
        when: what a use must look like for it to matter: "" any use, "called" a call, "positional" a call with two
            arguments or more by position, "repeated" a call whose first argument holds one object several times,
            "own" a call whose first argument may be an object of the program's own, or the name of an argument that
            the call gives.
        only_auto: the difference is there because the tutorials mean it so: a release that was asked for is followed.
    """

    reason: str
    when: str = ""
    only_auto: bool = False


_LOOKUPS = (
    "a look-up of rows inside the body has a dense gradient: the same numbers, except for global_norm when rows repeat"
)
_NO_EFFECT = "it is accepted and has no effect: there is one device, and one way to add gradients"
_CUDNN = "it runs on every device, and its dropout draws other masks than cuDNN's"

DIFFERENCES: dict[str, tuple[Difference, ...]] = {
    "tf.nn.rnn_cell.MultiRNNCell": (
        Difference(
            "[cell] * n makes n layers with weights of their own, as the tutorials mean; 1.15 shares one (--tf 1.15)",
            "repeated",
            only_auto=True,
        ),
    ),
    "tf.nn.rnn_cell.RNNCell.call": (
        Difference("a cell that was never called is built by it, where 1.15 raises AttributeError", "called"),
    ),
    "tf.nn.softmax_cross_entropy_with_logits": (
        Difference("arguments by position are (logits, labels) as in 0.x; 1.x raises ValueError", "positional", True),
    ),
    "tf.nn.dynamic_rnn": (
        Difference("a step with py_func, Print or assignments is not recomputed to save memory", "swap_memory"),
    ),
    "tf.nn.static_rnn": (
        Difference("a cell's Python code is run once, not once for every step, unless its state changes shape", "own"),
    ),
    "tf.nn.raw_rnn": (Difference(_LOOKUPS),),
    "tf.while_loop": (Difference(_LOOKUPS),),
    "tf.set_random_seed": (
        Difference("every run gives the same numbers, but not TensorFlow's; an operation's seed= gives those"),
    ),
    "tf.gradients": tuple(
        Difference(f"{argument}: {_NO_EFFECT}", argument)
        for argument in ("colocate_gradients_with_ops", "gate_gradients", "aggregation_method")
    ),
    "tf.ConfigProto": (
        Difference(
            "fields about devices and graph rewriting have no effect; the threads and the time limit are honoured"
        ),
    ),
    "tf.RunOptions": (Difference("only timeout_in_ms has an effect: nothing is traced"),),
    "tf.RunMetadata": (Difference("it stays empty"),),
    "tf.colocate_with": (Difference("it has no effect: there is one device"),),
    "tf.contrib.rnn.LSTMBlockFusedCell": (
        Difference("outputs past a row's length are zeros, and lengths beyond the time axis are those of dynamic_rnn"),
    ),
    "tf.contrib.recurrent.functional_rnn": (
        Difference("outputs past a row's length are zeros, and the variable scope's initializer is honoured"),
    ),
    "tf.nn.ctc_loss_v2": (Difference("labels outside of the classes raise InvalidArgumentError"),),
    **{
        name: (Difference("it takes graphs that Recell made; one of TensorFlow's is an error naming its operations"),)
        for name in ("tf.train.import_meta_graph", "tf.import_graph_def")
    },
    "tf.train.export_meta_graph": (
        Difference("TensorFlow parses what it writes and cannot run it; a Python object in it is an error"),
    ),
    "tf.train.batch": (Difference("sparse tensors go through the queue as they are, not as numbers of a table"),),
    **{
        f"tf.estimator.inputs.{kind}_input_fn": (
            Difference("each epoch is a permutation of all rows, without a queue of queue_capacity rows", "called"),
        )
        for kind in ("numpy", "pandas")
    },
    "tf.data.Dataset.cache": (Difference("a file is in a format of Recell's own, without sparse tensors", "filename"),),
    **{f"tf.contrib.cudnn_rnn.Cudnn{kind}": (Difference(_CUDNN, "called"),) for kind in ("GRU", "LSTM")},
    **{f"tf.contrib.cudnn_rnn.CudnnRNN{kind}": (Difference(_CUDNN, "called"),) for kind in ("Relu", "Tanh")},
}
"""Public symbol, a method as `tf.nn.rnn_cell.RNNCell.call` -> what is different about it."""
