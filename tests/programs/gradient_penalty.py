"""Gradients with respect to inputs, a gradient penalty through an RNN (second order), stop_gradient, grad_ys, saliency."""
import numpy as np
import tensorflow as tf

r = np.random.RandomState(9)
D, H, T, B = 2, 3, 4, 3


def sines(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(np.cos(np.arange(np.prod(shape))).reshape(shape) * .5, dtype=dtype)


def critic(x, reuse, kind):
    with tf.variable_scope("critic_" + kind, reuse=reuse, initializer=sines):
        cell = {"gru": tf.contrib.rnn.GRUCell, "lstm": tf.contrib.rnn.BasicLSTMCell, "rnn": tf.contrib.rnn.BasicRNNCell}[kind](H)
        out, _ = tf.contrib.rnn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        w = tf.get_variable("w", [H, 1])
        return tf.matmul(out[-1], w)


real = tf.placeholder(tf.float32, [B, T, D])
with tf.variable_scope("generator"):
    z = tf.placeholder(tf.float32, [B, T, D])
    gw = tf.get_variable("gw", [D, D], initializer=sines)
    fake = tf.tanh(tf.reshape(tf.matmul(tf.reshape(z, [-1, D]), gw), [B, T, D]))
eps = tf.constant(r.rand(B, 1, 1), tf.float32)
mixed = eps * real + (1 - eps) * fake
trains, reports = [], []
for kind in ("rnn", "gru", "lstm"):
    d_real, d_fake, d_mix = critic(real, None, kind), critic(fake, True, kind), critic(mixed, True, kind)
    g = tf.gradients(d_mix, [mixed])[0]
    slopes = tf.sqrt(tf.reduce_sum(tf.square(g), reduction_indices=[1, 2]) + 1e-8)
    penalty = tf.reduce_mean((slopes - 1.) ** 2)
    d_loss = tf.reduce_mean(d_fake) - tf.reduce_mean(d_real) + 10 * penalty
    g_loss = -tf.reduce_mean(d_fake)
    d_vars = [v for v in tf.trainable_variables() if v.name.startswith("critic_" + kind)]
    d_train = tf.train.AdamOptimizer(.01, beta1=.5, beta2=.9).minimize(d_loss, var_list=d_vars)
    g_train = tf.train.GradientDescentOptimizer(.01).minimize(g_loss, var_list=[gw])
    trains.append((d_train, g_train))
    reports.append([d_loss, penalty, g_loss])
x = tf.placeholder(tf.float32, [2])
cube = x[0] ** 3 * x[1] ** 2
hess = tf.hessians(cube, x)[0]
first = tf.gradients(cube, x)[0]
hv = tf.gradients(tf.reduce_sum(first * tf.stop_gradient([1., 2.])), x)[0]
third = tf.gradients(hv, x)[0]
stopped = tf.gradients(tf.stop_gradient(x * x) * x, x)[0]
weighted = tf.gradients([x * x, 3 * x], x, grad_ys=[tf.constant([1., 10.]), tf.constant([.5, .5])])[0]
unconnected = tf.gradients(x, gw)
print(unconnected)
mid = x * 2
with_stop = tf.gradients(mid * mid + x, [x, mid], stop_gradients=[mid])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fd = {real: r.randn(B, T, D), z: r.randn(B, T, D)}
    for i in range(8):
        for k in range(3):
            vals = sess.run(reports[k], fd)
            sess.run(trains[k][0], fd)
            sess.run(trains[k][1], fd)
            print(i, k, " ".join("%.5f" % v for v in vals))
    sal = sess.run(g, fd)
    print(sal.shape, "%.5f" % np.abs(sal).sum())
    for t in (hess, first, hv, third, stopped, weighted, with_stop[0], with_stop[1]):
        print(" ".join("%.5f" % v for v in np.ravel(sess.run(t, {x: [1.5, -2.]}))))
