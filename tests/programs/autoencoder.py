"""Sequence autoencoders: one feeds its own guesses back, the other decodes from silence; both rebuild the sequence backwards."""
import numpy as np
import tensorflow as tf

UNITS, STEPS, DIM, BATCH = 6, 5, 2, 3
noise = np.random.RandomState(42)
start = {"read": noise.uniform(-.3, .3, (DIM + UNITS, 4 * UNITS)), "write": noise.uniform(-.3, .3, (DIM + UNITS, 4 * UNITS)), "show": noise.uniform(-.3, .3, (UNITS, DIM))}

sequence = tf.placeholder(tf.float32, shape=(BATCH, STEPS, DIM), name="sequence")
frames = [tf.squeeze(frame, [1]) for frame in tf.split(sequence, STEPS, 1)]


def lstm(kind):
    return tf.nn.rnn_cell.LSTMCell(UNITS, use_peepholes=False, initializer=tf.constant_initializer(start[kind]))


def rebuilt(frames, silent):
    with tf.variable_scope("reader"):
        _, summary = tf.contrib.rnn.static_rnn(lstm("read"), frames, dtype=tf.float32)
    with tf.variable_scope("writer") as scope:
        writer = lstm("write")
        show = tf.Variable(start["show"], name="show", dtype=tf.float32)
        shift = tf.Variable(tf.constant(0.1, shape=[DIM], dtype=tf.float32), name="shift")
        nothing = tf.zeros(tf.shape(frames[0]), dtype=tf.float32)
        if silent:
            hidden, _ = tf.contrib.rnn.static_rnn(writer, [nothing] * STEPS, initial_state=summary, dtype=tf.float32)
            stacked = tf.transpose(tf.stack(hidden[::-1]), [1, 0, 2])
            return tf.matmul(stacked, tf.tile(tf.expand_dims(show, 0), [BATCH, 1, 1])) + shift
        guess, state, guesses = nothing, summary, []
        for k in range(STEPS):
            if k:
                scope.reuse_variables()
            hidden, state = writer(guess, state)
            guess = tf.matmul(hidden, show) + shift
            guesses.insert(0, guess)
        return tf.stack(guesses, axis=1)


results = []
for name, silent in [("talking", False), ("silent", True)]:
    with tf.variable_scope(name):
        output = rebuilt(frames, silent)
        error = tf.reduce_mean(tf.square(tf.stack(frames, 1) - output))
        results.append((error, tf.train.AdamOptimizer(0.02).minimize(error), output))
for v in tf.trainable_variables():
    print(v.name, v.get_shape())
print(len(tf.global_variables()), [v.name for v in tf.global_variables() if "Adam" not in v.name][-4:])

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(20):
        first = np.random.RandomState(i).randint(0, 5, (BATCH, 1, 1))
        data = (first + np.arange(STEPS)[None, :, None] + np.arange(DIM)) % 7 / 7.
        (a, _, out), (b, _, _) = sess.run(results, {sequence: data})
        print("%2d %.5f %.5f" % (i, a, b))
    for row in out[0]:
        print("%.5f %.5f" % tuple(row))
