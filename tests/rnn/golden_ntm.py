"""The goldens of `NTMCell`, unrolled by hand from its zero state; their format is their own.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax):

    PYTHONPATH=. python -m tests.rnn.golden_ntm
"""

from __future__ import annotations

from typing import Any

from tests.rnn.golden_case import (
    Feeds,
    Golden,
    check_gradients,
    check_variables,
    describe,
    flat,
    load_variables,
    resolve,
    weighted_sum,
)

NTM = ["hidden_ntm"]


def _cell(tf: Any, described: dict[str, Any]) -> Any:
    options = dict(described)
    controller, ntm = options.pop("controller"), resolve(tf, options.pop("class"))
    return ntm(controller=eval(controller, {"tf": tf}), **options)


def check_ntm(tf: Any, name: str) -> None:
    """Run the golden `name`: variables, outputs, final state, gradients by inputs and variables."""
    golden = Golden(name)
    names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        cell, feeds = _cell(tf, golden.meta["cell"]), Feeds(tf, golden)
        inputs = feeds("in/x")
        state = cell.zero_state(inputs.shape.as_list()[0], tf.float32)
        outputs = []
        for x in tf.unstack(inputs, axis=1):
            output, state = cell(x, state)
            outputs.append(output)
        output = tf.stack(outputs, axis=1)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        assert describe(output) == golden.meta["structures"]["out"]
        assert describe(state) == golden.meta["structures"]["state"], describe(state)
        state = state._replace(time=tf.convert_to_tensor(state.time))  # it is a number here, and counts the steps
        golden.compare_leaves("out", session.run(flat(tf, output), feeds.feed_dict()))
        golden.compare_leaves("state", session.run(flat(tf, state), feeds.feed_dict()))
        keys = ["in/x"] + ["var/" + n for n in names]
        loss = weighted_sum(tf, golden, "R/out", [output])
        check_gradients(tf, session, golden, "grad", loss, [inputs, *tf.trainable_variables()], keys, feeds.feed_dict())


def main() -> None:
    """Check this harness against genuine TensorFlow."""
    import tensorflow as tf

    for name in NTM:
        check_ntm(tf, name)
        print(name, "passed")


if __name__ == "__main__":
    main()
