"""A hierarchical network: words into sentences into a document, lengths nested; weight tying; zoneout and layer norm written by hand."""
import numpy as np
import tensorflow as tf

V, E, H = 13, 6, 5


def some(shape, dtype=tf.float32, partition_info=None):
    n = int(np.prod(shape))
    return tf.constant(np.cos(np.arange(n) ** 1.1).reshape(shape) * .35, dtype)


class LNGRU(tf.contrib.rnn.RNNCell):
    """A GRU normalised by layer, with zoneout of a fixed mask."""
    def __init__(self, n, zoneout=0.0, training=True, reuse=None):
        super(LNGRU, self).__init__(_reuse=reuse)
        self._n, self._z, self._training = n, zoneout, training

    @property
    def state_size(self):
        return self._n

    @property
    def output_size(self):
        return self._n

    def ln(self, x, scope):
        with tf.variable_scope(scope):
            m, v = tf.nn.moments(x, [1], keep_dims=True)
            g = tf.get_variable("gain", [x.get_shape()[-1]], initializer=tf.ones_initializer())
            s = tf.get_variable("shift", [x.get_shape()[-1]], initializer=tf.zeros_initializer())
            return (x - m) / tf.sqrt(v + 1e-3) * g + s

    def call(self, inputs, h):
        with tf.variable_scope("gates"):
            z = tf.layers.dense(tf.concat([inputs, h], 1), 2 * self._n, use_bias=False, kernel_initializer=some, name="zr")
            r, u = tf.split(tf.sigmoid(self.ln(z, "ln")), 2, axis=1)
        with tf.variable_scope("candidate"):
            c = tf.tanh(self.ln(tf.layers.dense(tf.concat([inputs, r * h], 1), self._n, kernel_initializer=some, name="c"), "ln"))
        new = u * h + (1 - u) * c
        mask = tf.constant(([1., 0.] * self._n)[:self._n])
        keep = self._z if self._training else 0.
        new = new + keep * mask * (h - new)
        return new, new


docs = tf.placeholder(tf.int32, [None, None, None], name="docs")
words = tf.placeholder(tf.int32, [None, None], name="words_in")
y = tf.placeholder(tf.float32, [None])
emb = tf.get_variable("emb", [V, E], initializer=some)
b, s, w = tf.unstack(tf.shape(docs))
flat = tf.reshape(docs, [b * s, w])
e = tf.nn.embedding_lookup(emb, flat)
e.set_shape([None, None, E])
with tf.variable_scope("words"):
    _, sent = tf.nn.dynamic_rnn(LNGRU(H, .1), e, sequence_length=tf.reshape(words, [-1]), dtype=tf.float32)
sent = tf.reshape(sent, [b, s, H])
with tf.variable_scope("sentences"):
    (o, o2), _ = tf.nn.bidirectional_dynamic_rnn(LNGRU(H), LNGRU(H), sent, sequence_length=tf.count_nonzero(words, 1, dtype=tf.int32), dtype=tf.float32)
    both = tf.concat((o, o2), 2)
    u = tf.get_variable("context", [4], initializer=some)
    a = tf.nn.softmax(tf.reduce_sum(tf.layers.dense(both, 4, tf.tanh, kernel_initializer=some) * u, 2, keepdims=True), 1)
    doc = tf.reduce_sum(both * a, 1)
tied = tf.matmul(tf.layers.dense(doc, E, kernel_initializer=some, name="back"), emb, transpose_b=True)
score = tf.squeeze(tf.layers.dense(doc, 1, kernel_initializer=some), 1)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=score)) + .1 * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.one_hot(docs[:, 0, 0], V), logits=tied))
opt = tf.train.AdagradOptimizer(.1)
gv = opt.compute_gradients(loss)
print([type(g).__name__ for g, v in gv][:1], [v.name for g, v in gv])
train = opt.apply_gradients(gv)
D = np.zeros((3, 4, 5), int)
W = np.array([[5, 3, 0, 0], [2, 4, 1, 3], [1, 0, 0, 0]])
r = np.random.RandomState(1)
for i in range(3):
    for j in range(4):
        D[i, j, :W[i, j]] = r.randint(1, V, W[i, j])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(14):
        l, _ = sess.run([loss, train], {docs: D, words: W, y: [1, 0, 1]})
        print("%d %.5f" % (i, l))
    at = sess.run(a, {docs: D, words: W})
    print(at.shape, " ".join("%.5f" % v for v in at.ravel()))
    print("%.5f" % sess.run(emb).sum())
