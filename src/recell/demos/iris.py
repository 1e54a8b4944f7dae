"""Softmax regression on Fisher's iris flowers, through an `Estimator`: the shortest program that has all its parts."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

import recell.v1 as tf
from recell.demos.display import progress, table
from recell.demos.progress_hook import ProgressHook


def model_fn(features: Any, labels: Any, mode: str) -> Any:
    """One layer, three classes. The loss takes logits: applying softmax before it, as is often seen, learns badly."""
    logits = tf.layers.dense(features["x"], 3)
    classes = tf.argmax(logits, 1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"class": classes, "probability": tf.nn.softmax(logits)})
    loss = tf.identity(tf.losses.sparse_softmax_cross_entropy(labels, logits), name="loss")
    if mode == tf.estimator.ModeKeys.EVAL:
        accuracy = tf.metrics.accuracy(labels, classes)
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops={"accuracy": accuracy})
    train_op = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def main(out: str = "", full: bool = False, steps: int | None = None) -> float:
    """Trains on four fifths of the flowers, prints how the others were classified. Returns the accuracy.

    `full`: 2000 steps, not the tutorial's 800. `steps`: how many instead. Draws nothing.
    """
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    count = steps or (2000 if full else 800)
    flowers = load_iris()
    x, test_x, y, test_y = train_test_split(
        flowers.data.astype(np.float32), flowers.target.astype(np.int64), test_size=0.2, random_state=0
    )
    inputs = tf.estimator.inputs.numpy_input_fn
    with tempfile.TemporaryDirectory() as folder:
        config = tf.estimator.RunConfig(model_dir=folder, tf_random_seed=1, save_summary_steps=10**9)
        estimator = tf.estimator.Estimator(model_fn, config=config)
        with progress(count) as advance:
            feed = inputs({"x": x}, y, batch_size=32, num_epochs=None, shuffle=True)
            estimator.train(feed, steps=count, hooks=[ProgressHook("loss:0", advance)])
        accuracy = float(estimator.evaluate(inputs({"x": test_x}, test_y, shuffle=False))["accuracy"])
        found = np.array([each["class"] for each in estimator.predict(inputs({"x": test_x}, shuffle=False))])
    rows = [
        [name, *(int(np.sum(found[test_y == k] == j)) for j in range(3))] for k, name in enumerate(flowers.target_names)
    ]
    table(
        f"{len(test_y)} flowers not seen in training, by what they were taken for", ["is", *flowers.target_names], rows
    )
    print(f"accuracy {accuracy:.4f}")
    return accuracy


if __name__ == "__main__":
    main()
