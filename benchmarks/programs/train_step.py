"""The training step of the best-known tutorial: an LSTM of 100 units reads an image row by row, batches of 50.

A program that every engine runs as it stands. Random images in place of MNIST, so that it runs anywhere. Argument: the
number of training steps.
"""

import sys

import numpy as np
import tensorflow as tf

random = np.random.RandomState(0)
images = random.rand(50, 784).astype(np.float32)
labels = np.eye(10, dtype=np.float32)[random.randint(0, 10, 50)]

x = tf.placeholder(tf.float32, [None, 784])
y = tf.placeholder(tf.float32, [None, 10])
weights = tf.Variable(tf.truncated_normal([100, 10], stddev=0.1))
biases = tf.Variable(tf.constant(0.1, shape=[10]))
cell = tf.nn.rnn_cell.BasicLSTMCell(100)
outputs, state = tf.nn.dynamic_rnn(cell, tf.reshape(x, [-1, 28, 28]), dtype=tf.float32)
logits = tf.matmul(state[1], weights) + biases
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))
train = tf.train.AdamOptimizer(1e-4).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(int(sys.argv[1])):
        sess.run(train, feed_dict={x: images, y: labels})
