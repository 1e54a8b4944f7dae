"""The goldens of layers over whole sequences: `LSTMBlockFusedCell`, `FusedRNNCellAdaptor`, `TimeReversedFusedRNN`.

They must reproduce themselves under genuine TensorFlow 1.15 (Python 3.7, so this file keeps to its syntax):

    PYTHONPATH=. python -m tests.rnn.golden_fused
"""

from __future__ import annotations

from typing import Any, Callable

from tests.rnn.golden_case import FOLDER, Feeds, build_cell
from tests.rnn.golden_drivers import check_driver

# ruff: noqa: UP035 - collections.abc.Callable takes no parameters in Python 3.7

Make = Callable[[Any, Feeds], Any]


def _described(tf: Any, feeds: Feeds) -> Any:
    return build_cell(tf, feeds.golden.meta["cell"])


OTHERS: dict[str, Make] = {
    "fused_adaptor_dynamic": lambda tf, feeds: tf.contrib.rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(4), True),
    "fused_adaptor_static": lambda tf, feeds: tf.contrib.rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(4)),
    "fused_timereversed": lambda tf, feeds: tf.contrib.rnn.TimeReversedFusedRNN(tf.contrib.rnn.LSTMBlockFusedCell(5)),
}
"""How to make the layers whose goldens describe them in words."""


def _over_time(make: Make) -> Callable[[Any, Feeds], dict[str, Any]]:
    def run(tf: Any, feeds: Feeds) -> dict[str, Any]:
        layer = make(tf, feeds)
        inputs, lengths = feeds("in/x"), feeds.optional("in/sequence_length")
        state = None
        if "in/state/0" in feeds.golden:
            state = tf.nn.rnn_cell.LSTMStateTuple(feeds("in/state/0"), feeds("in/state/1"))
        outputs, final = layer(inputs, initial_state=state, dtype=tf.float32, sequence_length=lengths)
        return {"out": outputs, "state": final}

    return run


FUSED = {
    name: _over_time(OTHERS.get(name, _described)) for name in sorted(path.stem for path in FOLDER.glob("fused_*.json"))
}


def check_fused(tf: Any, name: str) -> None:
    """Run the golden `name`: variables, outputs, final state, structures, gradients."""
    check_driver(tf, name, FUSED)


if __name__ == "__main__":
    import tensorflow

    for name in FUSED:
        check_fused(tensorflow, name)
    print(f"{len(FUSED)} goldens")
