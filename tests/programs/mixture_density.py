"""A mixture density network on flat-state LSTMs: six heads, a two-dimensional normal mixture, a pen that lifts, then sampling's first steps."""
import numpy as np
import tensorflow as tf

tf.reset_default_graph()
MIXTURES, UNITS, STEPS, BATCH = 3, 7, 6, 2


def waves(shape, dtype=None, partition_info=None):
    return tf.constant(np.sin(np.arange(np.prod(shape))).reshape(shape) * .3, dtype)


def density(x, y, mean_x, mean_y, sx, sy, rho):
    """The two-dimensional normal density."""
    dx, dy = tf.div(tf.subtract(x, mean_x), sx), tf.div(tf.subtract(y, mean_y), sy)
    left = 1 - tf.square(rho)
    exponent = tf.negative(tf.square(dx) + tf.square(dy) - 2 * tf.multiply(rho, tf.multiply(dx, dy))) / (2 * left)
    return tf.div(tf.exp(exponent), 2 * np.pi * tf.multiply(tf.multiply(sx, sy), tf.sqrt(left)))


class Pen(object):
    def __init__(self, steps, batch, reuse):
        self.cell = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.BasicLSTMCell(UNITS, state_is_tuple=False) for _ in range(2)], state_is_tuple=False)
        self.strokes = tf.placeholder(tf.float32, [batch, steps, 3])
        self.following = tf.placeholder(tf.float32, [batch, steps, 3])
        self.before = self.cell.zero_state(batch_size=batch, dtype=tf.float32)
        with tf.variable_scope("pen", reuse=reuse, initializer=waves):
            W = tf.get_variable("W", [UNITS, 1 + 6 * MIXTURES])
            b = tf.get_variable("b", [1 + 6 * MIXTURES])
            columns = [tf.squeeze(t, [1]) for t in tf.split(axis=1, num_or_size_splits=steps, value=self.strokes)]
            hidden, self.after = tf.contrib.rnn.static_rnn(self.cell, columns, initial_state=self.before, scope="hand")
        heads = tf.nn.xw_plus_b(tf.reshape(tf.concat(axis=1, values=hidden), [-1, UNITS]), W, b)
        lift = tf.sigmoid(heads[:, :1])
        share, mx, my, sx, sy, rho = tf.split(heads[:, 1:], 6, 1)
        share = tf.exp(share - tf.reduce_max(share, 1, keep_dims=True))
        self.share = tf.multiply(tf.reciprocal(tf.reduce_sum(share, 1, keep_dims=True)), share)
        x, y, lifted = tf.split(tf.reshape(self.following, [-1, 3]), 3, axis=1)
        mixed = tf.reduce_sum(self.share * density(x, y, mx, my, tf.exp(sx), tf.exp(sy), tf.tanh(rho)), 1, keep_dims=True)
        surprise = -tf.log(tf.maximum(mixed, 1e-20)) - tf.log(lift * lifted + (1 - lift) * (1 - lifted))
        self.cost = tf.reduce_mean(surprise)


learner, writer = Pen(STEPS, BATCH, None), Pen(1, 1, True)
rate = tf.Variable(0.0, trainable=False, name="rate")
weights = tf.trainable_variables()
# All gradients before the first update: TensorFlow may else update a weight that a gradient still needs.
gradients = tf.tuple([tf.clip_by_value(g, -0.5, 0.5) for g in tf.gradients(learner.cost, weights)])
learn = tf.train.RMSPropOptimizer(rate, decay=.95, momentum=.9, epsilon=1e-4, centered=True).apply_gradients(zip(gradients, weights))
print(learner.cell.state_size, learner.before.get_shape(), writer.after.get_shape())
for v in tf.global_variables():
    print(v.name, v.get_shape().as_list())
sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
r = np.random.RandomState(0)
drawn = r.randn(BATCH, STEPS, 3)
drawn[:, :, 2] = r.rand(BATCH, STEPS) > .8
state = learner.before.eval()
for epoch in range(15):
    sess.run(tf.assign(rate, 0.005 * .95 ** epoch))
    cost, state, _ = sess.run([learner.cost, learner.after, learn], {learner.strokes: drawn, learner.following: np.roll(drawn, -1, axis=1), learner.before: state})
    print("%d %.5f %.5f" % (epoch, cost, np.abs(state).sum()))
point, state = np.zeros((1, 1, 3), np.float32), writer.cell.zero_state(1, tf.float32).eval()
for _ in range(3):
    share, state = sess.run([writer.share, writer.after], {writer.strokes: point, writer.before: state})
    print(" ".join("%.5f" % v for v in share[0]))
    point[0, 0, :2] = share[0, :2]
sess.close()
