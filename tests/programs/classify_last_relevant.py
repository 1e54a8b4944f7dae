"""Sequence classification of different lengths; the last relevant output through gather_nd."""
from __future__ import print_function
import numpy as np
import tensorflow as tf

r = np.random.RandomState(7)
n, max_len, dim, classes, units = 24, 7, 3, 3, 8
lens = r.randint(1, max_len + 1, n)
X = np.zeros((n, max_len, dim), np.float32)
labels = r.randint(0, classes, n)
for i in range(n):
    X[i, :lens[i]] = r.randn(lens[i], dim) + (labels[i] - 1)
Y = np.eye(classes)[labels]

signal = tf.placeholder(tf.float32, [None, max_len, dim])
target = tf.placeholder(tf.float32, [None, classes])


def length(batch):
    """How many steps of each row are not all zero."""
    return tf.to_int32(tf.reduce_sum(tf.sign(tf.reduce_max(tf.abs(batch), reduction_indices=2)), reduction_indices=1))


def last_by_pairs(out, count):
    return tf.gather_nd(out, tf.stack([tf.range(tf.shape(out)[0]), count - 1], axis=1))


def last_by_flat_index(out, count):
    _, steps, depth = out.get_shape().as_list()
    return tf.gather(tf.reshape(out, [-1, depth]), tf.range(0, tf.shape(out)[0]) * steps + count - 1)


lengths = length(signal)
init = tf.constant_initializer(r.uniform(-.4, .4, (dim + units) * 2 * units))
with tf.variable_scope("enc", initializer=tf.random_uniform_initializer(-0.1, 0.1, seed=3)):
    output, state = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(units, kernel_initializer=tf.constant_initializer(0.11), bias_initializer=tf.constant_initializer(.2)),
        signal, dtype=tf.float32, sequence_length=lengths)
print(output.shape, state.shape, output.name, state.name)
last = last_by_pairs(output, lengths)
last2 = last_by_flat_index(output, lengths)
mixing = tf.Variable(np.linspace(-1, 1, units * classes).reshape(units, classes).astype(np.float32), name="weight")
bias = tf.Variable(tf.constant(0.1, shape=[classes]), name="bias")
belief = tf.nn.softmax(tf.matmul(last, mixing) + bias)
surprise = -tf.reduce_sum(target * tf.log(tf.clip_by_value(belief, 1e-10, 1.0)))
learn = tf.train.RMSPropOptimizer(0.003).minimize(surprise)
wrong = tf.not_equal(tf.argmax(target, 1), tf.argmax(belief, 1))
error = tf.reduce_mean(tf.cast(wrong, tf.float32))

for v in tf.global_variables():
    print(v.op.name, v.shape, v.dtype)
sess = tf.Session()
sess.run(tf.initialize_all_variables())
fd = {signal: X, target: Y}
print(sess.run(lengths, fd))
for step in range(20):
    ce, er, _ = sess.run([surprise, error, learn], fd)
    print("step {:02d} ce {:.5f} error {:.5f}".format(step, ce, er))
a, b, s = sess.run([last, last2, state], fd)
print(np.allclose(a, b), np.allclose(a, s))
for i, l in enumerate(lens[:4]):
    print(l, ["%.5f" % v for v in a[i]])
o = sess.run(output, fd)
print(all((o[i, lens[i]:] == 0).all() for i in range(n)))
sess.close()
