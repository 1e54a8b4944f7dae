"""Bidirectional tagger: embeddings, masked loss, accuracy by mask, Adam with clipped gradients."""
import numpy as np
import tensorflow as tf


class Config(object):
    vocab = 20
    tags = 5
    emb = 6
    hidden = 7
    lr = 0.05
    clip = 1.0


class Tagger(object):
    def __init__(self, config):
        self.config = config

    def inputs(self):
        self.word_ids = tf.placeholder(tf.int32, shape=[None, None], name="word_ids")
        self.sequence_lengths = tf.placeholder(tf.int32, shape=[None], name="sequence_lengths")
        self.labels = tf.placeholder(tf.int32, shape=[None, None], name="labels")
        self.dropout = tf.placeholder(dtype=tf.float32, shape=[], name="dropout")
        self.lr = tf.placeholder(dtype=tf.float32, shape=[], name="lr")

    def scores(self):
        c = self.config
        rs = np.random.RandomState(0)
        with tf.variable_scope("words"):
            emb = tf.Variable(rs.normal(size=(c.vocab, c.emb)), name="table", dtype=tf.float32, trainable=True)
            self.vectors = tf.nn.embedding_lookup(emb, self.word_ids, name="vectors")
        vectors = tf.nn.dropout(self.vectors, self.dropout)
        with tf.variable_scope("bi-lstm"):
            kw = dict(state_is_tuple=True, initializer=tf.constant_initializer(rs.uniform(-.5, .5, (c.emb + c.hidden) * 4 * c.hidden)))
            cell_fw = tf.contrib.rnn.LSTMCell(c.hidden, **kw)
            cell_bw = tf.contrib.rnn.LSTMCell(c.hidden, **kw)
            (out_fw, out_bw), states = tf.nn.bidirectional_dynamic_rnn(
                cell_fw, cell_bw, vectors, sequence_length=self.sequence_lengths, dtype=tf.float32)
            output = tf.concat([out_fw, out_bw], axis=-1)
            self.states = states
        with tf.variable_scope("proj"):
            W = tf.get_variable("W", dtype=tf.float32, initializer=rs.normal(size=[2 * c.hidden, c.tags]).astype(np.float32) * .3)
            b = tf.get_variable("b", shape=[c.tags], dtype=tf.float32, initializer=tf.zeros_initializer())
            steps = tf.shape(output)[1]
            output = tf.reshape(output, [-1, 2 * c.hidden])
            pred = tf.matmul(output, W) + b
            self.logits = tf.reshape(pred, [-1, steps, c.tags])

    def losses(self):
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=self.logits, labels=self.labels)
        self.mask = tf.sequence_mask(self.sequence_lengths)
        self.loss = tf.reduce_mean(tf.boolean_mask(each, self.mask))
        self.best = tf.cast(tf.argmax(self.logits, axis=-1), tf.int32)
        right = tf.boolean_mask(tf.equal(self.best, self.labels), self.mask)
        self.acc = tf.reduce_mean(tf.to_float(right))

    def training(self):
        optimizer = tf.train.AdamOptimizer(self.lr)
        grads, vs = zip(*optimizer.compute_gradients(self.loss))
        print([type(g).__name__ for g in grads])
        grads, self.gnorm = tf.clip_by_global_norm(grads, self.config.clip)
        self.train_op = optimizer.apply_gradients(zip(grads, vs))

    def build(self):
        self.inputs()
        self.scores()
        self.losses()
        self.training()
        return self


def pad(seqs, value=0):
    m = max(map(len, seqs))
    return [list(s) + [value] * (m - len(s)) for s in seqs], [len(s) for s in seqs]


m = Tagger(Config()).build()
for v in tf.global_variables():
    print(v.name, v.shape)
rs = np.random.RandomState(3)
sents = [rs.randint(0, 20, rs.randint(2, 9)) for _ in range(12)]
tags = [(s * 7 + 3) % 5 for s in sents]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(6):
        for b in range(0, 12, 4):
            ids, lens = pad(sents[b:b + 4])
            lab, _ = pad(tags[b:b + 4])
            fd = {m.word_ids: ids, m.sequence_lengths: lens, m.labels: lab, m.dropout: 1.0, m.lr: 0.05}
            _, l, a, g = sess.run([m.train_op, m.loss, m.acc, m.gnorm], feed_dict=fd)
            print("epoch %d loss %.5f acc %.5f norm %.5f" % (epoch, l, a, g))
    ids, lens = pad(sents)
    fd = {m.word_ids: ids, m.sequence_lengths: lens, m.dropout: 1.0}
    lp, st = sess.run([m.best, m.states], fd)
    for p, n in zip(lp, lens):
        print(p[:n])
    fw, bw = st
    print("%.5f %.5f %.5f %.5f" % (fw.c.sum(), fw.h.sum(), bw.c.sum(), bw.h.sum()))
