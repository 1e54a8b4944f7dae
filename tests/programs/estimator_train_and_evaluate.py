"""train_and_evaluate over tf.data, hooks, an early stop, warm start and a second model of the same folder."""
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
rng = np.random.RandomState(3)
SERIES = np.cumsum(rng.randn(200)).astype(np.float32) / 10
WINDOW = 6
X = np.stack([SERIES[i:i + WINDOW] for i in range(150)])[:, :, None]
Y = SERIES[WINDOW:WINDOW + 150]


def train_input_fn():
    d = tf.data.Dataset.from_tensor_slices(({"window": X[:100]}, Y[:100]))
    return d.repeat().batch(20)


def eval_input_fn():
    return tf.data.Dataset.from_tensor_slices(({"window": X[100:]}, Y[100:])).batch(25)


def model_fn(features, labels, mode, params, config):
    with tf.variable_scope("rnn_part", initializer=tf.random_uniform_initializer(-.5, .5, seed=21)):
        cell = tf.nn.rnn_cell.GRUCell(params.get("units", 5))
        _, state = tf.nn.dynamic_rnn(cell, features["window"], dtype=tf.float32)
        out = tf.squeeze(tf.layers.dense(state, 1), 1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"next": out})
    loss = tf.losses.mean_squared_error(labels, out)
    metrics = {"rmse": tf.metrics.root_mean_squared_error(labels, out), "mae": tf.metrics.mean_absolute_error(labels, out)}
    train_op = tf.train.GradientDescentOptimizer(params["rate"]).minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op, eval_metric_ops=metrics)


class Printer(tf.train.SessionRunHook):
    def end(self, session):
        print("trained to", int(session.run(tf.train.get_global_step())))


class Evaluated(tf.train.SessionRunHook):
    def end(self, session):
        print("  evaluated at", int(session.run(tf.train.get_global_step())))


folder = tempfile.mkdtemp()
config = tf.estimator.RunConfig(model_dir=folder, save_checkpoints_steps=15, log_step_count_steps=1000)
estimator = tf.estimator.Estimator(model_fn, config=config, params={"rate": 0.1})
train_spec = tf.estimator.TrainSpec(train_input_fn, max_steps=50, hooks=[Printer()])
eval_spec = tf.estimator.EvalSpec(eval_input_fn, steps=None, hooks=[Evaluated()], start_delay_secs=0, throttle_secs=0)
results, _ = tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)
print({k: round(float(v), 4) for k, v in sorted(results.items())})
print(tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec))
print(["%.4f" % p["next"] for p in estimator.predict(eval_input_fn)][:4])
print(sorted(f for f in os.listdir(folder) if f.endswith(".index")))

warm = tf.estimator.Estimator(model_fn, tempfile.mkdtemp(), params={"rate": 0.0},
                              warm_start_from=tf.estimator.WarmStartSettings(folder, vars_to_warm_start="rnn_part/rnn"))
warm.train(train_input_fn, steps=1)
name = "rnn_part/rnn/gru_cell/gates/kernel"
print(np.allclose(warm.get_variable_value(name), estimator.get_variable_value(name)))
print("%.4f" % warm.evaluate(eval_input_fn)["rmse"])

larger = tf.estimator.Estimator(model_fn, folder, params={"rate": 0.1, "units": 7})
try:
    larger.train(train_input_fn, steps=1)
except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
    print(type(error).__name__, str(error)[:36])
fresh = tf.estimator.Estimator(model_fn, config=tf.estimator.RunConfig(tempfile.mkdtemp(), save_checkpoints_steps=15), params={"rate": 0.1})
stop = tf.estimator.experimental.stop_if_lower_hook(fresh, "rmse", 100., run_every_secs=None, run_every_steps=1)
tf.estimator.train_and_evaluate(fresh, tf.estimator.TrainSpec(train_input_fn, max_steps=500, hooks=[stop, Printer()]), eval_spec)
for made in (estimator, warm, fresh):
    shutil.rmtree(made.model_dir)
