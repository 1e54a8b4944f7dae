"""Truncated back-propagation: a state saver for the static drivers; a placeholder for the states of all layers, unpacked."""
import numpy as np
import tensorflow as tf

B, T, D, H, L, C = 3, 5, 2, 4, 3, 2
series = (np.arange(60 * B).reshape(B, 60) * 7 // 3 % 5 > 2).astype(np.int32)


class StateSaver(object):
    """Holds each state in a variable of its own, as queues of sequences did."""
    def __init__(self, sizes, batch):
        self.vars = {name: tf.get_variable("saved_" + name, [batch, n], initializer=tf.zeros_initializer(), trainable=False, use_resource=True)
                     for name, n in sorted(sizes.items())}
        self.saves = []

    def state(self, name):
        print("state", name)
        return self.vars[name].read_value()

    def save_state(self, name, value):
        print("save", name, value.shape)
        with tf.control_dependencies([value]):
            op = tf.assign(self.vars[name], value).op
        self.saves.append(op)
        return op


init = tf.random_normal_initializer(stddev=.3, seed=31)
x_in = tf.placeholder(tf.float32, [B, T, D], name="x")
y_in = tf.placeholder(tf.int32, [B, T], name="y")
y_series = tf.unstack(y_in, axis=1)
inputs_series = tf.unstack(x_in, num=T, axis=1)

with tf.variable_scope("saved", initializer=init):
    saver = StateSaver({"l0_c": H, "l0_h": H, "l1": H}, B)
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(H), tf.nn.rnn_cell.GRUCell(H)])
    outs, last = tf.nn.static_state_saving_rnn(cell, inputs_series, saver, (("l0_c", "l0_h"), "l1"), sequence_length=[T, T, 3])
    W = tf.get_variable("W", [H, C])
    logits = [tf.matmul(o, W) for o in outs]
    loss_a = tf.reduce_mean(tf.stack([tf.nn.sparse_softmax_cross_entropy_with_logits(logits=l, labels=y) for l, y in zip(logits, y_series)]))

init_state = tf.placeholder(tf.float32, [L, 2, B, H], name="init_state")
state_per_layer_list = tf.unstack(init_state, axis=0)
rnn_tuple_state = tuple([tf.nn.rnn_cell.LSTMStateTuple(state_per_layer_list[idx][0], state_per_layer_list[idx][1]) for idx in range(L)])
with tf.variable_scope("fed", initializer=init):
    stacked = []
    for _ in range(L):
        one = tf.nn.rnn_cell.LSTMCell(H, state_is_tuple=True)
        stacked.append(tf.nn.rnn_cell.DropoutWrapper(one, output_keep_prob=1.0))
    states_series, current_state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(stacked, state_is_tuple=True), x_in, initial_state=rnn_tuple_state)
    states_series = tf.reshape(states_series, [-1, H])
    W2 = tf.Variable(np.linspace(-1, 1, H * C).reshape(H, C), dtype=tf.float32)
    b2 = tf.Variable(np.zeros((1, C)), dtype=tf.float32)
    logits = tf.matmul(states_series, W2) + b2
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=tf.reshape(y_in, [-1]))
    loss_b = tf.reduce_mean(losses)
    predictions = tf.unstack(tf.reshape(tf.nn.softmax(logits), [-1, T, C]), axis=1)
with tf.variable_scope("joined", initializer=init):
    # the old way: one array of all the layers' states, side by side
    flat = tf.placeholder_with_default(tf.zeros([B, 2 * H * 2]), [B, 2 * H * 2])
    old = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(H, state_is_tuple=False) for _ in range(2)], state_is_tuple=False)
    o, flat_next = tf.nn.static_rnn(old, inputs_series, initial_state=flat)
    loss_c = tf.reduce_mean(tf.square(tf.concat(o, 1) - .5))

tvars = tf.trainable_variables()
grads = tf.gradients(loss_a + loss_b + loss_c, tvars)
clipped, norm = tf.clip_by_global_norm(grads, .4)
with tf.control_dependencies(saver.saves):
    train_step = tf.train.AdagradOptimizer(0.3).apply_gradients(zip(clipped, tvars))
for v in tf.global_variables()[:-len(tvars)]:
    print(v.name, v.shape)

x_all = np.stack([series, np.roll(series, 1, 1)], -1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    _state, _flat = np.zeros((L, 2, B, H)), np.zeros((B, 4 * H))
    for batch_idx in range(11):
        s = slice(batch_idx * T, (batch_idx + 1) * T)
        feed = {x_in: x_all[:, s], y_in: series[:, s.start + 1:s.stop + 1], init_state: _state, flat: _flat}
        a, b, c, n, _, _state, _flat, _p = sess.run([loss_a, loss_b, loss_c, norm, train_step, current_state, flat_next, predictions], feed_dict=feed)
        print("Step %d %.5f %.5f %.5f norm %.5f" % (batch_idx, a, b, c, n))
    print(len(_p), _p[0].shape, np.array(_state).shape, _flat.shape)
    print(" ".join("%.5f" % np.abs(sess.run(v)).sum() for _, v in sorted(saver.vars.items())))
    print("%.5f %.5f" % (np.array(_state).sum(), _flat.sum()))
