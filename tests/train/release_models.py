"""A model that old releases of TensorFlow train and save, each under its own names: `files/release_*`.

    python tests/train/release_models.py     with a genuine TensorFlow of any 1.x release, or 0.12 (Python 2.7)

writes the checkpoint of that release, after three steps of training, and what the model said there and in the next
three steps. The tests build the same model with Recell, restore, and go on.
"""

import json
import os
import shutil
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "files")
STEPS = 3


def ramp(*shape):
    return np.sin(np.arange(1, int(np.prod(shape)) + 1) * 1.7).astype(np.float32).reshape(shape)


def model(tf, rnn):
    """Fetches by name: the outputs, the loss, and the operation that trains. `rnn` has the cells."""
    x, lengths = tf.constant(ramp(2, 5, 4)), tf.constant([5, 3])
    with tf.variable_scope("model"):
        stack = rnn.MultiRNNCell(
            [
                rnn.LSTMCell(5, use_peepholes=True, num_proj=4, num_unit_shards=2),
                rnn.BasicLSTMCell(3),
                rnn.GRUCell(4),
            ]
        )
        wrapped = rnn.InputProjectionWrapper(rnn.OutputProjectionWrapper(stack, 2), 3)
        projected, _ = tf.nn.dynamic_rnn(wrapped, x, lengths, dtype=tf.float32)
        attended, _ = tf.nn.dynamic_rnn(
            rnn.AttentionCellWrapper(rnn.BasicRNNCell(3), 2, state_is_tuple=True), x, dtype=tf.float32, scope="attend"
        )
        (forward, backward), _ = tf.nn.bidirectional_dynamic_rnn(
            rnn.LayerNormBasicLSTMCell(3), rnn.LSTMBlockCell(3), x, lengths, dtype=tf.float32
        )
    with tf.variable_scope("blocks"):
        blocked, _ = tf.nn.dynamic_rnn(rnn.GRUBlockCell(3), x, dtype=tf.float32)
        fused, _ = rnn.LSTMBlockFusedCell(3, use_peephole=True)(tf.transpose(x, [1, 0, 2]), dtype=tf.float32)
    found = {
        "projected": projected,
        "attended": attended,
        "forward": forward,
        "backward": backward,
        "blocked": blocked,
        "fused": fused,
    }
    found["loss"] = tf.add_n([tf.reduce_mean(tf.square(found[name] - 0.5)) for name in sorted(found)])
    step = tf.Variable(0, trainable=False, name="step")
    with tf.name_scope("train"):
        found["train"] = tf.train.AdamOptimizer(0.02).minimize(found["loss"], global_step=step)
    return found


def said(session, fetches):
    """The outputs, and the losses of the next steps."""
    names = sorted(name for name in fetches if name != "train")
    values = session.run([fetches[name] for name in names])
    losses = [float(session.run([fetches["loss"], fetches["train"]])[0]) for _ in range(STEPS)]
    return {"outputs": {n: np.asarray(v).tolist() for n, v in zip(names, values, strict=False)}, "losses": losses}


def main():
    import tensorflow as tf

    sys.path.insert(0, os.path.join(os.path.dirname(HERE), "checkpoint"))
    from release_names import Names

    folder = os.path.join(FOLDER, "release_" + tf.__version__.replace(".", "_"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tf.set_random_seed(1)
    fetches = model(tf, Names(tf))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(STEPS):
            session.run(fetches["train"])
        for version in "V1", "V2":
            saver = tf.train.Saver(write_version=getattr(tf.train.SaverDef, version))
            saver.save(session, os.path.join(folder, version.lower()), write_meta_graph=False)
        answer = said(session, fetches)
    os.remove(os.path.join(folder, "checkpoint"))
    with open(os.path.join(folder, "said.json"), "w") as file:
        file.write(json.dumps(answer, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
