"""The goldens of the drivers (dynamic_rnn, static_rnn, raw_rnn, the bidirectional ones), and the harness's own check.

The json of a driver's golden describes its program in words; the programs stand here, one row of DRIVERS each.
With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax):

    PYTHONPATH=. python -m tests.rnn.golden_drivers
"""

from __future__ import annotations

from typing import Any

from tests.rnn.golden_case import (
    Feeds,
    Golden,
    cell_parts,
    check_cell,
    check_gradients,
    check_variables,
    describe,
    flat,
    load_variables,
    weighted_sum,
)


def _pair_cell(tf: Any) -> Any:
    """The nested cell of driver_dynamic_rnn_nested: inputs (a, b), outputs (h, m), state (h, (k, m))."""

    class Pair(tf.nn.rnn_cell.RNNCell):
        @property
        def state_size(self) -> Any:
            return (3, (2, tf.TensorShape([2, 2])))

        @property
        def output_size(self) -> Any:
            return (3, tf.TensorShape([2, 2]))

        def call(self, inputs: Any, state: Any) -> Any:
            (a, b), (h, (k, m)) = inputs, state
            w = tf.get_variable("w", [3, 3])
            h = tf.tanh(tf.matmul(a, w) + h)
            k = b + 0.5 * k
            m = 0.9 * m + tf.expand_dims(k, 2)
            return (h, m), (h, (k, m))

    return Pair()


def _two_layers(tf: Any) -> Any:
    cells = tf.nn.rnn_cell
    return cells.MultiRNNCell([cells.LSTMCell(5, use_peepholes=True, num_proj=4), cells.GRUCell(3)])


def _dynamic(tf: Any, feeds: Feeds, cell: Any, shape: Any = None, time_major: bool = False) -> dict[str, Any]:
    inputs = feeds("in/x", shape)
    outputs, state = tf.nn.dynamic_rnn(
        cell,
        inputs,
        sequence_length=feeds.optional("in/sequence_length"),
        initial_state=feeds.state(cell, "in/state"),
        dtype=inputs.dtype,
        time_major=time_major,
    )
    return {"out": outputs, "state": state}


def _dynamic_nested(tf: Any, feeds: Feeds) -> dict[str, Any]:
    inputs = (feeds("in/x"), feeds("in/t"))
    lengths = feeds("in/sequence_length")
    outputs, state = tf.nn.dynamic_rnn(_pair_cell(tf), inputs, sequence_length=lengths, dtype=tf.float32)
    return {"out": outputs, "state": state}


def _static(tf: Any, feeds: Feeds) -> dict[str, Any]:
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(3)])
    steps = tf.unstack(feeds("in/x"))
    lengths = feeds.optional("in/sequence_length")
    outputs, state = tf.nn.static_rnn(
        cell, steps, initial_state=feeds.state(cell, "in/state"), sequence_length=lengths, dtype=tf.float32
    )
    return {"out": tf.stack(outputs), "state": state}


def _bidirectional(tf: Any, feeds: Feeds, time_major: bool = False) -> dict[str, Any]:
    forward, backward = tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(3)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        forward,
        backward,
        feeds("in/x"),
        sequence_length=feeds.optional("in/sequence_length"),
        initial_state_fw=feeds.state(forward, "in/state_fw"),
        initial_state_bw=feeds.state(backward, "in/state_bw"),
        time_major=time_major,
    )
    return {"out": outputs, "state": states}


def _static_bidirectional(tf: Any, feeds: Feeds) -> dict[str, Any]:
    forward, backward = tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(3)
    steps = tf.unstack(feeds("in/x"))
    outputs, state_fw, state_bw = tf.nn.static_bidirectional_rnn(forward, backward, steps, dtype=tf.float32)
    return {"out": tf.stack(outputs), "state_fw": state_fw, "state_bw": state_bw}


def _raw_as_dynamic(tf: Any, feeds: Feeds) -> dict[str, Any]:
    x, lengths = feeds("in/x"), feeds("in/sequence_length")
    steps, batch, depth = x.shape.as_list()
    cell = tf.nn.rnn_cell.LSTMCell(5)
    rows = tf.TensorArray(x.dtype, steps).unstack(x)

    def loop_fn(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        state = cell.zero_state(batch, x.dtype) if output is None else state
        finished = time >= lengths
        blank = tf.zeros([batch, depth], x.dtype)
        inputs = tf.cond(tf.reduce_all(finished), lambda: blank, lambda: rows.read(time))
        return finished, inputs, state, output, None

    emitted, state, loop_state = tf.nn.raw_rnn(cell, loop_fn)
    assert loop_state is None
    return {"out": emitted.stack(), "state": state}


def _stack_bidirectional(tf: Any, feeds: Feeds, dynamic: bool = False) -> dict[str, Any]:
    cells = tf.nn.rnn_cell
    layers = [cells.LSTMCell(4), cells.GRUCell(2)], [cells.LSTMCell(4), cells.GRUCell(3)]
    x, lengths = feeds("in/x"), feeds.optional("in/sequence_length")
    if dynamic:
        outputs, states_fw, states_bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
            *layers, inputs=x, sequence_length=lengths, dtype=tf.float32
        )
    else:
        steps, states_fw, states_bw = tf.contrib.rnn.stack_bidirectional_rnn(
            *layers, inputs=tf.unstack(x), sequence_length=lengths, dtype=tf.float32
        )
        outputs = tf.stack(steps)
    return {"out": outputs, "states_fw": states_fw, "states_bw": states_bw}


class _Saver:
    """Gives the golden's saved states, and notes what is saved under which name."""

    def __init__(self, tf: Any, feeds: Feeds) -> None:
        self.tf, self.feeds = tf, feeds
        self.loaded: list[str] = []
        self.saved: dict[str, Any] = {}

    def state(self, name: str) -> Any:
        self.loaded.append(name)
        return self.feeds("in/saved_" + name)

    def save_state(self, name: str, value: Any) -> Any:
        self.saved[name] = value
        return self.tf.no_op()


def _state_saving(tf: Any, feeds: Feeds) -> dict[str, Any]:
    steps, lengths = tf.unstack(feeds("in/x")), feeds("in/sequence_length")
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(3)])
    saver = _Saver(tf, feeds)
    outputs, state = tf.nn.static_state_saving_rnn(cell, steps, saver, (("c0", "m0"), "h1"), sequence_length=lengths)
    assert saver.loaded == feeds.golden.meta["load_order"]
    assert list(saver.saved) == feeds.golden.meta["save_order"]
    saved = {"saved/" + name: value for name, value in saver.saved.items()}
    return dict(saved, out=tf.stack(outputs), state=state)


DRIVERS = {
    "driver_dynamic_rnn_float16": lambda tf, feeds: _dynamic(tf, feeds, _two_layers(tf)),
    "driver_dynamic_rnn_float64": lambda tf, feeds: _dynamic(tf, feeds, _two_layers(tf)),
    "driver_dynamic_rnn_len_all_zero": lambda tf, feeds: _dynamic(tf, feeds, tf.nn.rnn_cell.LSTMCell(5)),
    "driver_dynamic_rnn_len_beyond": lambda tf, feeds: _dynamic(tf, feeds, tf.nn.rnn_cell.LSTMCell(5)),
    "driver_dynamic_rnn_nested": _dynamic_nested,
    "driver_dynamic_rnn_time_major": lambda tf, feeds: _dynamic(tf, feeds, tf.nn.rnn_cell.LSTMCell(5), time_major=True),
    "driver_dynamic_rnn_unknown_dims": lambda tf, feeds: _dynamic(
        tf, feeds, tf.nn.rnn_cell.GRUCell(4), shape=[None, None, 3]
    ),
    "driver_static_rnn": _static,
    "driver_static_rnn_len": _static,
    "driver_bidirectional_dynamic_rnn": _bidirectional,
    "driver_bidirectional_dynamic_rnn_len": _bidirectional,
    "driver_bidirectional_dynamic_rnn_tm": lambda tf, feeds: _bidirectional(tf, feeds, time_major=True),
    "driver_static_bidirectional_rnn": _static_bidirectional,
    "driver_raw_rnn_as_dynamic": _raw_as_dynamic,
    "driver_stack_bidirectional_dynamic_rnn": lambda tf, feeds: _stack_bidirectional(tf, feeds, dynamic=True),
    "driver_stack_bidirectional_rnn": _stack_bidirectional,
    "driver_stack_bidirectional_rnn_len": _stack_bidirectional,
    "driver_static_state_saving_rnn": _state_saving,
}


def check_driver(tf: Any, name: str, programs: Any = None) -> None:
    """Run the golden `name` of `programs` (DRIVERS): variables, outputs, states, structures, shape, gradients."""
    golden = Golden(name)
    names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        feeds = Feeds(tf, golden)
        results = (programs or DRIVERS)[name](tf, feeds)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        if "static_output_shape" in golden.meta:
            assert str(results["out"].shape) == golden.meta["static_output_shape"]
        feed_dict = feeds.feed_dict()
        for key, structure in results.items():
            assert describe(structure) == golden.meta["structures"][key], (name, key, describe(structure))
            golden.compare_leaves(key, session.run(flat(tf, structure), feed_dict))
        fed = feeds.differentiable()
        wrt = [feeds.made[key] for key in fed] + tf.trainable_variables()
        keys = fed + ["var/" + n for n in names]
        for kind, result in (("grad", "out"), ("grad_state", "state")):
            if kind in golden.meta.get("gradient_none", {}):
                loss = weighted_sum(tf, golden, "R/" + result, flat(tf, results[result]))
                check_gradients(tf, session, golden, kind, loss, wrt, keys, feed_dict)


def main() -> None:
    """Check this harness against genuine TensorFlow: every golden must reproduce itself."""
    import tensorflow as tf

    failed = 0
    checks = cell_parts() + [(name, "") for name in sorted(DRIVERS)]
    for name, part in checks:
        try:
            if part:
                check_cell(tf, name, part)
            else:
                check_driver(tf, name)
        except AssertionError as error:
            failed += 1
            print("FAILED", name, part, str(error)[:400])
    print(f"{len(checks)} checks, {failed} failed")
    raise SystemExit(failed != 0)


if __name__ == "__main__":
    main()
