"""A stacked LSTM that predicts the next value of a sine from the ten before it, through an `Estimator`."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

import recell.v1 as tf
from recell.demos.charts import draw_prediction
from recell.demos.display import progress, table
from recell.demos.progress_hook import ProgressHook

UNITS, LAYERS = 30, 2
WINDOW = 10
BATCH = 32
GAP = 0.01


def windows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of ten values, `[n, 10, 1]`, and the value that follows it, `[n]`; float32."""
    x = np.stack([values[start : start + WINDOW] for start in range(len(values) - WINDOW)])
    return x[..., None].astype(np.float32), values[WINDOW:].astype(np.float32)


def model_fn(features: Any, labels: Any, mode: str) -> Any:
    """The model: what an `Estimator` calls to build the graph of each mode."""
    cells = [tf.nn.rnn_cell.BasicLSTMCell(UNITS) for _ in range(LAYERS)]
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), features["x"], dtype=tf.float32)
    # Only the last step has seen all ten values.
    predictions = tf.squeeze(tf.layers.dense(outputs[:, -1, :], 1), axis=1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": predictions})
    loss = tf.losses.mean_squared_error(labels, predictions)
    loss = tf.identity(loss, name="loss")
    train_op = tf.train.AdamOptimizer(0.005).minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def main(out: str = "sine.png", full: bool = False, steps: int | None = None) -> float:
    """Trains, draws the prediction over the truth into `out`, prints a table. Returns the root mean square error.

    `full`: the tutorial's 3000 steps on 10,000 values. `steps`: how many instead.
    """
    count = steps or (3000 if full else 1000)
    x, y = windows(np.sin(np.arange(10_000) * GAP))
    test_x, test_y = windows(np.sin((10_000 + np.arange(1000)) * GAP))
    with tempfile.TemporaryDirectory() as folder:
        config = tf.estimator.RunConfig(model_dir=folder, tf_random_seed=1, save_summary_steps=10**9)
        estimator = tf.estimator.Estimator(model_fn, config=config)
        feed = tf.estimator.inputs.numpy_input_fn({"x": x}, y, BATCH, num_epochs=None, shuffle=True)
        with progress(count) as advance:
            estimator.train(feed, steps=count, hooks=[ProgressHook("loss:0", advance)])
        ask = tf.estimator.inputs.numpy_input_fn({"x": test_x}, shuffle=False)
        predicted = np.array([found["y"] for found in estimator.predict(ask)])
    error = float(np.sqrt(np.mean((predicted - test_y) ** 2)))
    naive = float(np.sqrt(np.mean((test_x[:, -1, 0] - test_y) ** 2)))
    draw_prediction(out, test_y, predicted, f"the next value of a sine, after {count} steps")
    table(
        "root mean square error on values not seen",
        ["prediction", "error"],
        [[f"LSTM, {LAYERS} layers of {UNITS} units", error], ["the last value again", naive]],
    )
    print(f"wrote {out}: prediction over truth")
    return error


if __name__ == "__main__":
    main()
