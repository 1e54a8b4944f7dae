"""The training step of the best-known tutorial: an LSTM of 100 units reads an image row by row, batches of 50.

A TensorFlow 1 program that every engine runs as it stands. Random images in place of MNIST, so that it runs
anywhere. Prints one line of JSON: when the first step was done (seconds since 1970), its loss, and the seconds of
every later step. Argument: the number of later steps.
"""

import json
import sys
import time

import numpy as np
import tensorflow as tf

steps = int(sys.argv[1])
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
    feed = {x: images, y: labels}
    first_loss = float(sess.run([loss, train], feed_dict=feed)[0])
    first_done = time.time()
    seconds = []
    for _ in range(steps):
        before = time.perf_counter()
        sess.run(train, feed_dict=feed)
        seconds.append(time.perf_counter() - before)

print(json.dumps({"first_step_done": first_done, "first_loss": first_loss, "step_seconds": seconds}))
