"""Every optimizer, ten steps on a quadratic and on an embedding with a row looked up twice, against TensorFlow 1.15.

The figures hold every variable after the first and the tenth step, and the names of slots, variables and operation.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

import recell.v1 as tf

FIGURES = json.loads(pathlib.Path(__file__).with_name("optimizers.json").read_text())


def array(key):
    return np.array(FIGURES[key], np.int32 if key == "ids" else np.float32)


def optimizer(case, global_step):
    arguments = dict(case["args"])
    if case["class"] == "AdagradDAOptimizer":
        arguments["global_step"] = global_step
    namespace, _, name = case["class"].rpartition(".")
    return getattr(tf.contrib.opt if namespace else tf.train, name)(**arguments)


@pytest.mark.parametrize("fed", [False, True], ids=["minimize", "fed"])
@pytest.mark.parametrize("key", FIGURES["cases"])
def test_ten_steps(key, fed):
    case = FIGURES["cases"][key]
    step = tf.train.get_or_create_global_step()
    x = tf.get_variable("x", initializer=array("x0"))
    e = tf.get_variable("scope/e", initializer=array("e0"))
    made = optimizer(case, step)
    dense = tf.placeholder(tf.float32, [3, 2])
    rows = tf.placeholder(tf.float32, [4, 2])
    if fed:
        slices = tf.IndexedSlices(rows, tf.constant(array("ids")), tf.constant([5, 2]))
        train = made.apply_gradients([(dense, x), (slices, e)], global_step=step)
    else:
        loss = tf.reduce_sum(array("a") * tf.square(x - array("c")))
        loss += tf.reduce_sum(tf.square(tf.gather(e, array("ids")) - array("targets")))
        train = made.minimize(loss, global_step=step)
    assert train.name == case["op"]
    assert made.get_slot_names() == case["slot_names"]
    assert [v.name for v in made.variables()] == case["variables"]
    assert [v.name for v in tf.global_variables()] == case["globals"]
    assert tf.trainable_variables() == [x, e]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for done in range(1, 11):
            feed = {}
            if fed:
                now_x, now_e = session.run([x, e])
                feed[dense] = 2 * array("a") * (now_x - array("c"))
                feed[rows] = 2 * (now_e[array("ids")] - array("targets"))
            session.run(train, feed)
            if str(done) in case["steps"]:
                for variable in tf.global_variables():
                    expected = np.array(case["steps"][str(done)][variable.op.name])
                    np.testing.assert_allclose(
                        session.run(variable), expected, rtol=1e-6, atol=1e-6, err_msg=variable.name
                    )
