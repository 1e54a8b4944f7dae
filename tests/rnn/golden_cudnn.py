"""The goldens of cuDNN's networks: what the cells that are compatible with them compute, and their weights converted.

TensorFlow 1.15 runs a network itself only on a GPU, so it is checked here in the cells and in the conversion:

    PYTHONPATH=. python -m tests.rnn.golden_cudnn
"""
# ruff: noqa: B905 - zip(strict=...) is not Python 3.7.

from __future__ import annotations

from typing import Any

import numpy as np
from tests.rnn.golden_case import (
    FOLDER,
    Feeds,
    Golden,
    check_gradients,
    check_variables,
    describe,
    flat,
    load_variables,
    weighted_sum,
)

# Golden -> (class suffix, direction), of cudnn_lstm_unidirectional.
SUFFIXES = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNNTanh", "rnn_relu": "RNNRelu"}
CONVERTERS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "Tanh", "rnn_relu": "Relu"}
LAYERS, UNITS, DEPTH = 2, 4, 3


def networks() -> list[str]:
    """The goldens of whole networks."""
    return sorted(path.stem for path in FOLDER.glob("cudnn_*directional.json"))


def mode_of(name: str) -> tuple[str, str]:
    """("lstm", "unidirectional") of cudnn_lstm_unidirectional."""
    mode, _, direction = name[len("cudnn_") :].rpartition("_")
    return mode, direction


def _cell(tf: Any, mode: str) -> Any:
    if mode == "lstm":
        return tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(UNITS)
    if mode == "gru":
        return tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(UNITS)
    return tf.nn.rnn_cell.BasicRNNCell(UNITS, activation=tf.nn.relu if mode == "rnn_relu" else tf.tanh)


def _reference(tf: Any, name: str, feeds: Feeds) -> tuple[Any, Any]:
    """Outputs and states of the cells."""
    mode, direction = mode_of(name)
    x = feeds("in/x")
    cells = [_cell(tf, mode) for _ in range(LAYERS)]
    if direction == "bidirectional":
        back = [_cell(tf, mode) for _ in range(LAYERS)]
        run = tf.contrib.rnn.stack_bidirectional_dynamic_rnn
        outputs, forward, backward = run(cells, back, x, dtype=tf.float32, time_major=True)
        return outputs, (forward, backward)
    cell = tf.nn.rnn_cell.MultiRNNCell(cells)
    state = feeds.state(cell, "in/state")
    return tf.nn.dynamic_rnn(cell, x, initial_state=state, time_major=True, scope="cudnn_" + mode)


def check_cells(tf: Any, name: str) -> None:
    """The cells give the golden's values, gradients, nestings and names."""
    golden = Golden(name)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        feeds = Feeds(tf, golden)
        outputs, states = _reference(tf, name, feeds)
        names = [variable["name"] for variable in golden.meta["variables"]]
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        golden.compare_leaves("out", [session.run(outputs, feeds.feed_dict())])
        golden.compare_leaves("state", session.run(flat(tf, states), feeds.feed_dict()))
        assert describe(states) == golden.meta["structures"]["state"], describe(states)
        fed = sorted(feeds.made)
        wrt = [feeds.made[key] for key in fed] + tf.trainable_variables()
        loss = weighted_sum(tf, golden, "R/out", [outputs])
        check_gradients(tf, session, golden, "grad", loss, wrt, fed + ["var/" + n for n in names], feeds.feed_dict())


def _converter(tf: Any, name: str) -> Any:
    mode, direction = mode_of(name)
    kind = getattr(tf.contrib.cudnn_rnn, "CudnnParamsFormatConverter" + CONVERTERS[mode])
    return kind(num_layers=LAYERS, num_units=UNITS, input_size=DEPTH, direction=direction)


def check_conversion(tf: Any, name: str) -> None:
    """The cells' weights become the golden's lists of cuDNN's matrices and biases, and those become weights again."""
    golden = Golden(name)
    given = [golden["var/" + key] for key in golden.meta["tf_canonical_order"]]
    with tf.Graph().as_default(), tf.Session() as session:
        converter = _converter(tf, name)
        lists = converter._tf_canonical_to_cu_canonical([tf.constant(value) for value in given], None)
        weights, biases = session.run([[tf.convert_to_tensor(value) for value in part] for part in lists])
        for prefix, values in (("cudnn_weights", weights), ("cudnn_biases", biases)):
            assert len(values) == len(golden.leaves(prefix)), (name, prefix, len(values))
            for k, value in enumerate(values):
                np.testing.assert_array_equal(value, golden[f"{prefix}/{k}"])
        lists = [[tf.constant(value) for value in golden.leaves(part)] for part in ("cudnn_weights", "cudnn_biases")]
        back = converter._cu_canonical_to_tf_canonical(*lists)
        for value, expected in zip(session.run(list(back[0]) + list(back[1])), given):
            np.testing.assert_array_equal(value, expected)


def _in_cells_order(name: str, states: list[Any]) -> list[Any]:
    """A network's states, `[layers * directions, ...]` each, as the cells return theirs: forward first, c before h."""
    _, direction = mode_of(name)
    parts = list(reversed(states))  # (h, c) of a network, (c, h) of a cell
    order = range(LAYERS) if direction == "unidirectional" else (0, 2, 1, 3)
    return [part[k] for k in order for part in parts]


def check_network(tf: Any, name: str) -> None:
    """The network gives on the converted weights what the cells give, gradients by inputs and weights included."""
    golden = Golden(name)
    mode, direction = mode_of(name)
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = Feeds(tf, golden)
        keys = golden.meta["tf_canonical_order"]
        variables = [tf.constant(golden["var/" + key]) for key in keys]
        x = feeds("in/x")
        given = [feeds(f"in/state/{k}") for k in range(len(golden.leaves("in/state")))]
        kinds = 2 if mode == "lstm" else 1
        cells = LAYERS * (2 if direction == "bidirectional" else 1)
        leaves = given or [tf.zeros([golden["in/x"].shape[1], UNITS])] * (cells * kinds)
        state = [tf.stack(leaves[k::kinds]) for k in reversed(range(kinds))]
        opaque = _converter(tf, name).tf_canonical_to_opaque(variables)
        model = getattr(tf.contrib.cudnn_rnn, "Cudnn" + SUFFIXES[mode])(LAYERS, UNITS, DEPTH, direction=direction)
        results = model(x, *state, opaque)
        values = session.run(list(results), feeds.feed_dict())
        golden.compare_leaves("out", values[:1])
        golden.compare_leaves("state", _in_cells_order(name, values[1:]))
        fed = sorted(feeds.made)
        wrt = [feeds.made[key] for key in fed] + variables
        loss = weighted_sum(tf, golden, "R/out", [results[0]])
        check_gradients(tf, session, golden, "grad", loss, wrt, fed + ["var/" + n for n in keys], feeds.feed_dict())


def main() -> None:
    """Check this harness against genuine TensorFlow, in the parts that it runs on a CPU."""
    import tensorflow as tf

    failed = 0
    checks = [(check, name) for name in networks() for check in (check_cells, check_conversion)]
    for check, name in checks:
        try:
            check(tf, name)
        except AssertionError as error:
            failed += 1
            print("FAILED", check.__name__, name, str(error)[:400])
    print(f"{len(checks)} checks, {failed} failed")
    raise SystemExit(failed != 0)


if __name__ == "__main__":
    main()
