"""A tagger of names: words and characters through bidirectional layers (coupled gates), a CRF, an average of the weights."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib.crf import crf_log_likelihood, viterbi_decode
from tensorflow.contrib.layers.python.layers import initializers

rs = np.random.RandomState(8)
n_words, n_chars, n_tags = 20, 9, 4


class Model(object):
    def __init__(self, config):
        self.config = config
        self.global_step = tf.Variable(0, trainable=False)
        self.initializer = initializers.xavier_initializer(seed=4)
        self.words = tf.placeholder(tf.int32, [None, None], name="WordInputs")
        self.chars = tf.placeholder(tf.int32, [None, None, None], name="CharInputs")
        self.word_lengths = tf.placeholder(tf.int32, [None, None], name="word_lengths")
        self.targets = tf.placeholder(tf.int32, [None, None], name="Targets")
        self.dropout = tf.placeholder_with_default(1.0, [], name="Dropout")
        used = tf.sign(tf.abs(self.words))
        self.lengths = tf.cast(tf.reduce_sum(used, reduction_indices=1), tf.int32)
        self.batch_size = tf.shape(self.words)[0]
        self.num_steps = tf.shape(self.words)[-1]
        embedding = self.embedding_layer()
        outputs = self.biLSTM_layer(tf.nn.dropout(embedding, self.dropout, seed=2), config["lstm_dim"], self.lengths)
        self.logits = self.project_layer(outputs)
        self.loss = self.loss_layer(self.logits, self.lengths)
        with tf.variable_scope("optimizer"):
            self.opt = tf.train.AdamOptimizer(config["lr"])
            grads_vars = self.opt.compute_gradients(self.loss)
            capped = [[tf.clip_by_value(g, -config["clip"], config["clip"]), v] for g, v in grads_vars]
            step = self.opt.apply_gradients(capped, self.global_step)
            self.ema = tf.train.ExponentialMovingAverage(0.9, self.global_step)
            with tf.control_dependencies([step]):
                self.train_op = self.ema.apply(tf.trainable_variables())

    def embedding_layer(self):
        with tf.variable_scope("word_embedding"):
            table = tf.get_variable("table", [n_words, 6], initializer=self.initializer)
            w = tf.nn.embedding_lookup(table, self.words)
        with tf.variable_scope("char_embedding"):
            table = tf.get_variable("table", [n_chars, 3], initializer=self.initializer)
            c = tf.nn.embedding_lookup(table, self.chars)
            s = tf.shape(c)
            c = tf.reshape(c, [s[0] * s[1], s[-2], 3])
            lengths = tf.reshape(self.word_lengths, [s[0] * s[1]])
            fw = tf.contrib.rnn.LSTMCell(3, initializer=self.initializer, state_is_tuple=True)
            bw = tf.contrib.rnn.LSTMCell(3, initializer=self.initializer, state_is_tuple=True)
            _, ((_, out_fw), (_, out_bw)) = tf.nn.bidirectional_dynamic_rnn(fw, bw, c, sequence_length=lengths, dtype=tf.float32)
            c = tf.reshape(tf.concat([out_fw, out_bw], -1), [s[0], s[1], 6])
        return tf.concat([w, c], axis=-1)

    def biLSTM_layer(self, inputs, dim, lengths):
        with tf.variable_scope("word_BiLSTM", initializer=self.initializer):
            cells = {}
            for direction in ["forward", "backward"]:
                with tf.variable_scope(direction):
                    cells[direction] = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(
                        dim, use_peepholes=True, initializer=self.initializer, state_is_tuple=True)
            outputs, _ = tf.nn.bidirectional_dynamic_rnn(
                cells["forward"], cells["backward"], inputs, dtype=tf.float32, sequence_length=lengths)
        return tf.concat(outputs, axis=2)

    def project_layer(self, outputs):
        dim = self.config["lstm_dim"]
        with tf.variable_scope("project"):
            with tf.variable_scope("hidden"):
                W = tf.get_variable("W", [dim * 2, dim], initializer=self.initializer)
                b = tf.get_variable("b", [dim], initializer=tf.zeros_initializer())
                hidden = tf.tanh(tf.nn.xw_plus_b(tf.reshape(outputs, [-1, dim * 2]), W, b))
            with tf.variable_scope("logits"):
                W = tf.get_variable("W", [dim, n_tags], initializer=self.initializer)
                b = tf.get_variable("b", [n_tags], initializer=tf.zeros_initializer())
            return tf.reshape(tf.nn.xw_plus_b(hidden, W, b), [-1, self.num_steps, n_tags])

    def loss_layer(self, project_logits, lengths):
        with tf.variable_scope("crf_loss"):
            small = -1000.0
            start = tf.concat([small * tf.ones([self.batch_size, 1, n_tags]), tf.zeros([self.batch_size, 1, 1])], axis=-1)
            pad = tf.cast(small * tf.ones([self.batch_size, self.num_steps, 1]), tf.float32)
            logits = tf.concat([start, tf.concat([project_logits, pad], axis=-1)], axis=1)
            targets = tf.concat([tf.cast(n_tags * tf.ones([self.batch_size, 1]), tf.int32), self.targets], axis=-1)
            self.trans = tf.get_variable("transitions", [n_tags + 1, n_tags + 1], initializer=self.initializer)
            ll, self.trans = crf_log_likelihood(inputs=logits, tag_indices=targets, transition_params=self.trans,
                                                sequence_lengths=lengths + 1)
            return tf.reduce_mean(-ll)


def decode(logits, lengths, matrix):
    small = -1000.0
    start = np.asarray([[small] * n_tags + [0]])
    for score, length in zip(logits, lengths):
        score = np.concatenate([score[:length], small * np.ones([length, 1])], axis=1)
        path, _ = viterbi_decode(np.concatenate([start, score], axis=0), matrix)
        yield path[1:]


B, T, C = 4, 6, 5
words = rs.randint(1, n_words, (B, T))
for row, n in enumerate([6, 4, 5, 2]):
    words[row, n:] = 0
model = Model({"lstm_dim": 5, "lr": 0.02, "clip": 5})
for v in tf.trainable_variables():
    print(v.name, v.get_shape())
print(len(tf.global_variables()), [v.op.name for v in tf.global_variables()][-3:])
feed = {model.words: words, model.chars: rs.randint(0, n_chars, (B, T, C)), model.word_lengths: rs.randint(0, C + 1, (B, T)),
        model.targets: words % n_tags}
with tf.Session(config=tf.ConfigProto(gpu_options=tf.GPUOptions(allow_growth=True))) as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(16):
        step, loss, _ = sess.run([model.global_step, model.loss, model.train_op], feed)
        if i % 3 == 0:
            print("iteration:%d, NER loss:%9.6f" % (i, loss))
    lengths, scores, matrix = sess.run([model.lengths, model.logits, model.trans], feed)
    print(lengths.tolist(), list(decode(scores, lengths, matrix)))
    average = model.ema.average(tf.trainable_variables()[0])
    print(average.op.name, "%.5f %.5f" % tuple(sess.run([tf.reduce_sum(average), tf.reduce_sum(tf.trainable_variables()[0])])))
