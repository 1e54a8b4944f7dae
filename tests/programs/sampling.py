"""A trained char model that samples one character at a time, the state fed back as tuples of numpy arrays."""
import numpy as np
import tensorflow as tf

text = "hello world hello there hello you "
vocab = sorted(set(text))
V, H, B, T = len(vocab), 12, 2, 8
ix = dict(zip(vocab, range(V)))
data = np.array([ix[c] for c in text])


class CharRNN():
    def __init__(self, batch, steps, reuse=False):
        self.x = tf.placeholder(tf.int32, [batch, steps])
        self.y = tf.placeholder(tf.int32, [batch, steps])
        with tf.variable_scope("model", reuse=reuse, initializer=tf.random_uniform_initializer(-.08, .08, seed=12)):
            cells = [tf.contrib.rnn.GRUCell(H) if k else tf.contrib.rnn.BasicLSTMCell(H) for k in range(2)]
            self.cell = tf.contrib.rnn.MultiRNNCell(cells)
            state = []
            for s in self.cell.state_size:
                if isinstance(s, tf.contrib.rnn.LSTMStateTuple):
                    state.append(tf.contrib.rnn.LSTMStateTuple(*[tf.placeholder_with_default(tf.zeros([batch, n]), [batch, n]) for n in s]))
                else:
                    state.append(tf.placeholder_with_default(tf.zeros([batch, s]), [batch, s]))
            self.init_state = tuple(state)
            oh = tf.one_hot(self.x, V)
            out, self.final = tf.nn.dynamic_rnn(self.cell, oh, initial_state=self.init_state)
            self.logits = tf.layers.dense(tf.reshape(out, [-1, H]), V, name="logits")
            self.probs = tf.nn.softmax(self.logits, name="probs")
            self.loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=self.logits, labels=tf.reshape(self.y, [-1])))


train_model = CharRNN(B, T)
sample_model = CharRNN(1, 1, reuse=True)
opt = tf.train.AdamOptimizer(0.03)
gvs = opt.compute_gradients(train_model.loss)
train = opt.apply_gradients([(tf.clip_by_norm(g, 1.0), v) for g, v in gvs if g is not None])
for v in tf.trainable_variables():
    print(v.name, v.shape)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # the same weights whatever the generator of random numbers
    r = np.random.RandomState(4)
    for v in tf.trainable_variables():
        v.load(r.uniform(-.2, .2, v.shape.as_list()), sess)
    for epoch in range(20):
        st = None
        for p in range(0, 16, T):
            fd = {train_model.x: [data[p:p + T], data[16 + p:16 + p + T]], train_model.y: [data[p + 1:p + T + 1], data[17 + p:17 + p + T]]}
            if st is not None:
                fd[train_model.init_state] = st
            l, st, _ = sess.run([train_model.loss, train_model.final, train], fd)
        if epoch % 2 == 0:
            print("%d %.5f" % (epoch, l))
    st = sess.run(sample_model.init_state)
    c, res = ix['h'], 'h'
    for i in range(12):
        p, st = sess.run([sample_model.probs, sample_model.final], {sample_model.x: [[c]], sample_model.init_state: st})
        c = int(p[0].argmax())
        res += vocab[c]
        print("%.5f" % p.max())
    print(repr(res))
