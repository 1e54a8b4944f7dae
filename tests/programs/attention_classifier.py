"""A classifier of texts: AttentionCellWrapper and OutputProjectionWrapper over an LSTM, EmbeddingWrapper inside, lengths."""
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn_cell
from tensorflow.contrib.rnn.python.ops.rnn_cell import AttentionCellWrapper

B, T, V, E, H, K = 4, 6, 12, 5, 4, 3
init = tf.random_uniform_initializer(-.6, .6, seed=7)
ids = tf.placeholder(tf.int32, [None, T])
labels = tf.placeholder(tf.int64, [None])
lengths = tf.reduce_sum(tf.cast(ids > 0, tf.int32), 1)
keep = tf.placeholder_with_default(1.0, shape=())


def last_relevant(output, length):
    batch_size = tf.shape(output)[0]
    max_length = tf.shape(output)[1]
    flat = tf.reshape(output, [-1, output.shape[2].value])
    return tf.gather(flat, tf.range(0, batch_size) * max_length + tf.maximum(length - 1, 0))


def classifier(name, cell, inputs):
    with tf.variable_scope(name, initializer=init):
        outputs, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=lengths, dtype=tf.float32)
        logits = tf.layers.dense(tf.nn.dropout(last_relevant(outputs, lengths), keep), K, name="logits")
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    return loss, logits, state


with tf.variable_scope("embed", initializer=init), tf.device("/cpu:0"):
    table = tf.get_variable("table", [V, E])
    words = tf.nn.embedding_lookup(table, ids)
attended = AttentionCellWrapper(tf.contrib.rnn.BasicLSTMCell(H, forget_bias=0.0), 3, state_is_tuple=True)
both = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.AttentionCellWrapper(tf.contrib.rnn.GRUCell(H), attn_length=2, attn_size=3, attn_vec_size=5, input_size=6),
                                    tf.contrib.rnn.OutputProjectionWrapper(tf.contrib.rnn.GRUCell(H), 5, activation=tf.nn.relu)])
looked_up = tf.contrib.rnn.EmbeddingWrapper(tf.contrib.rnn.InputProjectionWrapper(tf.contrib.rnn.BasicRNNCell(H), 3), embedding_classes=V, embedding_size=E)
results = [classifier("one", attended, words), classifier("two", both, words), classifier("three", looked_up, tf.expand_dims(ids, -1))]
print([type(s).__name__ for _, _, s in results], attended.state_size, both.state_size, looked_up.state_size)

# a model unrolled by hand, with the wrapper of one step only
with tf.variable_scope("hand", initializer=init) as scope:
    cell = AttentionCellWrapper(rnn_cell.BasicLSTMCell(H, state_is_tuple=True), 4)
    state = cell.zero_state(tf.shape(ids)[0], tf.float32)
    pieces = []
    for t in range(T):
        if t:
            scope.reuse_variables()
        out, state = cell(words[:, t], state)
        pieces.append(out)
    hand = tf.reduce_mean(tf.square(tf.stack(pieces, 1) - .2))
total = tf.add_n([r[0] for r in results]) + hand
global_step = tf.Variable(0, name="global_step", trainable=False)
rate = tf.train.exponential_decay(.05, global_step, 5, .8, staircase=True)
opt = tf.train.AdamOptimizer(rate)
gvs = opt.compute_gradients(total)
train = opt.apply_gradients([(tf.clip_by_norm(g, .5), v) for g, v in gvs if g is not None], global_step=global_step)
accuracy = [tf.reduce_mean(tf.cast(tf.equal(tf.argmax(r[1], 1), labels), tf.float32)) for r in results]
for v in tf.trainable_variables():
    print(v.name, v.shape)
rs = np.random.RandomState(12)
data = rs.randint(1, V, (B, T))
for row, n in enumerate([6, 3, 5, 1]):
    data[row, n:] = 0
target = data[:, 0] % K
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(12):
        each, h, r, _ = sess.run([[x[0] for x in results], hand, rate, train], {ids: data, labels: target})
        print("%d %s %.5f rate %.4f" % (i, " ".join("%.5f" % e for e in each), h, r))
    acc, states = sess.run([accuracy, [x[2] for x in results]], {ids: data, labels: target})
    print(np.array(acc), [s.shape for s in tf.contrib.framework.nest.flatten(states)])
    print(" ".join("%.5f" % np.abs(s).sum() for s in tf.contrib.framework.nest.flatten(states)))
