"""An LSTM classifier as a model_fn with params, all three modes, evaluation metrics, hooks in the spec."""

from __future__ import absolute_import, division, print_function
import os, tempfile
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)


class EndHook(tf.train.SessionRunHook):
    def __init__(self, tag):
        self.tag = tag
        self.n = 0

    def after_run(self, c, v):
        self.n += 1

    def end(self, session):
        print(self.tag, "runs", self.n, "step", session.run(tf.train.get_global_step()))


def model_fn(features, labels, mode, params, config):
    x = features["x"]
    print(
        "model_fn", mode, sorted(params), x.shape, None if labels is None else labels.shape, config.model_dir == logdir
    )
    cell = tf.nn.rnn_cell.LSTMCell(params["units"], initializer=tf.constant_initializer(0.1))
    out, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, sequence_length=features["len"])
    with tf.variable_scope("head", initializer=tf.constant_initializer(0.2)):
        w = tf.get_variable(
            "w", initializer=tf.constant(np.linspace(-1, 1, params["units"] * 2).reshape(-1, 2), tf.float32)
        )
    logits = tf.matmul(state.h, w)
    classes = tf.argmax(logits, 1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        preds = {"classes": classes, "probabilities": tf.nn.softmax(logits, name="softmax")}
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=preds,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(preds)},
            prediction_hooks=[EndHook("predict")],
        )
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    if mode == tf.estimator.ModeKeys.TRAIN:
        train_op = tf.train.AdamOptimizer(params["lr"]).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(
            mode,
            loss=loss,
            train_op=train_op,
            training_hooks=[EndHook("train")],
            training_chief_hooks=[EndHook("chief")],
        )
    return tf.estimator.EstimatorSpec(
        mode,
        loss=loss,
        evaluation_hooks=[EndHook("eval")],
        eval_metric_ops={
            "accuracy": tf.metrics.accuracy(labels, classes),
            "auc": tf.metrics.auc(labels, tf.nn.softmax(logits)[:, 1]),
        },
    )


rs = np.random.RandomState(0)
X = rs.randn(24, 6, 2).astype(np.float32)
L = rs.randint(1, 7, 24).astype(np.int32)
Y = (X[:, 0, 0] > 0).astype(np.int64)
logdir = tempfile.mkdtemp()
est = tf.estimator.Estimator(
    model_fn,
    model_dir=logdir,
    params={"units": 3, "lr": 0.05},
    config=tf.estimator.RunConfig(
        save_checkpoints_steps=5, keep_checkpoint_max=2, save_summary_steps=4, log_step_count_steps=3
    ),
)
fn = tf.estimator.inputs.numpy_input_fn({"x": X, "len": L}, Y, batch_size=8, num_epochs=None, shuffle=False)
ev = tf.estimator.inputs.numpy_input_fn({"x": X, "len": L}, Y, batch_size=10, num_epochs=1, shuffle=False)
pr = tf.estimator.inputs.numpy_input_fn({"x": X, "len": L}, batch_size=10, num_epochs=1, shuffle=False)
print(est.train(fn, steps=7) is est)


def show(r):
    print(" ".join("%s=%.4f" % (k, r[k]) for k in sorted(r)))


show(est.evaluate(ev))
show(est.evaluate(ev, steps=1, name="one"))
est.train(fn, max_steps=12)
est.train(fn, max_steps=12)
show(
    est.evaluate(ev, checkpoint_path=os.path.join(logdir, "model.ckpt-7"))
    if os.path.exists(os.path.join(logdir, "model.ckpt-7.index"))
    else est.evaluate(ev)
)
g = est.predict(pr)
first = next(g)
print(sorted(first), first["classes"], first["probabilities"].round(4))
print([int(p["classes"]) for p in g])
print(np.array([p["probabilities"] for p in est.predict(pr, predict_keys=["probabilities"])]).round(4)[:3].tolist())
print([sorted(p) and p["classes"].shape for p in est.predict(pr, predict_keys="classes", yield_single_examples=False)])
print(est.get_variable_names(), est.get_variable_value("head/w").shape, os.path.basename(est.latest_checkpoint()))
print(sorted(f for f in os.listdir(logdir) if f.endswith(".index") or os.path.isdir(os.path.join(logdir, f))))
print(est.params, est.config.keep_checkpoint_max, est.model_dir == logdir)
