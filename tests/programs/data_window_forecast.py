"""Windows over a time series, by window and flat_map, with normalisation inside of the pipeline."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

series = np.sin(np.arange(60) * 0.3).astype(np.float32) + 0.1 * np.arange(60, dtype=np.float32) / 60
STEPS = 8


def windowed(values, steps, batch_size, shuffle):
    ds = tf.data.Dataset.from_tensor_slices(values)
    ds = ds.window(steps + 1, shift=1, drop_remainder=True)
    ds = ds.flat_map(lambda w: w.batch(steps + 1))
    if shuffle:
        ds = ds.shuffle(100, seed=21, reshuffle_each_iteration=False)
    ds = ds.map(lambda w: (w[:-1], w[1:]))
    ds = ds.map(lambda a, b: (tf.expand_dims((a - tf.reduce_mean(a)) / 2.0, -1), b))
    return ds.batch(batch_size).prefetch(1)


train = windowed(series[:45], STEPS, 10, True)
test = windowed(series[45:], STEPS, 10, False)
print(train.output_shapes, test.output_types)
it = tf.data.Iterator.from_structure(train.output_types, train.output_shapes)
x, y = it.get_next()
x.set_shape([None, STEPS, 1])
start_train, start_test = it.make_initializer(train), it.make_initializer(test)

cell = tf.nn.rnn_cell.GRUCell(6, kernel_initializer=tf.constant_initializer(0.1))
outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
pred = tf.squeeze(tf.layers.dense(outputs, 1, kernel_initializer=tf.constant_initializer(0.5)), -1)
loss = tf.losses.mean_squared_error(y, pred)
op = tf.train.AdamOptimizer(0.05).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(3):
        sess.run(start_train)
        losses = []
        try:
            while True:
                losses.append(sess.run([loss, op])[0])
        except tf.errors.OutOfRangeError:
            pass
        sess.run(start_test)
        print("epoch %d, %d batches, train %.4f, test %.4f" % (epoch, len(losses), np.mean(losses), sess.run(loss)))
    count = sess.run(tf.data.Dataset.from_tensor_slices(series).window(9, 3).reduce(np.int64(0), lambda n, w: n + 1))
    print("windows", count)
