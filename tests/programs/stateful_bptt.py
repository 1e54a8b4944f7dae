"""Truncated back-propagation whose state lives in variables that every run assigns, behind its training step."""
import numpy as np
import tensorflow as tf

B, T, D, H, L = 3, 4, 1, 6, 2
series = np.sin(np.arange(0, 60) * 0.3)[None, :] + 0.1 * np.arange(B)[:, None]

x = tf.placeholder(tf.float32, [B, T, D])
y = tf.placeholder(tf.float32, [B, T, D])
cell = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.BasicLSTMCell(H) for _ in range(L)])
with tf.variable_scope("kept"):
    kept = tuple(tf.contrib.rnn.LSTMStateTuple(c=tf.Variable(c, trainable=False, name="c"), h=tf.Variable(h, trainable=False, name="h"))
                 for c, h in cell.zero_state(B, tf.float32))
with tf.variable_scope("r", initializer=tf.constant_initializer(.07)):
    outputs, left = tf.nn.dynamic_rnn(cell, x, initial_state=kept)
pred = tf.layers.dense(outputs, 1, kernel_initializer=tf.constant_initializer(0.2), name="head")
loss = tf.losses.mean_squared_error(y, pred)
train = tf.train.AdagradOptimizer(0.1).minimize(loss)


def store(values):
    flat = tf.contrib.framework.nest.flatten
    return tf.tuple([old.assign(new) for old, new in zip(flat(kept), flat(values))])


# Behind the training step, which still needs the state that it began with.
with tf.control_dependencies([train]):
    keep = store(left)
forget = store(cell.zero_state(B, tf.float32))
for v in tf.global_variables():
    print(v.name, v.shape, v in tf.trainable_variables())

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(2):
        sess.run(forget)
        print("after reset %.5f" % sum(abs(sess.run(s.c)).sum() for s in kept))
        for i in range(0, 56, T):
            feed = {x: series[:, i:i + T, None], y: series[:, i + 1:i + T + 1, None]}
            value, _, stored = sess.run([loss, train, keep], feed)
            print("%.5f %.5f" % (value, stored[-1].sum()))
    print("%.5f" % sess.run(kept[1].h).sum())
    print(np.array_equal(sess.run(outputs, feed), sess.run(outputs, feed)))
