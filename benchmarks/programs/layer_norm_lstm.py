"""A cell of the user's own, in TensorFlow 1 style: an LSTM that normalizes its gates, written with `tf.nn.moments`.

A program that every engine runs as it stands. Images of random numbers, read row by row in batches of 50; 100 units;
Adam. Argument: the number of training steps.
"""

import sys

import numpy as np
import tensorflow as tf


class LayerNormLSTM(tf.nn.rnn_cell.RNNCell):
    def __init__(self, units):
        super().__init__()
        self._units = units

    @property
    def state_size(self):
        return tf.nn.rnn_cell.LSTMStateTuple(self._units, self._units)

    @property
    def output_size(self):
        return self._units

    def _normalize(self, values, scope):
        with tf.variable_scope(scope):
            mean, variance = tf.nn.moments(values, [1], keep_dims=True)
            scale = tf.get_variable("scale", [self._units], initializer=tf.ones_initializer())
            shift = tf.get_variable("shift", [self._units], initializer=tf.zeros_initializer())
            return (values - mean) * tf.rsqrt(variance + 1e-5) * scale + shift

    def call(self, inputs, state):
        c, h = state
        depth = inputs.get_shape()[1].value
        weights = tf.get_variable("weights", [depth + self._units, 4 * self._units])
        i, j, f, o = tf.split(tf.matmul(tf.concat([inputs, h], 1), weights), 4, axis=1)
        i = self._normalize(i, "input")
        j = self._normalize(j, "candidate")
        f = self._normalize(f, "forget")
        o = self._normalize(o, "output")
        c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(j)
        h = tf.sigmoid(o) * tf.tanh(self._normalize(c, "cell"))
        return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)


random = np.random.RandomState(0)
images = random.rand(50, 28, 28).astype(np.float32)
labels = random.randint(0, 10, 50)

x = tf.placeholder(tf.float32, [None, 28, 28])
y = tf.placeholder(tf.int64, [None])
outputs, state = tf.nn.dynamic_rnn(LayerNormLSTM(100), x, dtype=tf.float32)
logits = tf.layers.dense(state.h, 10)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.AdamOptimizer(1e-3).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(int(sys.argv[1])):
        value, _ = sess.run([loss, train], feed_dict={x: images, y: labels})
