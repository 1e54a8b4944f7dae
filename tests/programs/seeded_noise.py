"""Random numbers with seeds of their own: dropout, noise, sampling, initializers; the same run twice.

One iteration at a time, for TensorFlow draws in any order in loops whose iterations run side by side.
"""
import numpy as np
import tensorflow as tf


def build():
    x = tf.placeholder(tf.float32, [4, 5, 3])
    noisy = x + tf.random_normal([4, 5, 3], stddev=.1, seed=5)
    cell = tf.nn.rnn_cell.BasicLSTMCell(6)
    cell = tf.nn.rnn_cell.DropoutWrapper(cell, input_keep_prob=.7, output_keep_prob=.6, state_keep_prob=.9, seed=42)
    with tf.variable_scope("net", initializer=tf.truncated_normal_initializer(stddev=.3, seed=3)):
        out, state = tf.nn.dynamic_rnn(cell, noisy, dtype=tf.float32, parallel_iterations=1)
        last = tf.nn.dropout(out[:, -1], .5, seed=9)
        w = tf.get_variable("w", [6, 4], initializer=tf.contrib.layers.xavier_initializer(seed=8))
    logits = tf.matmul(last, w)
    draws = tf.multinomial(logits, 3, seed=77)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1, 2, 3], logits=logits))
    train = tf.train.GradientDescentOptimizer(.2).minimize(loss)
    return x, loss, train, draws, last


for attempt in range(2):
    tf.reset_default_graph()
    tf.set_random_seed(7)
    x, loss, train, draws, last = build()
    shuffled = tf.random_shuffle(tf.range(8), seed=1)
    ints = tf.random_uniform([5], 0, 100, dtype=tf.int32, seed=2)
    crop = tf.random_uniform([3], seed=6)
    tn = tf.truncated_normal([4], seed=10)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        xv = np.sin(np.arange(60.)).reshape(4, 5, 3)
        for i in range(8):
            l, _ = sess.run([loss, train], {x: xv})
            print("%.5f" % l)
        la, d = sess.run([last, draws], {x: xv})
        print((la == 0).astype(int).tolist(), d.shape)
        for _ in range(2):
            print(sess.run(ints).tolist(), " ".join("%.5f" % v for v in sess.run(crop)), " ".join("%.4f" % v for v in sess.run(tn)))
        print(sorted(sess.run(shuffled).tolist()))
