"""Prediction of a video's next frames: stacked Conv2DLSTMCells in dynamic_rnn, then one frame after the other."""
import numpy as np
import tensorflow as tf

B, T, S = 2, 5, 6
FLAGS = dict(lr=0.01, steps=8)


def moving_squares():
    frames = np.zeros((B, T + 3, S, S, 1), np.float32)
    for b in range(B):
        for t in range(T + 3):
            r, c = (t + b) % (S - 1), (2 * b + t) % (S - 1)
            frames[b, t, r:r + 2, c:c + 2, 0] = 1
    return frames


def conv_lstm_stack(shape):
    cells = [tf.contrib.rnn.Conv2DLSTMCell(input_shape=shape, output_channels=3, kernel_shape=[3, 3], name="encoder"),
             tf.contrib.rnn.ConvLSTMCell(2, input_shape=shape[:2] + [3], output_channels=2, kernel_shape=[3, 2], use_bias=False,
                                         forget_bias=.5, name="upper")]
    return tf.nn.rnn_cell.MultiRNNCell(cells)


def to_frame(features, reuse=None):
    with tf.variable_scope("frame", reuse=reuse):
        return tf.layers.conv2d(features, 1, [1, 1], activation=tf.nn.sigmoid, kernel_initializer=tf.constant_initializer(.3), name="out")


frames = tf.placeholder(tf.float32, [None, T, S, S, 1])
following = tf.placeholder(tf.float32, [None, T, S, S, 1])
with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-.4, .4, seed=17)) as scope:
    cell = conv_lstm_stack([S, S, 1])
    print(cell.state_size, cell.output_size)
    outputs, state = tf.nn.dynamic_rnn(cell, frames, dtype=tf.float32)
    predicted = tf.stack([to_frame(o, reuse=i > 0 or None) for i, o in enumerate(tf.unstack(outputs, axis=1))], axis=1)
    # by itself, from what it saw
    dream, now = [], predicted[:, -1]
    for i in range(3):
        dream.append(now)
        with tf.variable_scope("rnn", reuse=True):
            out, state = cell(now, state)
        now = to_frame(out, reuse=True)
    dream = tf.stack(dream, 1)
mse = tf.reduce_mean(tf.square(predicted - following))
loss = tf.identity(mse + 1e-3 * tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables() if "bias" not in v.name]), name="loss")
train_op = tf.train.RMSPropOptimizer(FLAGS["lr"], decay=0.9).minimize(loss, global_step=tf.train.get_or_create_global_step())
print(predicted.shape, dream.shape, [s.c.shape.as_list() for s in state])
for v in tf.trainable_variables():
    print(v.name, v.shape)
video = moving_squares()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {frames: video[:, :T], following: video[:, 1:T + 1]}
    for i in range(FLAGS["steps"]):
        l, m, _ = sess.run([loss, mse, train_op], feed_dict=feed)
        print("step %d loss %.5f mse %.5f" % (tf.train.global_step(sess, tf.train.get_global_step()), l, m))
    d, s = sess.run([dream, state], feed)
    print(d.shape, " ".join("%.5f" % f for f in d.sum((0, 2, 3, 4))))
    print(type(s[0]).__name__, s[0].c.shape, "%.5f %.5f" % (s[0].c.sum(), s[1].h.sum()))
