"""AbortedError in a run makes a new session from the newest checkpoint; listeners stop; close twice; step functions again."""

import os, tempfile
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.FATAL)
d = tempfile.mkdtemp()


class Breaks(tf.train.SessionRunHook):
    def __init__(self, at):
        self.at, self.n, self.created = at, 0, 0

    def after_create_session(self, session, coord):
        self.created += 1

    def before_run(self, ctx):
        return tf.train.SessionRunArgs(tf.train.get_global_step())

    def after_run(self, ctx, v):
        self.n += 1
        if self.n == self.at:
            raise tf.errors.AbortedError(None, None, "lost")


def graph():
    step = tf.train.get_or_create_global_step()
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    loc = tf.get_variable("loc", [], initializer=tf.zeros_initializer(), collections=[tf.GraphKeys.LOCAL_VARIABLES])
    with tf.control_dependencies([v.assign_add(2.0), loc.assign_add(1.0)]):
        up = tf.assign_add(step, 1)
    with tf.control_dependencies([up]):
        return up, tf.identity(v.read_value()), tf.identity(loc.read_value())


with tf.Graph().as_default():
    ops = graph()
    b = Breaks(5)
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=d,
        save_checkpoint_steps=3,
        save_checkpoint_secs=None,
        hooks=[b, tf.train.StopAtStepHook(last_step=7)],
        save_summaries_steps=None,
    ) as sess:
        while not sess.should_stop():
            print([float(x) for x in sess.run(ops)])
    print("created", b.created, os.path.basename(tf.train.latest_checkpoint(d)))
with tf.Graph().as_default():
    ops = graph()
    b = Breaks(2)
    n = []
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(checkpoint_dir=d), hooks=[b]) as sess:

        def fn(step_context):
            n.append(1)
            return step_context.run_with_hooks(ops)

        for _ in range(2):
            print([float(x) for x in sess.run_step_fn(fn)], len(n))
    print(b.created)
with tf.Graph().as_default():
    ops = graph()
    b = Breaks(2)
    try:
        with tf.train.SingularMonitoredSession(hooks=[b], checkpoint_dir=d) as sess:
            for _ in range(4):
                print([float(x) for x in sess.run(ops)])
    except tf.errors.AbortedError as e:
        print("AbortedError", e.message)


class L(tf.train.CheckpointSaverListener):
    def after_save(self, s, g):
        print("saved", g)
        return g >= 12


with tf.Graph().as_default():
    ops = graph()
    h = tf.train.CheckpointSaverHook(d, save_steps=2, listeners=[L()])
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=d,
        save_checkpoint_secs=None,
        chief_only_hooks=[h],
        save_summaries_steps=None,
        log_step_count_steps=None,
    ) as sess:
        while not sess.should_stop():
            sess.run(ops)
    print(os.path.basename(tf.train.latest_checkpoint(d)))
with tf.Graph().as_default():
    ops = graph()
    s = tf.train.MonitoredSession()
    print(s.run(ops[0]), s.graph is tf.get_default_graph())
    s.close()
    for f in [s.close, s.should_stop]:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__)
for args in [
    dict(save_checkpoint_secs=1, save_checkpoint_steps=1),
    dict(save_summaries_secs=1, save_summaries_steps=1),
    dict(checkpoint_dir=d, save_checkpoint_secs=1, save_checkpoint_steps=1),
]:
    with tf.Graph().as_default():
        tf.train.create_global_step()
        try:
            with tf.train.MonitoredTrainingSession(**args):
                print("fine")
        except ValueError as e:
            print(e)
for make in [
    lambda: tf.train.MonitoredTrainingSession(checkpoint_dir=d),
    lambda: tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(3)]),
    lambda: tf.train.MonitoredSession(hooks=[tf.train.LoggingTensorHook(["nope"], 1)]),
    lambda: tf.train.MonitoredSession(hooks=[3]),
    lambda: tf.train.MonitoredSession(session_creator=3),
    lambda: tf.train.MonitoredTrainingSession(scaffold=3),
    lambda: tf.train.CheckpointSaverHook(d),
    lambda: tf.train.SummarySaverHook(3),
    lambda: tf.train.StepCounterHook(None),
    lambda: tf.train.LoggingTensorHook([]),
    lambda: tf.train.LoggingTensorHook([], 0),
    lambda: tf.train.SummarySaverHook(summary_op=3),
    lambda: tf.train.FinalOpsHook(None).final_ops_values,
]:
    with tf.Graph().as_default():
        try:
            print(make() is None)
        except Exception as e:
            print(type(e).__name__, str(e)[:60].split("\n")[0])
