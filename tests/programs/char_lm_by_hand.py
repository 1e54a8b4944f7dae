"""Character language model, unrolled by hand with reuse_variables()."""
import numpy as np
import tensorflow as tf

text = "the quick brown fox jumps over the lazy dog and the cat sat on the mat. " * 4
chars = sorted(set(text))
vocab_size = len(chars)
c2i = {c: i for i, c in enumerate(chars)}
data = np.array([c2i[c] for c in text], dtype=np.int32)

batch_size, num_steps, hidden = 4, 6, 10
rng = np.random.RandomState(1)


def const(*shape):
    return tf.constant_initializer(rng.uniform(-0.3, 0.3, size=shape).astype(np.float32))


x = tf.placeholder(tf.int32, [batch_size, num_steps], name="inputs")
y = tf.placeholder(tf.int32, [batch_size, num_steps], name="targets")

with tf.device("/cpu:0"):
    embedding = tf.get_variable("embedding", [vocab_size, 8], initializer=const(vocab_size, 8))
    inputs = tf.nn.embedding_lookup(embedding, x)

cell = tf.nn.rnn_cell.BasicLSTMCell(hidden, forget_bias=0.0, state_is_tuple=True)
initial_state = cell.zero_state(batch_size, tf.float32)

outputs = []
state = initial_state
with tf.variable_scope("RNN", initializer=const(18, 40)):
    for time_step in range(num_steps):
        if time_step > 0:
            tf.get_variable_scope().reuse_variables()
        (cell_output, state) = cell(inputs[:, time_step, :], state)
        outputs.append(cell_output)
final_state = state

output = tf.reshape(tf.concat(outputs, 1), [-1, hidden])
softmax_w = tf.get_variable("softmax_w", [hidden, vocab_size], initializer=const(hidden, vocab_size))
softmax_b = tf.get_variable("softmax_b", [vocab_size], initializer=tf.zeros_initializer())
logits = tf.matmul(output, softmax_w) + softmax_b
loss = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=tf.reshape(y, [-1]))
cost = tf.reduce_sum(loss) / batch_size

lr = tf.Variable(0.0, trainable=False, name="lr")
tvars = tf.trainable_variables()
grads, norm = tf.clip_by_global_norm(tf.gradients(cost, tvars), 5.0)
optimizer = tf.train.GradientDescentOptimizer(lr)
train_op = optimizer.apply_gradients(zip(grads, tvars))

for v in tvars:
    print(v.name, v.get_shape().as_list())

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    per_row = len(data) // batch_size
    rows = data[:per_row * batch_size].reshape(batch_size, per_row)
    for epoch in range(3):
        sess.run(tf.assign(lr, 0.5 * 0.8 ** epoch))
        st = sess.run(initial_state)
        costs, iters = 0.0, 0
        for i in range((per_row - 1) // num_steps):
            xb = rows[:, i * num_steps:(i + 1) * num_steps]
            yb = rows[:, i * num_steps + 1:(i + 1) * num_steps + 1]
            feed = {x: xb, y: yb}
            for j, name in enumerate(initial_state._fields):
                feed[initial_state[j]] = st[j]
            c, n, st, _ = sess.run([cost, norm, final_state, train_op], feed)
            costs += c
            iters += num_steps
            if i % 4 == 0:
                print("%d %d cost %.5f norm %.5f" % (epoch, i, c, n))
        print("Epoch %d perplexity %.5f" % (epoch + 1, np.exp(costs / iters)))
    print(type(st).__name__, st.c.shape, "%.5f %.5f" % (st.c.sum(), st.h.sum()))
