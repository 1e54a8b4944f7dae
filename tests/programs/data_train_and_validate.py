"""One model, two datasets: iterators that are fed by handle, re-initialized, and shared by structure."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

rs = np.random.RandomState(0)
X = rs.normal(size=(64, 5, 3)).astype(np.float32)
Y = (X.sum(axis=(1, 2)) > 0).astype(np.int32)
Xv, Yv = X[48:], Y[48:]
X, Y = X[:48], Y[:48]

train = tf.data.Dataset.from_tensor_slices({"x": X, "y": Y}).shuffle(48, seed=5).repeat().batch(8)
valid = tf.data.Dataset.from_tensor_slices({"x": Xv, "y": Yv}).batch(16)
print(train)
print(train.output_types, train.output_shapes)

handle = tf.placeholder(tf.string, shape=[])
iterator = tf.data.Iterator.from_string_handle(handle, train.output_types, train.output_shapes)
features = iterator.get_next()
train_iterator = train.make_one_shot_iterator()
valid_iterator = valid.make_initializable_iterator()


def model(x, reuse=None):
    with tf.variable_scope("model", reuse=reuse, initializer=tf.constant_initializer(0.2)):
        cell = tf.nn.rnn_cell.BasicRNNCell(6)
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        w = tf.get_variable("w", initializer=np.linspace(-1, 1, 12).astype(np.float32).reshape(6, 2))
        return tf.matmul(outputs[:, -1], w)


logits = model(features["x"])
loss = tf.losses.sparse_softmax_cross_entropy(features["y"], logits)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.to_int64(features["y"])), tf.float32))
step = tf.train.AdamOptimizer(0.02).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    train_handle = sess.run(train_iterator.string_handle())
    valid_handle = sess.run(valid_iterator.string_handle())
    for epoch in range(4):
        losses = []
        for _ in range(6):
            l, _ = sess.run([loss, step], feed_dict={handle: train_handle})
            losses.append(l)
        sess.run(valid_iterator.initializer)
        v = sess.run([loss, accuracy], feed_dict={handle: valid_handle})
        print("epoch %d train %.4f valid %.4f accuracy %.4f" % (epoch, np.mean(losses), v[0], v[1]))
        try:
            sess.run(loss, feed_dict={handle: valid_handle})
        except tf.errors.OutOfRangeError:
            print("validation is over")

tf.reset_default_graph()
structure = tf.data.Iterator.from_structure((tf.float32, tf.int32), (tf.TensorShape([None, 5, 3]), tf.TensorShape([None])))
x, y = structure.get_next()
logits = model(x)
print(x, y)
init_train = structure.make_initializer(tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(48, seed=7).batch(10))
init_valid = structure.make_initializer(tf.data.Dataset.from_tensor_slices((Xv, Yv)).batch(10))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for name, init in (("train", init_train), ("valid", init_valid), ("train", init_train)):
        sess.run(init)
        sizes, first = [], None
        while True:
            try:
                l, labels = sess.run([logits, y])
                sizes.append(len(labels))
                first = labels.tolist() if first is None else first
            except tf.errors.OutOfRangeError:
                break
        print(name, sizes, first, "%.4f" % l.sum())
