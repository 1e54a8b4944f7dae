"""A recurrent net by tf.while_loop and TensorArray, its gradient, and loops of other kinds."""
import numpy as np
import tensorflow as tf

rs = np.random.RandomState(2)
x = tf.placeholder(tf.float32, [None, None, 3], name="x")
batch = tf.shape(x)[0]
steps = tf.shape(x)[1]
H = 4
with tf.variable_scope("cell"):
    cell = tf.contrib.rnn.BasicRNNCell(H)
W = tf.get_variable("W", [3 + H, H], initializer=tf.constant_initializer(rs.randn(3 + H, H) * .4))
xs = tf.TensorArray(tf.float32, size=steps).unstack(tf.transpose(x, [1, 0, 2]))


def cond(i, h, acc, out):
    return tf.less(i, steps)


def body(i, h, acc, out):
    xt = xs.read(i)
    xt.set_shape([None, 3])
    h = tf.tanh(tf.matmul(tf.concat([xt, h], axis=1), W))
    acc = tf.cond(tf.reduce_mean(h) > 0, lambda: acc + tf.reduce_sum(h), lambda: acc * 0.5)
    return [i + 1, h, acc, out.write(i, h)]


i, h, acc, out = tf.while_loop(cond, body, [tf.constant(0), tf.zeros([batch, H]), tf.constant(1.0), tf.TensorArray(tf.float32, size=steps)],
                               parallel_iterations=8, swap_memory=False)
hs = tf.transpose(out.stack(), [1, 0, 2])
print(hs.shape, h.shape, i.shape)
loss = tf.reduce_mean(tf.square(hs[:, -1] - 0.5)) + 0.01 * acc
train = tf.train.MomentumOptimizer(0.2, 0.8, use_nesterov=True).minimize(loss)
dx, = tf.gradients(loss, x)

# adaptive halting: runs until every row has crossed a threshold
with tf.name_scope("halting"):
    start = tf.placeholder(tf.float32, [None])
    n, p, counts = tf.while_loop(
        lambda n, p, c: tf.reduce_any(p < 1.0),
        lambda n, p, c: (n + 1, p + tf.where(p < 1.0, 0.3 * tf.ones_like(p), tf.zeros_like(p)), c + tf.to_float(p < 1.0)),
        (0, start, tf.zeros_like(start)))
    dstart = tf.gradients(tf.reduce_sum(p ** 2), start)[0]

# a growing tensor
grown = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, tf.concat([a, [tf.cast(i, tf.float32) * a[-1] + 1]], 0)),
                      [tf.constant(0), tf.constant([2.0])], shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])[1]
# nested
tri = tf.while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, tf.while_loop(lambda j, t: j <= i, lambda j, t: (j + 1, t + j), (0, s))[1]), (0, 0))[1]
lim = tf.while_loop(lambda v: v < 1000., lambda v: v * 2., [tf.constant(1.)], maximum_iterations=3)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    xv = rs.randn(2, 5, 3)
    for t in range(15):
        l, a, _ = sess.run([loss, acc, train], {x: xv})
        print("%d %.5f %.5f" % (t, l, a))
    d = sess.run(dx, {x: xv[:, :3]})
    print(d.shape, "%.5f %.5f" % (d.sum(), np.abs(d).max()))
    for value in sess.run([n, p, counts, dstart], {start: [0.1, 0.5, 2.0]}):
        print(value)
    g = sess.run(grown)
    print(g, sess.run(tri), sess.run(lim))
    print(sess.run(i, {x: xv}), sess.run(hs, {x: np.zeros((2, 1, 3))}).shape)
