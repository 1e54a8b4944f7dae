"""A word model in the form of the PTB tutorial: three models share variables under one Supervisor."""

from __future__ import absolute_import, division, print_function
import collections
import os
import tempfile
import numpy as np
import tensorflow as tf

flags = tf.flags
logging = tf.logging
flags.DEFINE_string("model", "small", "A type of model. Possible options are: small, test.")
flags.DEFINE_string("data_path", "/data", "Where the data is.")
flags.DEFINE_string("save_path", None, "Model output directory.")
flags.DEFINE_bool("use_fp16", False, "Train using 16-bit floats")
FLAGS = flags.FLAGS
logging.set_verbosity(logging.ERROR)


def ptb_raw_data(path):
    words = ("the cat sat on the mat the dog sat on the log a cat and a dog ran <eos> " * 12).split()
    vocab = {w: i for i, (w, _) in enumerate(sorted(collections.Counter(words).items(), key=lambda p: (-p[1], p[0])))}
    ids = [vocab[w] for w in words]
    return ids, ids[:60], ids[40:110], len(vocab)


def ptb_producer(raw_data, batch_size, num_steps, name=None):
    with tf.name_scope(name, "PTBProducer", [raw_data, batch_size, num_steps]):
        raw_data = tf.convert_to_tensor(raw_data, name="raw_data", dtype=tf.int32)
        n = tf.size(raw_data)
        batch_len = n // batch_size
        data = tf.reshape(raw_data[0 : batch_size * batch_len], [batch_size, batch_len])
        epoch_size = (batch_len - 1) // num_steps
        check = tf.assert_positive(epoch_size, message="epoch_size == 0, decrease batch_size or num_steps")
        with tf.control_dependencies([check]):
            epoch_size = tf.identity(epoch_size, name="epoch_size")
        i = tf.train.range_input_producer(epoch_size, shuffle=False).dequeue()
        x = tf.strided_slice(data, [0, i * num_steps], [batch_size, (i + 1) * num_steps])
        x.set_shape([batch_size, num_steps])
        y = tf.strided_slice(data, [0, i * num_steps + 1], [batch_size, (i + 1) * num_steps + 1])
        y.set_shape([batch_size, num_steps])
        return x, y


def data_type():
    return tf.float16 if FLAGS.use_fp16 else tf.float32


class PTBInput(object):
    def __init__(self, config, data, name=None):
        self.batch_size = config.batch_size
        self.num_steps = config.num_steps
        self.epoch_size = ((len(data) // config.batch_size) - 1) // config.num_steps
        self.input_data, self.targets = ptb_producer(data, config.batch_size, config.num_steps, name=name)


class PTBModel(object):
    def __init__(self, is_training, config, input_):
        self._input = input_

        def cell():
            c = tf.contrib.rnn.BasicLSTMCell(
                config.hidden_size, forget_bias=0.0, state_is_tuple=True, reuse=tf.get_variable_scope().reuse
            )
            if is_training and config.keep_prob < 1:
                c = tf.contrib.rnn.DropoutWrapper(c, output_keep_prob=config.keep_prob)
            return c

        stack = tf.contrib.rnn.MultiRNNCell([cell() for _ in range(config.num_layers)], state_is_tuple=True)
        self._initial_state = stack.zero_state(input_.batch_size, data_type())
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [config.vocab_size, config.hidden_size], dtype=data_type())
            inputs = tf.nn.embedding_lookup(embedding, input_.input_data)
        outputs, state = [], self._initial_state
        with tf.variable_scope("RNN"):
            for t in range(input_.num_steps):
                if t > 0:
                    tf.get_variable_scope().reuse_variables()
                out, state = stack(inputs[:, t, :], state)
                outputs.append(out)
        output = tf.reshape(tf.stack(axis=1, values=outputs), [-1, config.hidden_size])
        w = tf.get_variable("softmax_w", [config.hidden_size, config.vocab_size], dtype=data_type())
        b = tf.get_variable("softmax_b", [config.vocab_size], dtype=data_type())
        logits = tf.reshape(tf.matmul(output, w) + b, [input_.batch_size, input_.num_steps, config.vocab_size])
        loss = tf.contrib.seq2seq.sequence_loss(
            logits,
            input_.targets,
            tf.ones([input_.batch_size, input_.num_steps], dtype=data_type()),
            average_across_timesteps=False,
            average_across_batch=True,
        )
        self._cost = tf.reduce_sum(loss)
        self._final_state = state
        if not is_training:
            return
        self._lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(self._cost, tvars), config.max_grad_norm)
        self._train_op = tf.train.GradientDescentOptimizer(self._lr).apply_gradients(
            zip(grads, tvars), global_step=tf.contrib.framework.get_or_create_global_step()
        )
        self._new_lr = tf.placeholder(tf.float32, shape=[], name="new_learning_rate")
        self._lr_update = tf.assign(self._lr, self._new_lr)

    def assign_lr(self, session, value):
        session.run(self._lr_update, feed_dict={self._new_lr: value})

    @property
    def input(self):
        return self._input

    @property
    def initial_state(self):
        return self._initial_state

    @property
    def cost(self):
        return self._cost

    @property
    def final_state(self):
        return self._final_state

    @property
    def lr(self):
        return self._lr

    @property
    def train_op(self):
        return self._train_op


class SmallConfig(object):
    init_scale = 0.1
    learning_rate = 1.0
    max_grad_norm = 5
    num_layers = 2
    num_steps = 5
    hidden_size = 6
    max_epoch = 2
    max_max_epoch = 3
    keep_prob = 1.0
    lr_decay = 0.5
    batch_size = 4
    vocab_size = 0


class TestConfig(SmallConfig):
    max_max_epoch = 1
    hidden_size = 2


def run_epoch(session, model, eval_op=None, verbose=False):
    costs, iters = 0.0, 0
    state = session.run(model.initial_state)
    fetches = {"cost": model.cost, "final_state": model.final_state}
    if eval_op is not None:
        fetches["eval_op"] = eval_op
    for step in range(model.input.epoch_size):
        feed = {}
        for i, (c, h) in enumerate(model.initial_state):
            feed[c] = state[i].c
            feed[h] = state[i].h
        vals = session.run(fetches, feed)
        state = vals["final_state"]
        costs += vals["cost"]
        iters += model.input.num_steps
        if verbose and step % (model.input.epoch_size // 2) == 1:
            print("%.3f perplexity: %.3f" % (step * 1.0 / model.input.epoch_size, np.exp(costs / iters)))
    return np.exp(costs / iters)


def get_config():
    return {"small": SmallConfig, "test": TestConfig}[FLAGS.model]()


def main(_):
    if not FLAGS.data_path:
        raise ValueError("Must set --data_path to PTB data directory")
    train_data, valid_data, test_data, vocab = ptb_raw_data(FLAGS.data_path)
    config, eval_config = get_config(), get_config()
    config.vocab_size = eval_config.vocab_size = vocab
    eval_config.batch_size = eval_config.num_steps = 1
    with tf.Graph().as_default():
        initializer = tf.random_uniform_initializer(-config.init_scale, config.init_scale, seed=1)
        with tf.name_scope("Train"):
            with tf.variable_scope("Model", reuse=None, initializer=initializer):
                m = PTBModel(True, config, PTBInput(config, train_data, "TrainInput"))
            tf.summary.scalar("Training Loss", m.cost)
            tf.summary.scalar("Learning Rate", m.lr)
        with tf.name_scope("Valid"):
            with tf.variable_scope("Model", reuse=True, initializer=initializer):
                mvalid = PTBModel(False, config, PTBInput(config, valid_data, "ValidInput"))
            tf.summary.scalar("Validation Loss", mvalid.cost)
        with tf.name_scope("Test"):
            with tf.variable_scope("Model", reuse=True, initializer=initializer):
                mtest = PTBModel(False, eval_config, PTBInput(eval_config, test_data, "TestInput"))
        save = FLAGS.save_path or tempfile.mkdtemp()
        sv = tf.train.Supervisor(logdir=save)
        with sv.managed_session() as session:
            for i in range(config.max_max_epoch):
                m.assign_lr(session, config.learning_rate * config.lr_decay ** max(i + 1 - config.max_epoch, 0.0))
                print("Epoch: %d Learning rate: %.3f" % (i + 1, session.run(m.lr)))
                print(
                    "Epoch: %d Train Perplexity: %.3f"
                    % (i + 1, run_epoch(session, m, eval_op=m.train_op, verbose=True))
                )
                print("Epoch: %d Valid Perplexity: %.3f" % (i + 1, run_epoch(session, mvalid)))
            print("Test Perplexity: %.3f" % run_epoch(session, mtest))
            path = sv.saver.save(session, save, global_step=sv.global_step)
            print(os.path.basename(path) == os.path.basename(save) + "-%d" % session.run(sv.global_step))
        print(sorted(v.name for v in tf.global_variables()))
        print(sorted(t.name for t in tf.get_collection(tf.GraphKeys.SUMMARIES)))


if __name__ == "__main__":
    tf.app.run()
