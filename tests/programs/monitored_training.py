# Training with hooks, stopped and continued, then evaluated with its moving averages from the checkpoint.
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
rng = np.random.RandomState(0)
x_train = rng.randn(64, 6, 3).astype(np.float32)
y_train = (x_train.sum(axis=(1, 2)) > 0).astype(np.int64)


class Recorder(tf.train.SessionRunHook):
    def __init__(self, loss):
        self.loss = loss
        self.seen = []

    def begin(self):
        self.step = tf.train.get_global_step()

    def after_create_session(self, session, coord):
        print("session starts at step", session.run(self.step))

    def before_run(self, run_context):
        return tf.train.SessionRunArgs({"loss": self.loss})

    def after_run(self, run_context, run_values):
        self.seen.append(run_values.results["loss"])

    def end(self, session):
        print("ends at step", session.run(self.step), "after", len(self.seen), "runs")


class Listener(tf.train.CheckpointSaverListener):
    def before_save(self, session, global_step_value):
        print("saving at", global_step_value)

    def end(self, session, global_step_value):
        print("saved for the last time at", global_step_value)


def model(x, y):
    with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-.3, .3, seed=4)):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), x, dtype=tf.float32)
        logits = tf.layers.dense(outputs[:, -1], 2)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    return logits, loss


def train(last_step):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 6, 3])
        y = tf.placeholder(tf.int64, [None])
        logits, loss = model(x, y)
        step = tf.train.get_or_create_global_step()
        apply = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=step)
        average = tf.train.ExponentialMovingAverage(0.9, step)
        with tf.control_dependencies([apply]):
            train_op = average.apply(tf.trainable_variables())
        recorder = Recorder(loss)
        scaffold = tf.train.Scaffold(saver=tf.train.Saver(max_to_keep=3))
        hooks = [
            tf.train.StopAtStepHook(last_step=last_step),
            tf.train.NanTensorHook(loss),
            recorder,
            tf.train.CheckpointSaverHook(folder, save_steps=10, scaffold=scaffold, listeners=[Listener()]),
        ]
        with tf.train.MonitoredTrainingSession(
                checkpoint_dir=folder, scaffold=scaffold, hooks=hooks, save_checkpoint_secs=None,
                save_summaries_steps=None, log_step_count_steps=None) as session:
            n = 0
            while not session.should_stop():
                at = 16 * (n % 4)
                session.run(train_op, {x: x_train[at:at + 16], y: y_train[at:at + 16]})
                n += 1
        print("first loss %.4f last loss %.4f" % (recorder.seen[0], recorder.seen[-1]))
        print(sorted(name for name in os.listdir(folder) if name.endswith(".index")))


def evaluate(averaged):
    with tf.Graph().as_default():
        logits, loss = model(tf.constant(x_train), tf.constant(y_train))
        tf.train.get_or_create_global_step()
        accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y_train), tf.float32))
        saver = tf.train.Saver(tf.train.ExponentialMovingAverage(0.9).variables_to_restore() if averaged else None)
        final = tf.train.FinalOpsHook({"loss": loss, "accuracy": accuracy})
        with tf.train.SingularMonitoredSession(
                hooks=[final], scaffold=tf.train.Scaffold(saver=saver), checkpoint_dir=folder) as session:
            print("step", session.raw_session().run("global_step:0"))
        print("loss %.4f accuracy %.3f" % (final.final_ops_values["loss"], final.final_ops_values["accuracy"]))


train(20)
train(45)
train(45)
evaluate(False)
evaluate(True)
for name, shape in tf.train.list_variables(folder):
    print(name, shape)
shutil.rmtree(folder)
