"""The tutorial's Penn Treebank model without dropout, from known initial values: the losses of its first steps.

`PYTHONPATH=. python tests/inputs/ptb_losses.py FOLDER_OF_PTB > tests/inputs/ptb_losses.json`, run by a Python that has
TensorFlow 1.15, writes what TensorFlow gives.
"""

# ruff: noqa: B905, UP006, UP035 - this file must run under Python 3.7, too.

from __future__ import annotations

import collections
import json
import os
import sys
from typing import Any, Iterator, List, Tuple

import numpy as np

HIDDEN, LAYERS, WORDS, BATCH, STEPS, CLIP = 200, 2, 10000, 20, 35, 5
COUNT = 50


def losses(
    tf: Any,
    batches: Iterator[Tuple[Any, Any]],
    rate: float,
    count: int = COUNT,
    config: Any = None,
) -> List[float]:
    """The costs of the first training steps on `batches`, at learning rate `rate`."""
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        model = _model(tf, rate)
        session.run(tf.global_variables_initializer())
        random = np.random.RandomState(7)
        for variable in sorted(tf.trainable_variables(), key=lambda v: v.name):
            variable.load(random.uniform(-0.05, 0.05, variable.shape.as_list()).astype(np.float32), session)
        state = session.run(model["initial_state"])
        found = []
        for _ in range(count):
            x, y = next(batches)
            feeds = {model["x"]: x, model["y"]: y, model["initial_state"]: state}
            cost, state, _ = session.run([model["cost"], model["final_state"], model["train"]], feeds)
            found.append(float(cost))
        return found


def _model(tf: Any, rate: float) -> Any:
    x = tf.placeholder(tf.int32, [BATCH, STEPS])
    y = tf.placeholder(tf.int32, [BATCH, STEPS])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(HIDDEN) for _ in range(LAYERS)])
    initial = cell.zero_state(BATCH, tf.float32)
    inputs = tf.nn.embedding_lookup(tf.get_variable("embedding", [WORDS, HIDDEN]), x)
    outputs, state = [], initial
    with tf.variable_scope("RNN"):
        for step in range(STEPS):
            if step > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(inputs[:, step, :], state)
            outputs.append(output)
    output = tf.reshape(tf.concat(outputs, 1), [-1, HIDDEN])
    weight, bias = tf.get_variable("weight", [HIDDEN, WORDS]), tf.get_variable("bias", [WORDS])
    logits = tf.matmul(output, weight) + bias
    loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
        [logits], [tf.reshape(y, [-1])], [tf.ones([BATCH * STEPS], dtype=tf.float32)]
    )
    cost = tf.reduce_sum(loss) / BATCH
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(cost, variables), CLIP)
    train = tf.train.GradientDescentOptimizer(rate).apply_gradients(zip(gradients, variables))
    return {"x": x, "y": y, "initial_state": initial, "final_state": state, "cost": cost, "train": train}


def batches(folder: str) -> Iterator[Tuple[Any, Any]]:
    """Batches of the training text, read without any library of ours."""
    with open(os.path.join(folder, "ptb.train.txt"), encoding="utf-8") as file:
        words = file.read().replace("\n", "<eos>").split()
    counts = collections.Counter(words)
    order = sorted(counts, key=lambda word: (-counts[word], word))
    numbers = {word: number for number, word in enumerate(order)}
    length = len(words) // BATCH
    text = np.array([numbers[word] for word in words[: length * BATCH]], np.int32).reshape(BATCH, length)
    for start in range(0, length - STEPS, STEPS):
        yield text[:, start : start + STEPS], text[:, start + 1 : start + STEPS + 1]


if __name__ == "__main__":
    import tensorflow

    def told(rate: float, threads: int) -> List[float]:
        config = tensorflow.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
        return losses(tensorflow, batches(sys.argv[1]), rate, config=config)

    answers = {"rate 0.1": told(0.1, 1), "rate 1.0, one thread": told(1.0, 1), "rate 1.0, two threads": told(1.0, 2)}
    print(json.dumps(answers, indent=0))
