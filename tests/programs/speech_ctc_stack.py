"""Speech: stacked bidirectional layers of layer-normalised LSTMs with lengths, CTC, decoded and scored; Adam clipped by norm."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

flags = tf.app.flags
flags.DEFINE_integer("num_hidden", 5, "units of a direction")
flags.DEFINE_integer("num_layers", 2, "layers")
flags.DEFINE_float("grad_clip", 1.0, "clip")
FLAGS = flags.FLAGS
num_classes = 5
num_features = 4


def dense_to_sparse(batch):
    indices = [(n, t) for n, seq in enumerate(batch) for t in range(len(seq))]
    values = [v for seq in batch for v in seq]
    return np.array(indices, np.int64), np.array(values, np.int32), np.array([len(batch), max(map(len, batch))], np.int64)


def cells(kind):
    if kind == "norm":
        return [rnn.LayerNormBasicLSTMCell(FLAGS.num_hidden, dropout_keep_prob=1.0, norm_gain=.9) for _ in range(FLAGS.num_layers)]
    return [rnn.LSTMCell(FLAGS.num_hidden, use_peepholes=True, num_proj=3, cell_clip=2.) for _ in range(FLAGS.num_layers)]


class Model(object):
    def __init__(self, kind):
        self.inputs = tf.placeholder(tf.float32, [None, None, num_features], name="inputs")
        self.targets = tf.sparse_placeholder(tf.int32)
        self.seq_len = tf.placeholder(tf.int32, [None])
        with tf.variable_scope(kind, initializer=tf.random_normal_initializer(stddev=.3, seed=5)):
            outputs, self.state_fw, self.state_bw = rnn.stack_bidirectional_dynamic_rnn(
                cells(kind), cells(kind), self.inputs, dtype=tf.float32, sequence_length=self.seq_len)
            shape = tf.shape(self.inputs)
            batch_s, max_time = shape[0], shape[1]
            width = outputs.get_shape()[-1].value
            flat = tf.reshape(outputs, [-1, width])
            W = tf.Variable(tf.truncated_normal([width, num_classes], stddev=0.1, seed=3), name="W")
            b = tf.Variable(tf.constant(0., shape=[num_classes]), name="b")
            logits = tf.reshape(tf.matmul(flat, W) + b, [batch_s, -1, num_classes])
            self.logits = logits = tf.transpose(logits, (1, 0, 2))
        self.cost = tf.reduce_mean(tf.nn.ctc_loss(self.targets, logits, self.seq_len))
        optimizer = tf.train.AdamOptimizer(learning_rate=0.02)
        tvars = tf.trainable_variables(kind)
        grads, self.norm = tf.clip_by_global_norm(tf.gradients(self.cost, tvars), FLAGS.grad_clip)
        self.train = optimizer.apply_gradients(zip(grads, tvars))
        decoded, self.log_prob = tf.nn.ctc_beam_search_decoder(logits, self.seq_len, merge_repeated=False, beam_width=8)
        self.greedy, _ = tf.nn.ctc_greedy_decoder(logits, self.seq_len)
        self.dense = tf.sparse_tensor_to_dense(decoded[0], default_value=-1)
        self.ler = tf.reduce_mean(tf.edit_distance(tf.cast(decoded[0], tf.int32), self.targets))


def main(argv):
    rs = np.random.RandomState(3)
    lengths = [9, 6, 8]
    x = np.zeros((3, 9, num_features))
    for row, n in enumerate(lengths):
        x[row, :n] = rs.randn(n, num_features)
    y = [[0, 1, 3], [2, 2], [1, 0, 1, 3]]
    models = [Model("norm"), Model("proj")]
    for v in tf.trainable_variables():
        print(v.name, v.shape)
    with tf.Session() as sess:
        tf.global_variables_initializer().run()
        for m in models:
            print(m.logits.shape, [type(s).__name__ for s in m.state_fw])
            feed = {m.inputs: x, m.targets: dense_to_sparse(y), m.seq_len: lengths}
            for step in range(16):
                cost, norm, ler, _ = sess.run([m.cost, m.norm, m.ler, m.train], feed)
                if step % 3 == 0:
                    print("%d cost %.5f norm %.5f" % (step, cost, norm))
            dense, lp = sess.run([m.dense, m.log_prob], feed)
            print(dense.tolist(), " ".join("%.4f" % p for p in lp.ravel()))
            g = sess.run(m.greedy, feed)[0]
            print(g.values.tolist(), g.dense_shape.tolist())
            fw, bw = sess.run([m.state_fw, m.state_bw], feed)
            print(" ".join("%.5f" % s.h.sum() for s in fw + bw))


if __name__ == "__main__":
    tf.app.run(main=main)
