"""slice_input_producer over arrays in memory: training by epochs, and evaluation until OutOfRangeError."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)
xs = rng.rand(24, 4, 2).astype(np.float32)
ys = xs.sum(axis=(1, 2)).astype(np.float32)


def inputs(data, labels, batch_size, num_epochs, train):
    x, y, i = tf.train.slice_input_producer(
        [data, labels, np.arange(len(labels))], num_epochs=num_epochs, shuffle=train, seed=5)
    if train:
        return tf.train.shuffle_batch([x, y, i], batch_size, capacity=50, min_after_dequeue=12, seed=2)
    return tf.train.batch([x, y, i], batch_size, allow_smaller_final_batch=True)


def model(x, reuse):
    with tf.variable_scope("model", reuse=reuse, initializer=tf.constant_initializer(0.2)):
        cell = tf.contrib.rnn.BasicLSTMCell(4)
        _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        return tf.squeeze(tf.layers.dense(state.h, 1), 1)


train_x, train_y, train_i = inputs(xs, ys, 6, 3, True)
test_x, test_y, test_i = inputs(xs[:10], ys[:10], 4, 1, False)
loss = tf.reduce_mean(tf.square(model(train_x, False) - train_y))
test_error = tf.reduce_sum(tf.abs(model(test_x, True) - test_y))
global_step = tf.Variable(0, trainable=False, name="global_step")
train_op = tf.train.GradientDescentOptimizer(0.0).minimize(loss, global_step=global_step)

print([v.name for v in tf.local_variables()])
print([q.name for q in tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess, coord)
    seen = []
    try:
        while not coord.should_stop():
            _, i = sess.run([train_op, train_i])
            seen.extend(i.tolist())
    except tf.errors.OutOfRangeError:
        print("epochs over at step", sess.run(global_step))
    print("seen", len(seen), sorted(seen) == sorted(list(range(24)) * 3))
    total, count, order = 0.0, 0, []
    try:
        while True:
            e, i = sess.run([test_error, test_i])
            total += e
            count += len(i)
            order.append(i.tolist())
    except tf.errors.OutOfRangeError:
        pass
    print("test %.5f of %d" % (total / count, count), order)
    coord.request_stop()
    coord.join(threads)
