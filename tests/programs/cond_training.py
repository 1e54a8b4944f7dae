"""Training that depends on tf.cond, tf.case and placeholders of bool; py_func, Print, Assert."""
import sys
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3, 2])
is_training = tf.placeholder(tf.bool, [])
mode = tf.placeholder_with_default(0, [])
w = tf.Variable([[.1, .2], [.3, -.4]], name="w")
count = tf.Variable(0, trainable=False, name="count")
calls = []


def noisy(a, k):
    calls.append(a.shape)
    return (a * k).astype(np.float32), np.int32(len(calls))


scaled, ncalls = tf.py_func(noisy, [x, np.float32(2.0)], [tf.float32, tf.int32])
print(scaled.shape)
scaled.set_shape(x.get_shape())
inp = tf.cond(is_training, lambda: scaled, lambda: x)
with tf.variable_scope("rnn"):
    cell = tf.contrib.rnn.GRUCell(2, kernel_initializer=tf.constant_initializer(.4))
    outs, st = tf.nn.static_rnn(cell, tf.unstack(inp, axis=1), dtype=tf.float32)
h = tf.matmul(outs[-1], w)
h = tf.Print(h, [tf.shape(h), tf.reduce_mean(h)], message="h: ", summarize=4)
ok = tf.Assert(tf.reduce_all(tf.abs(h) < 100.), [h], name="bounded")
with tf.control_dependencies([ok]):
    loss = tf.reduce_mean(tf.square(h - 1.))
loss = tf.case([(tf.equal(mode, 1), lambda: loss * 10.), (tf.greater(mode, 1), lambda: loss + tf.nn.l2_loss(w))],
               default=lambda: loss)


def do_train():
    with tf.control_dependencies([tf.assign_add(count, 1)]):
        return tf.group(tf.train.GradientDescentOptimizer(.5).minimize(loss)), tf.constant(True)


opt = tf.train.GradientDescentOptimizer(0.3)
grads = opt.compute_gradients(loss)
for g, v in grads:
    print(v.name, g.shape)
scale = tf.cond(is_training, lambda: 1.0, lambda: 0.0)
train = opt.apply_gradients([(g * scale, v) for g, v in grads], global_step=count)
bumped = tf.cond(tf.equal(count % 3, 0), lambda: tf.assign_add(w, tf.ones([2, 2]) * .01), lambda: tf.identity(w))
sess = tf.Session(config=tf.ConfigProto(allow_soft_placement=True, log_device_placement=False))
with sess.as_default():
    tf.global_variables_initializer().run()
    xv = np.linspace(-1, 1, 24).reshape(4, 3, 2)
    for i in range(10):
        fd = {x: xv, is_training: i % 3 != 2, mode: i % 4}
        l = loss.eval(fd)
        train.run(fd)
        b = bumped.eval()
        print("%d %.5f %.5f count %d" % (i, l, b.sum(), count.eval()))
    print(len(calls) > 0, set(calls))
    sess.run(tf.assign(w, [[1e4, 1e4], [1e4, 1e4]]))
    try:
        sess.run(loss, {x: xv, is_training: False})
    except tf.errors.InvalidArgumentError as e:
        print("InvalidArgumentError", "assertion failed" in e.message)
    try:
        sess.run(tf.py_func(lambda: 1 // 0, [], tf.int64))
    except tf.errors.OpError as e:
        print(type(e).__name__, "ZeroDivision" in e.message)
