"""Gradients accumulated over small batches in variables, towers whose gradients are averaged, schedules of every kind."""
import numpy as np
import tensorflow as tf


def const(shape, dtype=tf.float32, partition_info=None):
    return tf.constant((np.arange(np.prod(shape)) % 7 - 3).reshape(shape) * .1, dtype)


def tower(x, y):
    cell = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.GRUCell(4) for _ in range(2)])
    out, st = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    pred = tf.contrib.layers.fully_connected(st[-1], 2, activation_fn=None, scope="out", weights_initializer=const)
    return tf.losses.mean_squared_error(y, pred)


def average_gradients(tower_grads):
    average = []
    for gv in zip(*tower_grads):
        grads = [tf.expand_dims(g, 0) for g, _ in gv]
        average.append((tf.reduce_mean(tf.concat(axis=0, values=grads), 0), gv[0][1]))
    return average


X = tf.placeholder(tf.float32, [None, 3, 2])
Y = tf.placeholder(tf.float32, [None, 2])
gs = tf.train.get_or_create_global_step()
opt = tf.train.AdamOptimizer(.02)
grads = []
with tf.variable_scope(tf.get_variable_scope(), initializer=const):
    for i, (x, y) in enumerate(zip(tf.split(X, 2), tf.split(Y, 2))):
        with tf.device("/gpu:%d" % i):
            with tf.name_scope("tower_%d" % i) as scope:
                loss = tower(x, y)
                print(loss.name, scope, len(tf.get_collection(tf.GraphKeys.LOSSES, scope)))
                tf.get_variable_scope().reuse_variables()
                grads.append(opt.compute_gradients(loss))
with tf.variable_scope("training", reuse=False):
    pass
gvs = average_gradients(grads)
apply_all = opt.apply_gradients(gvs, global_step=gs)

tvs = tf.trainable_variables()
accum = [tf.Variable(tf.zeros_like(tv.initialized_value()), trainable=False) for tv in tvs]
zero_ops = [tv.assign(tf.zeros_like(tv)) for tv in accum]
accum_ops = [accum[i].assign_add(g) for i, (g, v) in enumerate(gvs)]
sgd = tf.train.GradientDescentOptimizer(.1)
step_op = sgd.apply_gradients([(accum[i] / 2., v) for i, (g, v) in enumerate(gvs)])

schedules = [
    tf.train.exponential_decay(.1, gs, 3, .5), tf.train.polynomial_decay(.1, gs, 5, .01, power=2.), tf.train.polynomial_decay(.1, gs, 2, .01, cycle=True),
    tf.train.natural_exp_decay(.1, gs, 3, .5), tf.train.inverse_time_decay(.1, gs, 3, .5, staircase=True), tf.train.cosine_decay(.1, gs, 6),
    tf.train.piecewise_constant(gs, [2, 4], [1., .5, .25]), tf.train.linear_cosine_decay(.1, gs, 6),
    tf.train.cosine_decay_restarts(.1, gs, 3)]
with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
    sess.run(tf.global_variables_initializer())
    r = np.random.RandomState(2)
    data = [(r.randn(4, 3, 2), r.rand(4, 2)) for _ in range(4)]
    for epoch in range(3):
        sess.run(zero_ops)
        for xb, yb in data[:2]:
            sess.run(accum_ops, {X: xb, Y: yb})
        sess.run(step_op)
        for xb, yb in data[2:]:
            sess.run(apply_all, {X: xb, Y: yb})
        print(epoch, sess.run(gs), " ".join("%.5f" % v for v in sess.run(schedules)), "%.5f" % sess.run(loss, {X: data[0][0], Y: data[0][1]}))
    print(" ".join("%.5f" % np.abs(a).sum() for a in sess.run(accum)))
    b1, b2 = [v for v in tf.global_variables() if "power" in v.name]
    print(b1.name, b2.name, "%.5f %.5f" % tuple(sess.run([b1, b2])))
