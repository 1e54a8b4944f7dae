"""Acoustic models over frequency: TimeFreqLSTMCell, GridLSTMCell and its bidirectional one, Grid2LSTMCell, ConvLSTM in 1-D."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib import grid_rnn, rnn

B, T, F, K = 2, 4, 6, 3
x = tf.placeholder(tf.float32, [B, T, F])
y = tf.placeholder(tf.int32, [B])
lens = tf.placeholder(tf.int32, [B])


def networks():
    yield "timefreq", rnn.TimeFreqLSTMCell(3, use_peepholes=True, feature_size=2, frequency_skip=2, forget_bias=.5)
    yield "grid", rnn.GridLSTMCell(3, use_peepholes=True, share_time_frequency_weights=True, cell_clip=2., feature_size=2, frequency_skip=2,
                                   num_frequency_blocks=[3], couple_input_forget_gates=False)
    yield "blocks", rnn.GridLSTMCell(2, feature_size=2, frequency_skip=1, num_frequency_blocks=[2, 2], start_freqindex_list=[0, 3],
                                     end_freqindex_list=[3, 6], couple_input_forget_gates=True)
    yield "bigrid", rnn.BidirectionalGridLSTMCell(2, use_peepholes=True, share_time_frequency_weights=False, feature_size=2, frequency_skip=2,
                                                  num_frequency_blocks=[3])
    yield "grid2", grid_rnn.Grid2LSTMCell(3, use_peepholes=True, forget_bias=.4)
    yield "grid2gru", grid_rnn.Grid2GRUCell(3, non_recurrent_fn=tf.nn.tanh)
    yield "conv1d", rnn.Conv1DLSTMCell(input_shape=[F, 1], output_channels=2, kernel_shape=[3])


losses, finals = [], []
for name, cell in networks():
    with tf.variable_scope(name, initializer=tf.random_uniform_initializer(-.6, .6, seed=12)):
        inputs = tf.expand_dims(x, -1) if name == "conv1d" else x
        if name == "conv1d":
            out, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=lens, dtype=tf.float32)
            last = tf.reshape(out[:, -1], [B, -1])
        else:
            # TimeFreqLSTMCell's own zeros are those of a single block of frequencies.
            start = tf.zeros([B, 3 * 2 * 3]) if name == "timefreq" else None
            out, state = tf.nn.static_rnn(cell, tf.unstack(inputs, axis=1), start, dtype=tf.float32,
                                          sequence_length=None if name in ("bigrid", "timefreq") else lens)
            last = out[-1]
            if isinstance(last, (tuple, list)):
                last = tf.concat([tf.convert_to_tensor(p) for p in last], 1)
        logits = tf.layers.dense(last, K, name="out")
    print(name, last.shape, type(cell.state_size).__name__, len(tf.contrib.framework.nest.flatten(state)))
    losses.append(tf.losses.sparse_softmax_cross_entropy(y, logits))
    finals.append(state)
opt = tf.train.MomentumOptimizer(.1, .9, use_nesterov=True)
train = opt.minimize(tf.losses.get_total_loss())
for v in tf.trainable_variables():
    print(v.name, v.shape)
rs = np.random.RandomState(5)
feed = {x: rs.randn(B, T, F), y: [0, 2], lens: [4, 2]}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(6):
        values = sess.run(losses, feed)
        sess.run(train, feed)
        print(i, " ".join("%.5f" % v for v in values))
    for s in sess.run(finals, feed):
        print(" ".join("%.4f" % np.sum(leaf) for leaf in tf.contrib.framework.nest.flatten(s)))
