"""A PTB-style language model: LSTMBlockCell, DropoutWrapper, MultiRNNCell, a decayed rate, states fed and fetched."""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import collections

import numpy as np
import tensorflow as tf

TEXT = ("the cat sat on the mat and the dog sat on the log while the cat saw the dog and the dog saw the cat "
        "so the mat and the log were left to the rain and the rain fell on the mat and on the log <eos> ") * 3


class SmallConfig(object):
    init_scale = 0.1
    learning_rate = 1.0
    max_grad_norm = 5
    num_layers = 2
    num_steps = 7
    hidden_size = 12
    max_epoch = 2
    max_max_epoch = 4
    keep_prob = 1.0
    lr_decay = 0.5
    batch_size = 4


def build_vocab(words):
    counter = collections.Counter(words)
    pairs = sorted(counter.items(), key=lambda x: (-x[1], x[0]))
    return dict((w, i) for i, (w, _) in enumerate(pairs))


def ptb_iterator(raw, batch_size, num_steps):
    raw = np.array(raw, dtype=np.int32)
    batch_len = len(raw) // batch_size
    data = raw[:batch_size * batch_len].reshape(batch_size, batch_len)
    for i in range((batch_len - 1) // num_steps):
        yield data[:, i * num_steps:(i + 1) * num_steps], data[:, i * num_steps + 1:(i + 1) * num_steps + 1]


class PTBModel(object):
    def __init__(self, is_training, config, vocab_size):
        self.batch_size = config.batch_size
        self.num_steps = config.num_steps
        size = config.hidden_size
        self._input_data = tf.placeholder(tf.int32, [self.batch_size, self.num_steps])
        self._targets = tf.placeholder(tf.int32, [self.batch_size, self.num_steps])

        def make_cell():
            cell = tf.contrib.rnn.LSTMBlockCell(size, forget_bias=0.0)
            if is_training:
                cell = tf.contrib.rnn.DropoutWrapper(cell, output_keep_prob=config.keep_prob)
            return cell

        cell = tf.contrib.rnn.MultiRNNCell([make_cell() for _ in range(config.num_layers)], state_is_tuple=True)
        self._initial_state = cell.zero_state(self.batch_size, tf.float32)
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [vocab_size, size], dtype=tf.float32)
            inputs = tf.nn.embedding_lookup(embedding, self._input_data)
        if is_training and config.keep_prob < 1:
            inputs = tf.nn.dropout(inputs, config.keep_prob)
        outputs = []
        state = self._initial_state
        with tf.variable_scope("RNN"):
            for time_step in range(self.num_steps):
                if time_step > 0:
                    tf.get_variable_scope().reuse_variables()
                (cell_output, state) = cell(inputs[:, time_step, :], state)
                outputs.append(cell_output)
        output = tf.reshape(tf.concat(axis=1, values=outputs), [-1, size])
        softmax_w = tf.get_variable("softmax_w", [size, vocab_size], dtype=tf.float32)
        softmax_b = tf.get_variable("softmax_b", [vocab_size], dtype=tf.float32)
        logits = tf.reshape(tf.nn.xw_plus_b(output, softmax_w, softmax_b), [self.batch_size, self.num_steps, vocab_size])
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self._targets, logits=logits)
        self._cost = cost = tf.reduce_sum(loss) / self.batch_size
        self._final_state = state
        if not is_training:
            return
        self._lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, self.norm = tf.clip_by_global_norm(tf.gradients(cost, tvars), config.max_grad_norm)
        optimizer = tf.train.GradientDescentOptimizer(self._lr)
        self._train_op = optimizer.apply_gradients(zip(grads, tvars), global_step=tf.train.get_or_create_global_step())
        self._new_lr = tf.placeholder(tf.float32, shape=[], name="new_learning_rate")
        self._lr_update = tf.assign(self._lr, self._new_lr)

    def assign_lr(self, session, lr_value):
        session.run(self._lr_update, feed_dict={self._new_lr: lr_value})


def run_epoch(session, model, data, eval_op=None, verbose=False):
    costs, iters = 0.0, 0
    state = session.run(model._initial_state)
    fetches = {"cost": model._cost, "final_state": model._final_state}
    if eval_op is not None:
        fetches["eval_op"] = eval_op
        fetches["norm"] = model.norm
    for step, (x, y) in enumerate(ptb_iterator(data, model.batch_size, model.num_steps)):
        feed_dict = {model._input_data: x, model._targets: y}
        for i, (c, h) in enumerate(model._initial_state):
            feed_dict[c] = state[i].c
            feed_dict[h] = state[i].h
        vals = session.run(fetches, feed_dict)
        state = vals["final_state"]
        costs += vals["cost"]
        iters += model.num_steps
        if verbose:
            print("  %d cost %.4f norm %.4f" % (step, vals["cost"], vals["norm"]))
    return np.exp(costs / iters)


def main(_):
    words = TEXT.split()
    vocab = build_vocab(words)
    data = [vocab[w] for w in words]
    config = SmallConfig()
    eval_config = SmallConfig()
    eval_config.batch_size = 1
    eval_config.num_steps = 1
    with tf.Graph().as_default(), tf.Session() as session:
        initializer = tf.random_uniform_initializer(-config.init_scale, config.init_scale, seed=11)
        with tf.variable_scope("model", reuse=None, initializer=initializer):
            m = PTBModel(True, config, len(vocab))
        with tf.variable_scope("model", reuse=True, initializer=initializer):
            mvalid = PTBModel(False, config, len(vocab))
            mtest = PTBModel(False, eval_config, len(vocab))
        for v in tf.global_variables():
            print(v.op.name, v.get_shape().as_list())
        session.run(tf.global_variables_initializer())
        for i in range(config.max_max_epoch):
            lr_decay = config.lr_decay ** max(i - config.max_epoch, 0.0)
            m.assign_lr(session, config.learning_rate * lr_decay)
            print("Epoch: %d Learning rate: %.3f" % (i + 1, session.run(m._lr)))
            train_perplexity = run_epoch(session, m, data, eval_op=m._train_op, verbose=i == 0)
            print("Epoch: %d Train Perplexity: %.3f" % (i + 1, train_perplexity))
            print("Epoch: %d Valid Perplexity: %.3f" % (i + 1, run_epoch(session, mvalid, data)))
        print("Test Perplexity: %.3f" % run_epoch(session, mtest, data[:30]))
        print("steps", session.run(tf.train.get_global_step()))


if __name__ == "__main__":
    tf.app.run()
