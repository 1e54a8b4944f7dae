"""variable_scope: reuse in every style, names of scopes entered again, custom getters, regularizers, default names."""
import numpy as np
import tensorflow as tf

ci = tf.constant_initializer(.2)


def tower(x, reuse=None):
    with tf.variable_scope("tower", reuse=reuse, initializer=ci):
        cell = tf.nn.rnn_cell.BasicLSTMCell(3)
        out, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope="enc")
        return tf.layers.dense(out[:, -1], 2, name="fc", reuse=reuse)


x1 = tf.placeholder(tf.float32, [None, 4, 2], name="left")
x2 = tf.placeholder(tf.float32, [None, 4, 2], name="right")
a = tower(x1)
b = tower(x2, reuse=True)
print(a.name, b.name)
dist = tf.sqrt(tf.reduce_sum(tf.square(a - b), 1) + 1e-6)
y = tf.placeholder(tf.float32, [None])
loss = tf.reduce_mean(y * tf.square(dist) + (1 - y) * tf.square(tf.maximum(1 - dist, 0)))

with tf.variable_scope("s") as scope:
    v = tf.get_variable("v", [2], initializer=ci)
    c = tf.Variable(1.0, name="c")
with tf.variable_scope(scope, reuse=True):
    print(tf.get_variable("v") is v, tf.get_variable_scope().name, tf.get_variable_scope().reuse)
    c2 = tf.Variable(1.0, name="c")
    print((c2 + 1).name, c2.name)
with tf.variable_scope("s"):
    scope2 = tf.get_variable_scope()
    print(tf.add(1, 2).name, scope2.original_name_scope)
with tf.variable_scope(None, default_name="layer"):
    print(tf.get_variable("w", [1]).name)
with tf.variable_scope(None, default_name="layer"):
    print(tf.get_variable("w", [1]).name)
with tf.variable_scope("outer", regularizer=tf.contrib.layers.l2_regularizer(.1), initializer=tf.ones_initializer()):
    with tf.variable_scope("inner", initializer=ci):
        w = tf.get_variable("w", [3, 2])
    with tf.variable_scope("inner", reuse=tf.AUTO_REUSE):
        print(tf.get_variable("w", [3, 2]) is w, tf.get_variable("z", [1]).name)
    try:
        with tf.variable_scope("inner"):
            tf.get_variable("w", [3, 2])
    except ValueError as e:
        print("ValueError", str(e)[:40])
    try:
        with tf.variable_scope("inner", reuse=True):
            tf.get_variable("nope", [3, 2])
    except ValueError as e:
        print("ValueError", str(e)[:60])
    try:
        with tf.variable_scope("inner", reuse=True):
            tf.get_variable("w", [3, 3])
    except ValueError as e:
        print("ValueError", str(e)[:70])


def getter(getter, name, *args, **kwargs):
    kwargs["trainable"] = False
    return getter(name + "_frozen", *args, **kwargs)


with tf.variable_scope("g", custom_getter=getter):
    frozen = tf.get_variable("f", [2], initializer=ci)
shared = tf.make_template("shared", lambda t: t * tf.get_variable("k", [], initializer=ci))
t1, t2 = shared(1.0), shared(2.0)
print(t1.name, t2.name)
with tf.name_scope("ns"):
    with tf.variable_scope("vs"):
        q = tf.get_variable("q", [1], initializer=ci)
        print(q.name, (q * 2).name)
    with tf.name_scope("ns") as n:
        print(n, tf.no_op(name="op").name)
cell = tf.contrib.rnn.GRUCell(2)
with tf.variable_scope("twice") as sc:
    o1, s1 = cell(tf.ones([1, 2]), cell.zero_state(1, tf.float32))
    o2, s2 = cell(tf.ones([1, 2]), s1)
    print(o1.name.rsplit("/", 1)[0], o2.shape)
other = tf.contrib.rnn.GRUCell(2)
try:
    with tf.variable_scope("twice"):
        other(tf.ones([1, 2]), s2)
except ValueError as e:
    print("ValueError", str(e)[:60])
other = tf.contrib.rnn.GRUCell(2)
with tf.variable_scope("twice", reuse=True):
    print(other(tf.ones([1, 2]), s2)[0].shape)

for v in tf.global_variables():
    print(v.name, v.shape, v.trainable)
print([r.name for r in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)])
print([v.name for v in tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="outer")])
train = tf.train.AdamOptimizer(.05).minimize(loss, var_list=tf.trainable_variables("tower"))
print([v.name for v in tf.global_variables()][-6:])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    r = np.random.RandomState(1)
    fd = {x1: r.randn(5, 4, 2), x2: r.randn(5, 4, 2), y: [0, 1, 0, 1, 1]}
    for i in range(12):
        l, _ = sess.run([loss, train], fd)
        print("%.5f" % l)
    print("%.5f %.5f" % (sess.run(t2), tf.losses.get_regularization_loss().eval()))
