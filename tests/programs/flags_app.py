"""A script of the time: tf.app.flags, tf.app.run, classes of small/large config, tf.logging."""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import sys
import numpy as np
import tensorflow as tf

flags = tf.flags
logging = tf.logging
flags.DEFINE_string("model", "small", "size")
flags.DEFINE_integer("num_layers", 2, "layers")
flags.DEFINE_float("learning_rate", 1.0, "rate")
flags.DEFINE_bool("use_fp16", False, "halves")
tf.app.flags.DEFINE_boolean("peephole", True, "peepholes")
FLAGS = tf.app.flags.FLAGS


def data_type():
    return tf.float16 if FLAGS.use_fp16 else tf.float32


class Small(object):
    spread = 0.1
    norm_limit = 5
    num_steps = 4
    hidden_size = 8
    vocab_size = 11
    batch_size = 2
    keep_prob = 1.0


class WordModel(object):
    def __init__(self, is_training, config, name):
        self.batch_size, self.num_steps = config.batch_size, config.num_steps
        size = config.hidden_size
        self.ids = tf.placeholder(tf.int32, [self.batch_size, self.num_steps], name=name + "_ids")
        self.targets = tf.placeholder(tf.int32, [self.batch_size, self.num_steps])

        def lstm_cell():
            return tf.contrib.rnn.LSTMCell(size, forget_bias=0.0, use_peepholes=FLAGS.peephole, reuse=not is_training)
        wrapped = lstm_cell
        if is_training and config.keep_prob < 1:
            def wrapped():
                return tf.contrib.rnn.DropoutWrapper(lstm_cell(), output_keep_prob=config.keep_prob)
        cell = tf.contrib.rnn.MultiRNNCell([wrapped() for _ in range(FLAGS.num_layers)], state_is_tuple=True)
        self.initial_state = cell.zero_state(self.batch_size, data_type())
        embedding = tf.get_variable("embedding", [config.vocab_size, size], dtype=data_type())
        inputs = tf.nn.embedding_lookup(embedding, self.ids)
        inputs = tf.unstack(inputs, num=self.num_steps, axis=1)
        outputs, state = tf.nn.static_rnn(cell, inputs, initial_state=self.initial_state)
        output = tf.reshape(tf.stack(axis=1, values=outputs), [-1, size])
        softmax_w = tf.get_variable("softmax_w", [size, config.vocab_size], dtype=data_type())
        softmax_b = tf.get_variable("softmax_b", [config.vocab_size], dtype=data_type())
        logits = tf.nn.xw_plus_b(output, softmax_w, softmax_b)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(self.targets, [-1]), logits=logits)
        self.cost = tf.reduce_sum(loss) / self.batch_size
        self.final_state = state
        if not is_training:
            return
        self.lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(self.cost, tvars), config.norm_limit)
        optimizer = tf.train.GradientDescentOptimizer(self.lr)
        self.train_op = optimizer.apply_gradients(zip(grads, tvars), global_step=tf.train.get_or_create_global_step())
        self.new_lr = tf.placeholder(tf.float32, shape=[], name="next_rate")
        self.lr_update = tf.assign(self.lr, self.new_lr)


def perplexity(session, model, data, eval_op=None):
    costs = iters = 0.0
    state = session.run(model.initial_state)
    fetches = {"cost": model.cost, "final_state": model.final_state}
    if eval_op is not None:
        fetches["eval_op"] = eval_op
    n = model.num_steps
    for step in range((data.shape[1] - 1) // n):
        feed_dict = {model.ids: data[:, step * n:(step + 1) * n], model.targets: data[:, step * n + 1:(step + 1) * n + 1]}
        for i, (c, h) in enumerate(model.initial_state):
            feed_dict[c] = state[i].c
            feed_dict[h] = state[i].h
        vals = session.run(fetches, feed_dict)
        state = vals["final_state"]
        costs += vals["cost"]
        iters += n
    return np.exp(costs / iters)


def main(_):
    config = Small()
    with tf.Graph().as_default():
        state = np.random.RandomState(8)

        def initializer(shape, dtype=None, partition_info=None):
            return tf.constant(state.uniform(-config.spread, config.spread, shape), dtype)
        with tf.name_scope("Train"):
            with tf.variable_scope("Model", reuse=None, initializer=initializer):
                m = WordModel(True, config, "t")
        with tf.name_scope("Valid"):
            with tf.variable_scope("Model", reuse=True, initializer=initializer):
                checked = WordModel(False, config, "v")
        for v in tf.global_variables():
            print(v.name, v.get_shape().as_list())
        print(m.ids.name, checked.ids.name, m.cost.name, checked.cost.op.name)
        data = (np.arange(2 * 29) * 5 % 11).reshape(2, 29)
        with tf.Session() as session:
            tf.global_variables_initializer().run()
            for i in range(4):
                decay = 0.5 ** max(i - 1, 0.0)
                session.run(m.lr_update, {m.new_lr: FLAGS.learning_rate * decay})
                print("%d: rate %.3f" % (i + 1, session.run(m.lr)))
                print("train %.5f" % perplexity(session, m, data, m.train_op))
                print("valid %.5f" % perplexity(session, checked, data))
        logging.info("done")
    print(FLAGS.model, FLAGS.num_layers, FLAGS.use_fp16)


if __name__ == "__main__":
    tf.app.run()
