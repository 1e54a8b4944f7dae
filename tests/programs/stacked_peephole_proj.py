"""MultiRNNCell by list comprehension, DropoutWrapper at 1.0, peepholes, projection, cell_clip; nested feeds of state."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

tf.reset_default_graph()
layers, units, proj, T, B, D = 3, 5, 4, 6, 2, 3
keep_prob = tf.placeholder_with_default(1.0, shape=(), name="keep_prob")
x = tf.placeholder(tf.float32, [T, B, D])


def ramp(shape, dtype=None, partition_info=None):
    n = int(np.prod(shape))
    return tf.constant(np.sin(np.arange(n)).reshape(shape) * 0.4, dtype=dtype)


def make():
    cell = rnn.LSTMCell(units, use_peepholes=True, num_proj=proj, cell_clip=0.8, proj_clip=0.6, forget_bias=0.5, initializer=ramp)
    return rnn.DropoutWrapper(cell, input_keep_prob=keep_prob, output_keep_prob=keep_prob)


stacked = rnn.MultiRNNCell([make() for _ in range(layers)])
print(stacked.state_size, stacked.output_size)
zero = stacked.zero_state(B, tf.float32)
with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
    out, final = tf.nn.dynamic_rnn(stacked, x, initial_state=zero, time_major=True)
for v in tf.trainable_variables():
    print(v.name, v.shape.as_list())
loss = tf.reduce_mean(tf.square(out - 0.3)) + tf.add_n([tf.reduce_sum(s.c ** 2) for s in final]) * 0.01
step = tf.train.get_or_create_global_step()
train = tf.train.MomentumOptimizer(0.5, 0.9).minimize(loss, global_step=step)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    r = np.random.RandomState(5)
    state = sess.run(zero)
    print(type(state).__name__, [type(s).__name__ for s in state])
    for i in range(15):
        xb = r.randn(T, B, D)
        l, state, _ = sess.run([loss, final, train], feed_dict={x: xb, zero: state})
        print("%2d %.5f %.5f %.5f" % (i, l, state[0].c.sum(), state[-1].h[0, 0]))
    # one LSTMStateTuple fed at a time, the others as the graph says
    l0 = sess.run(loss, {x: xb})
    l1 = sess.run(loss, {x: xb, zero[1]: rnn.LSTMStateTuple(np.ones((B, units)), np.zeros((B, proj)))})
    l2 = sess.run(loss, {x: xb, zero[2].c: np.full((B, units), -.5), keep_prob: 1.})
    print("%.5f %.5f %.5f" % (l0, l1, l2))
    d = sess.run({"state": final, "out": [out, {"last": out[-1]}], "step": step}, {x: xb})
    print(sorted(d), d["step"], d["out"][0].shape, "%.5f" % d["out"][1]["last"].sum())
    print("%.5f" % sum(s.h.sum() for s in d["state"]))
