"""Outputs of speech and tagging models: a CRF on an LSTM, CTC on another, with sparse labels and their decoders."""
import numpy as np
import tensorflow as tf

rs = np.random.RandomState(21)
B, T, D, H, K = 3, 8, 4, 5, 4
x = tf.placeholder(tf.float32, [None, None, D])
lens = tf.placeholder(tf.int32, [None])
tags = tf.placeholder(tf.int32, [None, None])
sparse = tf.sparse_placeholder(tf.int32, name="targets")


def waves(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(np.cos(.7 * np.arange(np.prod(shape))).reshape(shape) * .4, dtype)


with tf.variable_scope("tagger", initializer=waves):
    out, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(H), x, lens, dtype=tf.float32)
    scores = tf.layers.dense(out, K)
    ll, transitions = tf.contrib.crf.crf_log_likelihood(scores, tags, lens)
    crf_loss = tf.reduce_mean(-ll)
    crf_train = tf.train.GradientDescentOptimizer(.3).minimize(crf_loss)
    viterbi, best = tf.contrib.crf.crf_decode(scores, transitions, lens)
with tf.variable_scope("speech", initializer=waves):
    xt = tf.transpose(x, [1, 0, 2])
    out, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(H), xt, lens, dtype=tf.float32, time_major=True)
    logits = tf.reshape(tf.layers.dense(tf.reshape(out, [-1, H]), K), [tf.shape(xt)[0], -1, K])
    ctc = tf.nn.ctc_loss(labels=sparse, inputs=logits, sequence_length=lens)
    cost = tf.reduce_mean(ctc)
    ctc_train = tf.train.MomentumOptimizer(.05, .9).minimize(cost)
    decoded, neg = tf.nn.ctc_greedy_decoder(logits, lens)
    beams, logp = tf.nn.ctc_beam_search_decoder(logits, lens, beam_width=5, merge_repeated=False)
    ler = tf.reduce_mean(tf.edit_distance(tf.cast(decoded[0], tf.int32), sparse))
for v in tf.trainable_variables():
    print(v.name, v.shape)


def sparse_tuple_from(sequences, dtype=np.int32):
    indices, values = [], []
    for n, seq in enumerate(sequences):
        indices.extend(zip([n] * len(seq), range(len(seq))))
        values.extend(seq)
    return (np.asarray(indices, np.int64), np.asarray(values, dtype), np.asarray([len(sequences), np.asarray(indices).max(0)[1] + 1], np.int64))


X = rs.randn(B, T, D)
L = [8, 6, 7]
Y = rs.randint(0, K, (B, T))
targets = [[0, 1, 2], [2, 2], [1, 0, 1]]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(20):
        fd = {x: X, lens: L, tags: Y, sparse: sparse_tuple_from(targets)}
        a, b, each, e = sess.run([crf_loss, cost, ctc, ler], fd)
        sess.run([crf_train, ctc_train], fd)
        if i % 2 == 0:
            print("%d crf %.5f ctc %.5f (%s) ler %.5f" % (i, a, b, " ".join("%.4f" % q for q in each), e))
    p, s, m = sess.run([viterbi, best, transitions], fd)
    print([row[:n].tolist() for row, n in zip(p, L)], " ".join("%.4f" % q for q in s))
    sc = sess.run(scores, fd)
    path, score = tf.contrib.crf.viterbi_decode(sc[0][:L[0]], m)
    print(path, "%.5f" % score)
    d, nl, bm, lp = sess.run([decoded[0], neg, beams[0], logp], fd)
    print(type(d).__name__, d.values.tolist(), d.dense_shape.tolist(), "%.4f" % nl.sum())
    print(bm.values.tolist(), " ".join("%.4f" % q for q in lp.ravel()))
