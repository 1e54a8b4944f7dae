"""The copy task with a Neural Turing Machine: a controller, heads, sequences of several lengths, accuracy in bits."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib.rnn.python.ops import rnn_cell as contrib_rnn_cell

bits, max_len, batch = 3, 4, 2
rs = np.random.RandomState(6)


def batch_of(length):
    """Inputs with a start and an end marker, and the targets behind them."""
    seq = rs.randint(0, 2, (batch, length, bits)).astype(np.float32)
    x = np.zeros((batch, 2 * length + 2, bits + 2), np.float32)
    x[:, 0, bits] = 1
    x[:, 1:length + 1, :bits] = seq
    x[:, length + 1, bits + 1] = 1
    y = np.zeros((batch, 2 * length + 2, bits), np.float32)
    y[:, length + 2:] = seq
    return x, y


def clip_controller(num_units):
    cells = [tf.contrib.rnn.LSTMCell(num_units, forget_bias=1.0, activation=tf.tanh) for _ in range(1)]
    return tf.contrib.rnn.MultiRNNCell(cells)


class Model(object):
    def __init__(self, kind):
        self.inputs = tf.placeholder(tf.float32, [batch, None, bits + 2])
        self.outputs = tf.placeholder(tf.float32, [None, None, bits])
        self.max_seq_len = tf.placeholder(tf.int32)
        with tf.variable_scope(kind, initializer=tf.random_uniform_initializer(-.5, .5, seed=9)):
            if kind == "ntm":
                cell = contrib_rnn_cell.NTMCell(clip_controller(6), memory_size=5, memory_vector_dim=4, read_head_num=1,
                                                write_head_num=1, shift_range=1, output_dim=bits, clip_value=20)
            elif kind == "ntm2":
                cell = contrib_rnn_cell.NTMCell(tf.contrib.rnn.GRUCell(5), memory_size=6, memory_vector_dim=3, read_head_num=2,
                                                write_head_num=1, shift_range=2, output_dim=4, clip_value=5)
            elif kind == "minimal":
                cell = contrib_rnn_cell.MinimalRNNCell(6)
            else:
                cell = contrib_rnn_cell.CFNCell(6)
            output, self.state = tf.nn.dynamic_rnn(cell, self.inputs, time_major=False, dtype=tf.float32)
            print(kind, output.shape)
            if output.shape[-1].value != bits:
                output = tf.layers.dense(output, bits, name="bits")
        length = self.max_seq_len
        self.logits = output[:, length + 2:, :]
        targets = self.outputs[:, length + 2:, :]
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=self.logits)
        self.loss = tf.reduce_sum(ce) / batch
        self.wrong = tf.reduce_sum(tf.abs(tf.round(tf.sigmoid(self.logits)) - targets)) / batch
        variables = tf.trainable_variables(kind)
        grads, self.norm = tf.clip_by_global_norm(tf.gradients(self.loss, variables), 5.)
        self.train_op = tf.train.RMSPropOptimizer(.005, momentum=0.9, decay=.9).apply_gradients(zip(grads, variables))


models = [Model(kind) for kind in ["ntm", "ntm2", "minimal", "cfn"]]
for v in tf.trainable_variables():
    print(v.name, v.shape)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # These cells start from initializers of their own, without a seed: restored weights instead.
    for k, v in enumerate(tf.trainable_variables()):
        v.load(np.sin(np.arange(np.prod(v.shape.as_list())) * 1.3 + k).reshape(v.shape.as_list()) * .4, sess)
    for i in range(6):
        length = 2 + i % (max_len - 1)
        x, y = batch_of(length)
        feed = {}
        for m in models:
            feed.update({m.inputs: x, m.outputs: y, m.max_seq_len: length})
        losses, norms = sess.run([[m.loss for m in models], [m.norm for m in models]], feed)
        sess.run([m.train_op for m in models], feed)
        print("%d length %d loss %s norm %s" % (i, length, " ".join("%.4f" % l for l in losses), " ".join("%.3f" % n for n in norms)))
    state = sess.run(models[0].state, feed)
    print(type(state).__name__, [np.shape(leaf) for leaf in tf.contrib.framework.nest.flatten(state)])
    print("%.4f" % np.sum(state.M), " ".join("%.4f" % w.max() for w in state.w_list))
