"""Recurrent nets by tf.scan, foldl and map_fn, with gradients through them."""
import numpy as np
import tensorflow as tf

B, T, D, H = 3, 6, 2, 4
r = np.random.RandomState(11)
Wx = tf.get_variable("Wx", initializer=tf.constant(r.randn(D, H) * .3, tf.float32))
Wh = tf.get_variable("Wh", initializer=tf.constant(r.randn(H, H) * .3, tf.float32))
b = tf.get_variable("b", shape=[H], initializer=tf.constant_initializer(0.05))
x = tf.placeholder(tf.float32, [B, T, D], "x")


def step(hprev, xt):
    return tf.tanh(tf.matmul(hprev, Wh) + tf.matmul(xt, Wx) + b)


h0 = tf.zeros([B, H])
states = tf.scan(step, tf.transpose(x, [1, 0, 2]), initializer=h0, name="states")
print(states.shape)
last = tf.foldl(step, tf.transpose(x, [1, 0, 2]), initializer=h0)
backwards = tf.foldr(lambda a, e: a * 0.5 + e, tf.transpose(x, [1, 0, 2]))


def lstm_step(prev, xt):
    c, h = tf.unstack(prev)
    z = tf.matmul(h, Wh) + tf.matmul(xt, Wx)
    g = tf.sigmoid(z)
    c = g * c + (1 - g) * tf.tanh(z)
    return tf.stack([c, tf.nn.relu(c) + 0.1 * h])


packed = tf.scan(lstm_step, tf.transpose(x, [1, 0, 2]), initializer=tf.zeros([2, B, H]), infer_shape=False)
sums = tf.scan(lambda a, e: (a[0] + e[0], tf.maximum(a[1], e[1])), (tf.range(5), tf.constant([1., 5., 2., 7., 3.])))
rev = tf.scan(lambda a, e: a + e, np.arange(1, 6), reverse=True)
mapped = tf.map_fn(lambda s: tf.reduce_sum(tf.matmul(s, tf.ones([H, 1]))) ** 2, states)
two = tf.map_fn(lambda ab: (ab[0] * ab[1], ab[0] + 1), (tf.range(4), tf.range(4)), dtype=(tf.int32, tf.int32))
loss = tf.reduce_mean(mapped) + tf.reduce_mean(tf.square(packed[-1])) + tf.reduce_mean(tf.square(backwards * last[:, :D]))
grads = tf.gradients(loss, [Wx, Wh, b, x])
train = tf.train.AdamOptimizer(0.05).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    xv = r.randn(B, T, D)
    for i in range(12):
        l, g = sess.run([loss, grads], {x: xv})
        sess.run(train, {x: xv})
        print("%.5f" % l, " ".join("%.5f" % np.abs(q).sum() for q in g))
    s, la = sess.run([states, last], {x: xv})
    print(np.allclose(s[-1], la))
    print(sess.run(sums), sess.run(rev), sess.run(two))
