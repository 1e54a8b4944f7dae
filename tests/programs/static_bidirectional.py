"""A row classifier with static_bidirectional_rnn, residuals and initial states by tensor batch size."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

width, rows, units, kinds = 4, 5, 6, 3
X = tf.placeholder("float", [None, rows, width])
Y = tf.placeholder("float", [None, kinds])
rs = np.random.RandomState(3)
weights = {'out': tf.Variable((rs.randn(2 * units, kinds) * .3).astype(np.float32))}
biases = {'out': tf.Variable(tf.zeros([kinds]))}


def wave(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(np.sin(.9 * np.arange(np.prod(shape))).reshape(shape) * .4, dtype=dtype)


def both_ways(x, weights, biases):
    x = tf.unstack(x, rows, 1)
    with tf.variable_scope("cells", initializer=wave):
        ahead = rnn.BasicLSTMCell(units, forget_bias=1.0)
        back = rnn.BasicLSTMCell(units, forget_bias=1.0)
        try:
            outputs, fw, bw = rnn.static_bidirectional_rnn(ahead, back, x, dtype=tf.float32)
        except Exception:
            outputs = rnn.static_bidirectional_rnn(ahead, back, x, dtype=tf.float32)
    return tf.matmul(outputs[-1], weights['out']) + biases['out']


logits = both_ways(X, weights, biases)
prediction = tf.nn.softmax(logits)
with tf.variable_scope("res", initializer=wave):
    bs = tf.shape(X)[0]
    res = rnn.MultiRNNCell([rnn.ResidualWrapper(rnn.GRUCell(width)), rnn.DeviceWrapper(rnn.BasicRNNCell(width, activation=tf.sigmoid), "/cpu:0"),
                            rnn.ResidualWrapper(rnn.LSTMCell(width, state_is_tuple=True))])
    init = res.zero_state(bs, tf.float32)
    ro, rst = tf.nn.dynamic_rnn(res, tf.transpose(X, [1, 0, 2]), initial_state=init, time_major=True, sequence_length=tf.minimum(tf.range(bs) + 1, rows))
    old = rnn.BasicLSTMCell(width, state_is_tuple=False)
    oo, ost = tf.nn.dynamic_rnn(old, X, dtype=tf.float32, scope="flat")
    multi_flat = rnn.MultiRNNCell([rnn.BasicLSTMCell(2, state_is_tuple=False), rnn.GRUCell(3)], state_is_tuple=False)
    fo, fst = tf.nn.dynamic_rnn(multi_flat, X, dtype=tf.float32, scope="multiflat")
print(ost.shape, multi_flat.state_size, fst.shape, ro.shape, type(rst).__name__)
loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y))
loss_op += .1 * tf.reduce_mean(ro ** 2) + .1 * tf.reduce_mean(oo * oo) + tf.reduce_mean(fst) * .1
optimizer = tf.train.GradientDescentOptimizer(learning_rate=.3)
train_op = optimizer.minimize(loss_op)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(prediction, 1), tf.argmax(Y, 1)), tf.float32))
for v in tf.trainable_variables():
    print(v.name, v.shape)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(1, 16):
        bx = rs.rand(6, rows, width)
        by = np.eye(kinds)[bx.sum((1, 2)).astype(int) % kinds]
        sess.run(train_op, feed_dict={X: bx, Y: by})
        loss, acc = sess.run([loss_op, accuracy], feed_dict={X: bx, Y: by})
        print("step " + str(step) + ": loss {:.5f}, accuracy {:.3f}".format(loss, acc))
    s = sess.run(rst, {X: bx})
    print("%.5f %.5f %.5f" % (s[0].sum(), s[1].sum(), s[2].c.sum()))
