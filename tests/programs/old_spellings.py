"""TensorFlow 0.x as it was written: concat(axis first), split(axis, n, x), pack, mul, tf.nn.rnn, initialize_all_variables."""
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn, rnn_cell

n_input, n_steps, n_hidden, n_classes = 3, 4, 5, 2
x = tf.placeholder("float", [None, n_steps, n_input])
istate = tf.placeholder("float", [None, 2 * n_hidden])
y = tf.placeholder("float", [None, n_classes])
r = np.random.RandomState(0)
weights = {'hidden': tf.Variable(r.randn(n_input, n_hidden).astype("float32") * .3), 'out': tf.Variable(r.randn(n_hidden, n_classes).astype("float32") * .3)}
biases = {'hidden': tf.Variable(tf.zeros([n_hidden])), 'out': tf.Variable(tf.constant(.1, shape=[n_classes]))}


def RNN(_X, _istate, _weights, _biases):
    _X = tf.transpose(_X, [1, 0, 2])
    _X = tf.reshape(_X, [-1, n_input])
    _X = tf.matmul(_X, _weights['hidden']) + _biases['hidden']
    lstm_cell = rnn_cell.BasicLSTMCell(n_hidden, forget_bias=1.0, state_is_tuple=False)
    _X = tf.split(0, n_steps, _X)
    with tf.variable_scope("RNN", initializer=tf.constant_initializer(.1)):
        outputs, states = rnn.rnn(lstm_cell, _X, initial_state=_istate)
    return tf.matmul(outputs[-1], _weights['out']) + _biases['out'], outputs


pred, outs = RNN(x, istate, weights, biases)
packed = tf.pack(outs)
back = tf.unpack(packed)
joined = tf.concat(0, [back[0], back[1]])
side = tf.concat(concat_dim=1, values=[back[0], back[1]])
diff = tf.sub(tf.mul(packed, 2.0), tf.neg(packed))
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(pred, y))
optimizer = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
correct = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
acc = tf.reduce_mean(tf.cast(correct, tf.types.float32 if hasattr(tf, "types") and hasattr(tf.types, "float32") else tf.float32))
picked = tf.select(tf.greater(pred, 0.), pred, tf.zeros_like(pred))
init = tf.initialize_all_variables()
with tf.Session() as sess:
    sess.run(init)
    feed = {x: r.rand(6, n_steps, n_input), y: np.eye(2)[[0, 1, 1, 0, 1, 0]], istate: np.zeros((6, 2 * n_hidden))}
    losses = []
    for i in range(6):
        c, _ = sess.run([cost, optimizer], feed)
        losses.append(c)
    print("falls", bool(np.all(np.diff(losses) < 0)))
    p, j, s, d, b = sess.run([packed, joined, side, diff, back], feed)
    print(p.shape, j.shape, s.shape, np.allclose(d, 3 * p), len(b))
    print(sess.run(picked, feed).min() >= 0, sess.run(acc, feed) <= 1)
