"""Bidirectional fused LSTMs with TimeReversedFusedRNN, block cells, an adaptor, as fast taggers had; masks of dropout with seeds."""
import functools
import numpy as np
import tensorflow as tf
from tensorflow.contrib.rnn.python.ops import fused_rnn_cell, gru_ops, lstm_ops

T, B, D, H, K = 6, 3, 4, 5, 3
params = {"dim": D, "lstm_size": H, "dropout": 0.25}


def model_fn(x, nwords, tags, training):
    dropout = functools.partial(tf.layers.dropout, rate=params["dropout"], training=training, seed=19)
    t = tf.transpose(x, perm=[1, 0, 2])
    lstm_cell_fw = tf.contrib.rnn.LSTMBlockFusedCell(params["lstm_size"])
    lstm_cell_bw = tf.contrib.rnn.LSTMBlockFusedCell(params["lstm_size"], use_peephole=True, cell_clip=1.5, name="backward")
    lstm_cell_bw = tf.contrib.rnn.TimeReversedFusedRNN(lstm_cell_bw)
    output_fw, (c_fw, h_fw) = lstm_cell_fw(dropout(t), dtype=tf.float32, sequence_length=nwords)
    output_bw, (c_bw, h_bw) = lstm_cell_bw(t, dtype=tf.float32, sequence_length=nwords)
    output = tf.concat([output_fw, output_bw], axis=-1)
    adaptor = fused_rnn_cell.FusedRNNCellAdaptor(gru_ops.GRUBlockCellV2(4), use_dynamic_rnn=True)
    static = fused_rnn_cell.FusedRNNCellAdaptor(lstm_ops.LSTMBlockCell(3, use_peephole=True, forget_bias=0.), use_dynamic_rnn=False)
    with tf.variable_scope("second"):
        output, end = adaptor(output, sequence_length=nwords, dtype=tf.float32)
    with tf.variable_scope("third"):
        output, (c, h) = tf.contrib.rnn.TimeReversedFusedRNN(static)(output, sequence_length=nwords, dtype=tf.float32)
    output = tf.stack(output) if isinstance(output, list) else output
    logits = tf.layers.dense(tf.transpose(output, perm=[1, 0, 2]), K, name="logits")
    crf_params = tf.get_variable("crf", [K, K], dtype=tf.float32)
    pred, _ = tf.contrib.crf.crf_decode(logits, crf_params, nwords)
    ll, _ = tf.contrib.crf.crf_log_likelihood(logits, tags, nwords, crf_params)
    return tf.reduce_mean(-ll), pred, [c_fw, h_fw, c_bw, h_bw, end, c, h]


x = tf.placeholder(tf.float32, [None, T, D])
nwords = tf.placeholder(tf.int32, [None])
tags = tf.placeholder(tf.int32, [None, T])
training = tf.placeholder_with_default(False, [])
with tf.variable_scope("m", initializer=tf.random_normal_initializer(stddev=.4, seed=3), regularizer=tf.contrib.layers.l2_regularizer(1e-3)):
    x_ = tf.identity(x)
    x_.set_shape([B, T, D])
    loss, pred, states = model_fn(x_, nwords, tags, training)
penalty = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
print(len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)), [s.shape for s in states])
correct = tf.reduce_sum(tf.cast(tf.equal(pred, tags), tf.float32) * tf.sequence_mask(nwords, T, tf.float32)) / tf.cast(tf.reduce_sum(nwords), tf.float32)
global_step = tf.train.get_or_create_global_step()
train_op = tf.train.AdamOptimizer(.03).minimize(loss + penalty, global_step=global_step)
ema = tf.train.ExponentialMovingAverage(.8)
with tf.control_dependencies([train_op]):
    train_op = ema.apply(tf.trainable_variables())
for v in tf.trainable_variables():
    print(v.name, v.shape)
rs = np.random.RandomState(9)
feed = {x: rs.randn(B, T, D), nwords: [6, 2, 4], tags: rs.randint(0, K, (B, T))}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(10):
        l, p, a = sess.run([loss, penalty, correct], feed)
        sess.run(train_op, feed)
        print("%d loss %.5f penalty %.5f accuracy %.3f" % (i, l, p, a))
    print(" ".join("%.5f" % s.sum() for s in sess.run(states, feed)))
    print(sess.run(pred, feed).tolist())
    v = tf.trainable_variables()[0]
    print("%.5f %.5f" % tuple(sess.run([tf.reduce_sum(tf.abs(ema.average(v))), tf.reduce_sum(tf.abs(v))])))
    feed[training] = True
    print("with dropout %.5f" % sess.run(loss, feed), sess.run(global_step))
