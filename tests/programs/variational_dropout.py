"""A language model with variational dropout: one mask for all steps, seeds that wrappers derive, filters of states; cuDNN's cells."""
import numpy as np
import tensorflow as tf

V, E, H, B, T = 9, 4, 5, 3, 4
ids = tf.placeholder(tf.int32, [B, T])
nexts = tf.placeholder(tf.int32, [B, T])
keep = tf.placeholder_with_default(.7, [])


def memory_too(state):
    """Both parts of an LSTM's state are dropped; nothing of another's."""
    if isinstance(state, tf.nn.rnn_cell.LSTMStateTuple):
        return tf.nn.rnn_cell.LSTMStateTuple(c=True, h=True)
    return False


def stack(kind):
    if kind == "variational":
        sizes = [E, H]
        return tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.DropoutWrapper(
            tf.nn.rnn_cell.LSTMCell(H), input_keep_prob=keep, output_keep_prob=.8, state_keep_prob=.9, variational_recurrent=True,
            input_size=n, dtype=tf.float32, seed=100 + k) for k, n in enumerate(sizes)])
    if kind == "states":
        return tf.nn.rnn_cell.MultiRNNCell([
            tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(H), state_keep_prob=.6, dropout_state_filter_visitor=memory_too, seed=3),
            tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(H), state_keep_prob=keep, output_keep_prob=.75, seed=4)])
    if kind == "recurrent":
        return tf.contrib.rnn.LayerNormBasicLSTMCell(H, dropout_keep_prob=keep, dropout_prob_seed=8)
    return tf.contrib.rnn.MultiRNNCell([tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(H), tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(H)])


costs, masks = [], []
for kind in ["variational", "states", "recurrent", "cudnn"]:
    with tf.variable_scope(kind, initializer=tf.random_uniform_initializer(-.4, .4, seed=21)):
        table = tf.get_variable("embedding", [V, E])
        x = tf.nn.dropout(tf.nn.embedding_lookup(table, ids), keep, noise_shape=[B, T, 1], seed=6)
        out, _ = tf.nn.dynamic_rnn(stack(kind), x, dtype=tf.float32)
        masks.append(out)
        logits = tf.tensordot(out, tf.get_variable("softmax_w", [H, V]), 1) + tf.get_variable("softmax_b", [V], initializer=tf.zeros_initializer())
        costs.append(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=nexts, logits=logits)))
for v in tf.trainable_variables():
    print(v.name, v.shape)
step = tf.train.get_or_create_global_step()
train = tf.train.AdamOptimizer(tf.train.polynomial_decay(.05, step, 8, .01)).minimize(tf.add_n(costs), global_step=step)
rs = np.random.RandomState(1)
text = rs.randint(0, V, (B, T + 1))
feed = {ids: text[:, :-1], nexts: text[:, 1:]}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(10):
        values, _ = sess.run([costs, train], feed)
        print(i, " ".join("%.5f" % v for v in values))
    for o in sess.run(masks, feed):
        print((o == 0).sum(), "%.5f" % o.sum())
    feed[keep] = 1.
    print(" ".join("%.5f" % v for v in sess.run(costs, feed)))
