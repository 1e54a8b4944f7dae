"""A character model whose cell an argument chooses, as char-rnn's did: NAS, UGRNN, IndRNN and more, stacked; sampled at the end."""
import argparse
import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

parser = argparse.ArgumentParser()
parser.add_argument("--rnn_size", type=int, default=6)
parser.add_argument("--num_layers", type=int, default=2)
parser.add_argument("--batch_size", type=int, default=3)
parser.add_argument("--seq_length", type=int, default=5)
parser.add_argument("--grad_clip", type=float, default=5.)
parser.add_argument("--models", default="rnn,nas,ugrnn,indrnn,indylstm,indygru,sru,intersection,glstm,phased")
args = parser.parse_args([])
text = "the quick brown fox jumps over the lazy dog, the dog sleeps. " * 2
chars = sorted(set(text))
vocab = {c: i for i, c in enumerate(chars)}
data = np.array([vocab[c] for c in text])
V = len(chars)


def make(model, size):
    if model == "rnn":
        return rnn.BasicRNNCell(size)
    if model == "nas":
        return rnn.NASCell(size, num_proj=4, use_bias=True)
    if model == "ugrnn":
        return rnn.UGRNNCell(size, forget_bias=.5, activation=tf.nn.softsign)
    if model == "indrnn":
        return rnn.IndRNNCell(size, activation=tf.nn.relu)
    if model == "indylstm":
        return rnn.IndyLSTMCell(size, forget_bias=.2)
    if model == "indygru":
        return rnn.IndyGRUCell(size)
    if model == "sru":
        return rnn.SRUCell(size)
    if model == "intersection":
        return rnn.IntersectionRNNCell(size, num_in_proj=size, y_activation=tf.nn.elu)
    if model == "glstm":
        return rnn.GLSTMCell(size, num_proj=size, number_of_groups=2)
    raise Exception("model type not supported: {}".format(model))


class Model(object):
    def __init__(self, model, training=True):
        batch, length = (args.batch_size, args.seq_length) if training else (1, 1)
        size = args.rnn_size
        self.input_data = tf.placeholder(tf.int32, [batch, length])
        self.targets = tf.placeholder(tf.int32, [batch, length])
        if model == "phased":
            cell = rnn.PhasedLSTMCell(size, use_peepholes=True, leak=.01, ratio_on=.2, period_init_min=1.0, period_init_max=20.)
        elif model in ("intersection", "glstm"):
            cell = make(model, size)
        else:
            cell = rnn.MultiRNNCell([make(model, size) for _ in range(args.num_layers)])
        self.cell = cell
        self.initial_state = cell.zero_state(batch, tf.float32)
        embedding = tf.get_variable("embedding", [V, size])
        inputs = tf.nn.embedding_lookup(embedding, self.input_data)
        if model == "phased":
            times = tf.tile(tf.reshape(tf.range(length, dtype=tf.float32), [1, -1, 1]), [batch, 1, 1])
            outputs, last = tf.nn.dynamic_rnn(cell, (times, inputs), initial_state=self.initial_state)
            outputs = tf.unstack(outputs, axis=1)
        else:
            outputs, last = rnn.static_rnn(cell, [tf.squeeze(i, [1]) for i in tf.split(inputs, length, 1)], self.initial_state, scope="rnnlm")
        width = outputs[0].shape[-1].value
        output = tf.reshape(tf.concat(outputs, 1), [-1, width])
        with tf.variable_scope("out"):
            self.logits = tf.matmul(output, tf.get_variable("softmax_w", [width, V])) + tf.get_variable("softmax_b", [V])
        self.probs = tf.nn.softmax(self.logits)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(self.targets, [-1]), logits=self.logits)
        self.cost = tf.reduce_sum(loss) / batch / length
        self.final_state = last
        if not training:
            return
        self.lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables(tf.get_variable_scope().name)
        grads, _ = tf.clip_by_global_norm(tf.gradients(self.cost, tvars), args.grad_clip)
        self.train_op = tf.train.RMSPropOptimizer(self.lr, .97).apply_gradients(zip(grads, tvars))

    def sample(self, sess, num, prime="th"):
        state = sess.run(self.initial_state)
        for char in prime[:-1]:
            [state] = sess.run([self.final_state], {self.input_data: [[vocab[char]]], self.initial_state: state})
        ret, char = prime, prime[-1]
        for _ in range(num):
            [probs, state] = sess.run([self.probs, self.final_state], {self.input_data: [[vocab[char]]], self.initial_state: state})
            char = chars[int(np.argmax(probs[0]))]
            ret += char
        return ret


init = tf.random_uniform_initializer(-.45, .45, seed=77)
models = {}
for name in args.models.split(","):
    with tf.variable_scope(name, initializer=init):
        models[name] = Model(name)
for v in tf.trainable_variables():
    print(v.name, v.shape)
n = args.batch_size * args.seq_length
x = data[:len(data) // n * n].reshape(args.batch_size, -1)
y = np.roll(x, -1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for k, v in enumerate(v for v in tf.trainable_variables() if "kernel_u" in v.op.name or "phased" in v.op.name):
        v.load((np.cos(np.arange(np.prod(v.shape.as_list())) + k).reshape(v.shape.as_list()) + 1.2) * .5, sess)
    sess.run([tf.assign(m.lr, .02) for m in models.values()])
    state = sess.run({k: m.initial_state for k, m in models.items()})
    for b in range(5):
        s = slice(b * args.seq_length, (b + 1) * args.seq_length)
        feed = {}
        for k, m in models.items():
            feed.update({m.input_data: x[:, s], m.targets: y[:, s], m.initial_state: state[k]})
        cost, state, _ = sess.run([{k: m.cost for k, m in models.items()}, {k: m.final_state for k, m in models.items()},
                                   [m.train_op for m in models.values()]], feed)
        print(b, " ".join("%s %.5f" % (k, cost[k]) for k in sorted(cost)))
    print(" ".join("%.4f" % np.sum(leaf) for k in sorted(state) for leaf in tf.contrib.framework.nest.flatten(state[k])))
    with tf.variable_scope("ugrnn", reuse=True):
        sampler = Model("ugrnn", training=False)
    print(repr(sampler.sample(sess, 8)))
