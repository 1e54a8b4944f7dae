"""Evaluate every n steps, keep the best, stop early."""

import os, shutil, tempfile
import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_integer("patience", 3, "evaluations without progress")
flags.DEFINE_string("save_dir", None, "where")
flags.DEFINE_float("lr", 0.3, "learning rate")


class Model(object):
    def __init__(self, n):
        self.x = tf.placeholder(tf.float32, [None, n, 1])
        self.y = tf.placeholder(tf.int64, [None])
        cell = tf.contrib.rnn.BasicLSTMCell(4)
        with tf.variable_scope("rnn", initializer=tf.constant_initializer(0.2)):
            out, state = tf.nn.dynamic_rnn(cell, self.x, dtype=tf.float32)
        w = tf.get_variable("w", initializer=np.linspace(-1, 1, 8).reshape(4, 2).astype(np.float32))
        logits = tf.matmul(state.h, w)
        self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=logits))
        self.acc = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), self.y), tf.float32))
        self.global_step = tf.train.get_or_create_global_step()
        self.train = tf.train.GradientDescentOptimizer(FLAGS.lr).minimize(self.loss, self.global_step)


def main(_):
    rs = np.random.RandomState(1)
    X = rs.randn(40, 5, 1).astype(np.float32)
    Y = (X.sum(axis=(1, 2)) > 0).astype(np.int64)
    save_dir = FLAGS.save_dir or tempfile.mkdtemp()
    model = Model(5)
    best_saver = tf.train.Saver(tf.trainable_variables(), max_to_keep=1)
    saver = tf.train.Saver(max_to_keep=2)
    best, bad = 1e9, 0
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(30):
            for i in range(0, 32, 8):
                sess.run(model.train, {model.x: X[i : i + 8], model.y: Y[i : i + 8]})
            step = tf.train.global_step(sess, model.global_step)
            loss, acc = sess.run([model.loss, model.acc], {model.x: X[32:], model.y: Y[32:]})
            saver.save(sess, os.path.join(save_dir, "last"), global_step=step, latest_filename="last.txt")
            if loss < best - 1e-4:
                best, bad = loss, 0
                best_saver.save(sess, os.path.join(save_dir, "best"), step, write_meta_graph=False)
                print("epoch %d step %d new best %.4f acc %.2f" % (epoch, step, loss, acc))
            else:
                bad += 1
                if bad >= FLAGS.patience:
                    print("early stop at", step)
                    break
    print(sorted(f for f in os.listdir(save_dir) if not ".data" in f))
    print(os.path.basename(tf.train.latest_checkpoint(save_dir)))
    print(os.path.basename(tf.train.latest_checkpoint(save_dir, "last.txt")))
    with tf.Session() as sess:
        best_saver.restore(sess, tf.train.latest_checkpoint(save_dir))
        print("%.4f" % sess.run(model.loss, {model.x: X[32:], model.y: Y[32:]}))
        try:
            sess.run(model.train, {model.x: X[:2], model.y: Y[:2]})
        except tf.errors.FailedPreconditionError as e:
            print("uninitialized global_step")
    shutil.rmtree(save_dir)


if __name__ == "__main__":
    tf.app.run()
