"""A sequence classifier as a custom Estimator: LSTM over padded sequences, lengths as a feature."""
from __future__ import absolute_import, division, print_function

import shutil
import tempfile

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
NUM_CLASSES, MAX_LEN, DIM = 3, 7, 4


def make_data(n, seed):
    rng = np.random.RandomState(seed)
    lengths = rng.randint(1, MAX_LEN + 1, n).astype(np.int32)
    x = rng.randn(n, MAX_LEN, DIM).astype(np.float32)
    for i, l in enumerate(lengths):
        x[i, l:] = 0
    y = (lengths % NUM_CLASSES).astype(np.int64)
    return {"x": x, "len": lengths}, y


def model_fn(features, labels, mode, params):
    init = tf.random_uniform_initializer(-0.3, 0.3, seed=params["seed"])
    with tf.variable_scope("encoder", initializer=init):
        cell = tf.nn.rnn_cell.LSTMCell(params["units"])
        outputs, state = tf.nn.dynamic_rnn(cell, features["x"], sequence_length=features["len"], dtype=tf.float32)
    logits = tf.layers.dense(state.h, NUM_CLASSES, kernel_initializer=tf.random_normal_initializer(stddev=0.3, seed=2), name="logits")
    predictions = {"class": tf.argmax(logits, axis=1), "prob": tf.nn.softmax(logits)}
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode=mode, predictions=predictions)
    loss = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
    if mode == tf.estimator.ModeKeys.EVAL:
        metrics = {
            "accuracy": tf.metrics.accuracy(labels, predictions["class"]),
            "per_class": tf.metrics.mean_per_class_accuracy(labels, predictions["class"], NUM_CLASSES),
        }
        return tf.estimator.EstimatorSpec(mode=mode, loss=loss, eval_metric_ops=metrics)
    step = tf.train.get_global_step()
    rate = tf.train.exponential_decay(params["rate"], step, 20, 0.9)
    optimizer = tf.train.AdamOptimizer(rate)
    grads, variables = zip(*optimizer.compute_gradients(loss))
    grads, _ = tf.clip_by_global_norm(grads, 1.0)
    train_op = optimizer.apply_gradients(zip(grads, variables), global_step=step)
    return tf.estimator.EstimatorSpec(mode=mode, loss=loss, train_op=train_op)


class LossHistory(tf.train.SessionRunHook):
    def __init__(self, every):
        self.every = every
        self.losses = []

    def before_run(self, run_context):
        losses = tf.get_collection(tf.GraphKeys.LOSSES)
        return tf.train.SessionRunArgs([losses[0], tf.train.get_global_step()])

    def after_run(self, run_context, run_values):
        loss, step = run_values.results
        if step % self.every == 0:
            self.losses.append((int(step), float(loss)))


model_dir = tempfile.mkdtemp()
train_x, train_y = make_data(60, 0)
test_x, test_y = make_data(25, 1)
config = tf.estimator.RunConfig(tf_random_seed=42, save_checkpoints_steps=20, keep_checkpoint_max=2, save_summary_steps=10)
classifier = tf.estimator.Estimator(model_fn, model_dir=model_dir, config=config, params={"units": 8, "rate": 0.05, "seed": 1})
train_fn = tf.estimator.inputs.numpy_input_fn(train_x, train_y, batch_size=16, num_epochs=None, shuffle=False)
test_fn = tf.estimator.inputs.numpy_input_fn(test_x, test_y, batch_size=10, num_epochs=1, shuffle=False)

history = LossHistory(10)
classifier.train(train_fn, steps=30, hooks=[history])
for step, loss in history.losses:
    print("step %d loss %.5f" % (step, loss))
for name in sorted(classifier.get_variable_names()):
    print(name, np.shape(classifier.get_variable_value(name)))
print({k: round(float(v), 4) for k, v in sorted(classifier.evaluate(test_fn).items())})
classifier.train(train_fn, max_steps=50)
results = classifier.evaluate(test_fn, steps=2)
print("step %d accuracy %.4f loss %.5f" % (results["global_step"], results["accuracy"], results["loss"]))
for k, p in enumerate(classifier.predict(test_fn)):
    if k < 3:
        print(p["class"], ["%.4f" % v for v in p["prob"]])
batches = list(classifier.predict(test_fn, predict_keys=["prob"], yield_single_examples=False))
print([sorted(b) for b in batches], [b["prob"].shape for b in batches])
print(classifier.latest_checkpoint().replace(model_dir, "DIR"))
shutil.rmtree(model_dir)
