"""Predict generators: left behind, closed, with hooks, in another graph; what hooks see."""

import gc, tempfile
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.FATAL)


class H(tf.train.SessionRunHook):
    def __init__(self, tag):
        self.tag = tag

    def begin(self):
        print(self.tag, "begin")

    def after_create_session(self, s, c):
        print(self.tag, "created")

    def after_run(self, c, v):
        print(self.tag, "run")

    def end(self, s):
        print(self.tag, "end")


def model_fn(features, mode, params):
    w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
    p = tf.matmul(features, w)
    loss = tf.reduce_mean(p)
    return tf.estimator.EstimatorSpec(
        mode,
        predictions=p if params == {} else {"p": p, "n": tf.constant([1.0, 2.0, 3.0])},
        loss=loss,
        train_op=tf.train.GradientDescentOptimizer(0.1).minimize(loss, tf.train.get_global_step()),
    )


X = np.arange(10, dtype=np.float32).reshape(5, 2)
fn = tf.estimator.inputs.numpy_input_fn(X, batch_size=2, num_epochs=1, shuffle=False)
est = tf.estimator.Estimator(model_fn, tempfile.mkdtemp())
est.train(fn)
print(est.get_variable_value("w").round(2).tolist(), est.get_variable_value("global_step"))
g = est.predict(fn, hooks=[H("a")])
print("nothing yet")
print(next(g).round(4))
g.close()
print("closed")
g = est.predict(fn, hooks=[H("b")])
print(next(g).round(4))
del g
gc.collect()
print("deleted")
print([round(float(v[0]), 4) for v in est.predict(fn, hooks=[H("c")])])
try:
    for v in est.predict(fn, hooks=[H("d")]):
        raise KeyError("mine")
except KeyError:
    print("KeyError")


class Stop(tf.train.SessionRunHook):
    def after_run(self, c, v):
        c.request_stop()


print(len(list(est.predict(fn, hooks=[Stop()]))))


class Raise(tf.train.SessionRunHook):
    def after_run(self, c, v):
        raise RuntimeError("hook")


try:
    list(est.predict(fn, hooks=[Raise(), H("e")]))
except RuntimeError as e:
    print("RuntimeError", e)
try:
    list(est.predict(fn, predict_keys=["p"]))
except ValueError as e:
    print(e)
est2 = tf.estimator.Estimator(model_fn, tempfile.mkdtemp(), params={"d": 1})
est2.train(fn, max_steps=2)
try:
    list(est2.predict(fn))
except ValueError as e:
    print(str(e)[:60])
try:
    list(est2.predict(fn, predict_keys="q"))
except ValueError as e:
    print(str(e)[:50])
print([v["p"].shape for v in est2.predict(fn, predict_keys="p", yield_single_examples=False)])


class K(tf.train.SessionRunHook):
    def after_run(self, c, v):
        raise KeyboardInterrupt


try:
    list(est.predict(fn, hooks=[K(), H("k")]))
except KeyboardInterrupt:
    print("KeyboardInterrupt")
try:
    est.train(fn, hooks=[K(), H("t")])
except KeyboardInterrupt:
    print("KeyboardInterrupt", est.get_variable_value("global_step"))
