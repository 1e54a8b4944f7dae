"""The Penn Treebank tutorial's producer and epoch loop, under a Supervisor and under a MonitoredSession."""
from __future__ import print_function

import tempfile

import numpy as np
import tensorflow as tf


def ptb_producer(raw_data, batch_size, num_steps, name=None):
    with tf.name_scope(name, "PTBProducer", [raw_data, batch_size, num_steps]):
        raw_data = tf.convert_to_tensor(raw_data, name="raw_data", dtype=tf.int32)
        data_len = tf.size(raw_data)
        batch_len = data_len // batch_size
        data = tf.reshape(raw_data[0:batch_size * batch_len], [batch_size, batch_len])
        epoch_size = (batch_len - 1) // num_steps
        assertion = tf.assert_positive(epoch_size, message="epoch_size == 0, decrease batch_size or num_steps")
        with tf.control_dependencies([assertion]):
            epoch_size = tf.identity(epoch_size, name="epoch_size")
        i = tf.train.range_input_producer(epoch_size, shuffle=False).dequeue()
        x = tf.strided_slice(data, [0, i * num_steps], [batch_size, (i + 1) * num_steps])
        x.set_shape([batch_size, num_steps])
        y = tf.strided_slice(data, [0, i * num_steps + 1], [batch_size, (i + 1) * num_steps + 1])
        y.set_shape([batch_size, num_steps])
        return x, y


class Model(object):
    def __init__(self, is_training, raw, batch_size, num_steps, name):
        self.epoch_size = ((len(raw) // batch_size) - 1) // num_steps
        self.num_steps = num_steps
        x, y = ptb_producer(raw, batch_size, num_steps, name=name)
        cell = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.BasicLSTMCell(6, forget_bias=0.0) for _ in range(2)])
        self.initial_state = cell.zero_state(batch_size, tf.float32)
        embedding = tf.get_variable("embedding", [10, 6])
        inputs = tf.nn.embedding_lookup(embedding, x)
        outputs = []
        state = self.initial_state
        with tf.variable_scope("RNN"):
            for t in range(num_steps):
                if t > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(inputs[:, t, :], state)
                outputs.append(output)
        output = tf.reshape(tf.concat(outputs, 1), [-1, 6])
        logits = tf.matmul(output, tf.get_variable("w", [6, 10])) + tf.get_variable("b", [10])
        loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
            [logits], [tf.reshape(y, [-1])], [tf.ones([batch_size * num_steps])])
        self.cost = tf.reduce_sum(loss) / batch_size
        self.final_state = state
        self.train_op = tf.no_op()
        if is_training:
            self.lr = tf.Variable(0.0, trainable=False)
            tvars = tf.trainable_variables()
            grads, _ = tf.clip_by_global_norm(tf.gradients(self.cost, tvars), 5)
            self.train_op = tf.train.GradientDescentOptimizer(self.lr).apply_gradients(
                zip(grads, tvars), global_step=tf.train.get_or_create_global_step())
            self.new_lr = tf.placeholder(tf.float32, shape=[])
            self.lr_update = tf.assign(self.lr, self.new_lr)


def run_epoch(session, model, eval_op=None):
    costs, iters = 0.0, 0
    state = session.run(model.initial_state)
    for step in range(model.epoch_size):
        fetches = {"cost": model.cost, "final_state": model.final_state}
        if eval_op is not None:
            fetches["eval_op"] = eval_op
        feed_dict = {}
        for i, (c, h) in enumerate(model.initial_state):
            feed_dict[c] = state[i].c
            feed_dict[h] = state[i].h
        vals = session.run(fetches, feed_dict)
        costs += vals["cost"]
        state = vals["final_state"]
        iters += model.num_steps
    return np.exp(costs / iters)


raw = [(k * k + k // 3) % 10 for k in range(122)]
for kind in ("supervisor", "monitored"):
    with tf.Graph().as_default():
        init = tf.constant_initializer(np.linspace(-0.4, 0.4, 1000))
        init = tf.random_uniform_initializer(-0.1, 0.1, seed=3)
        with tf.variable_scope("Model", reuse=None, initializer=init):
            m = Model(True, raw, 3, 5, "Train")
        with tf.variable_scope("Model", reuse=True, initializer=init):
            mtest = Model(False, raw[:31], 1, 1, "Test")
        if kind == "supervisor":
            sv = tf.train.Supervisor(logdir=tempfile.mkdtemp(), save_summaries_secs=0)
            context = sv.managed_session()
        else:
            context = tf.train.MonitoredTrainingSession(
                hooks=[tf.train.StopAtStepHook(last_step=1000)], save_summaries_steps=None, save_summaries_secs=None,
                log_step_count_steps=None)
        with context as session:
            for i in range(3):
                session.run(m.lr_update, {m.new_lr: 0.5 * 0.5 ** max(i - 1, 0)})
                print(kind, "Epoch: %d Learning rate: %.3f" % (i + 1, session.run(m.lr)))
                print("Train Perplexity: %.3f" % run_epoch(session, m, m.train_op))
            print("Test Perplexity: %.3f" % run_epoch(session, mtest))
