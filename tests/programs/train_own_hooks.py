"""Hooks people wrote: early stopping, a learning rate fed by before_run, a NaN, a timer, a wrong one."""

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.FATAL)


class LearningRateHook(tf.train.SessionRunHook):
    def __init__(self, tensor):
        self.tensor = tensor

    def begin(self):
        self.lr, self.n = 0.4, 0

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(tf.train.get_global_step(), feed_dict={self.tensor: self.lr})

    def after_run(self, run_context, run_values):
        if run_values.results < 3:
            self.lr = 0.4
        else:
            self.lr = 0.1


class EarlyStopping(tf.train.SessionRunHook):
    def __init__(self, loss, patience=2, delta=0.02):
        self.loss, self.patience, self.delta = loss, patience, delta

    def begin(self):
        self.best, self.wait, self.seen = np.inf, 0, []

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        loss = run_values.results
        self.seen.append(loss)
        if loss < self.best - self.delta:
            self.best, self.wait = loss, 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                run_context.request_stop()


step = tf.train.get_or_create_global_step()
lr = tf.placeholder(tf.float32, [], name="lr")
x = tf.placeholder(tf.float32, [None, 3])
w = tf.get_variable("w", initializer=tf.constant([1.0, -1.0, 0.5]))
loss = tf.reduce_mean(tf.square(tf.reduce_sum(w * x, 1)))
train = tf.train.GradientDescentOptimizer(lr).minimize(loss, step)
data = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
stop = EarlyStopping(loss)
with tf.train.SingularMonitoredSession(hooks=[LearningRateHook(lr), stop]) as sess:
    while not sess.should_stop():
        sess.run(train, {x: data})
    print("steps", len(stop.seen), ["%.4f" % v for v in stop.seen])
    print(sess.raw_session().run(step))


# the same key from two places
class Feeds(tf.train.SessionRunHook):
    def __init__(self, f):
        self.f = f

    def before_run(self, c):
        return tf.train.SessionRunArgs([], self.f)


for hooks in [[Feeds({lr: 1.0}), Feeds({lr: 2.0})], [Feeds({x: data})]]:
    try:
        with tf.train.MonitoredSession(hooks=hooks) as sess:
            sess.run(train, {x: data})
    except RuntimeError as e:
        print("RuntimeError", str(e)[:60])


class Bad(tf.train.SessionRunHook):
    def __init__(self, when):
        self.when = when
        self.ended = False

    def after_create_session(self, s, c):
        if self.when == "create":
            raise ValueError("create")

    def before_run(self, c):
        if self.when == "before":
            raise ValueError("before")

    def after_run(self, c, v):
        if self.when == "after":
            raise ValueError("after")
        if self.when == "stopit":
            raise StopIteration

    def end(self, s):
        self.ended = True
        if self.when == "end":
            raise ValueError("end")


for when in ["create", "before", "after", "end", "stopit", "range"]:
    tf.reset_default_graph()
    step = tf.train.get_or_create_global_step()
    b = Bad(when)
    ran = 0
    try:
        with tf.train.MonitoredSession(hooks=[b]) as sess:
            for _ in range(2):
                if sess.should_stop():
                    break
                sess.run(step.assign_add(1)) if ran == 0 and False else sess.run(step)
                ran += 1
                if when == "range":
                    raise tf.errors.OutOfRangeError(None, None, "mine")
        print(when, "no error", ran, b.ended)
    except Exception as e:
        print(when, type(e).__name__, e, ran, b.ended)
tf.reset_default_graph()
step = tf.train.get_or_create_global_step()
v = tf.get_variable("v", [], initializer=tf.ones_initializer())
bad = tf.div(0.0, v - 1.0)
for fail in [False, True]:
    try:
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(bad, fail_on_nan_loss=fail)]) as sess:
            n = 0
            while not sess.should_stop():
                sess.run(v)
                n += 1
        print("stopped", n)
    except tf.train.NanLossDuringTrainingError as e:
        print(type(e).__name__, e)
tf.reset_default_graph()
step = tf.train.get_or_create_global_step()
step_copy = tf.identity(step)


def WRONG(ctx):
    pass


def step_fn2(step_context):
    s = step_context.session.run(step)
    if s == 0:
        return step_context.run_with_hooks(step_copy)


with tf.train.MonitoredSession() as sess:
    print(sess.run_step_fn(step_fn2))

    def stopping(step_context):
        step_context.request_stop()

    try:
        print(sess.run_step_fn(stopping), sess.should_stop())
    except StopIteration:
        print("StopIteration")
with tf.train.MonitoredSession() as sess:
    while not sess.should_stop():
        print(sess.run_step_fn(lambda step_context: step_context.request_stop()))
    print("out")

with tf.train.MonitoredSession() as sess:
    try:
        sess.run_step_fn(WRONG)
    except ValueError as e:
        print("ValueError", str(e)[:40])
    try:
        sess.run_step_fn(3)
    except Exception as e:
        print(type(e).__name__)
for args in [dict(num_steps=1, last_step=2), dict()]:
    try:
        tf.train.StopAtStepHook(**args)
    except ValueError as e:
        print(e)
