"""Users' own cells: old style with __call__, new style with call/build, nested state sizes."""
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn_cell_impl
from tensorflow.contrib.rnn import RNNCell


def init(shape, dtype=tf.float32, partition_info=None):
    n = np.prod(shape)
    return tf.constant(np.sin(np.arange(n) * .7).reshape(shape) * .5, dtype)



class MinimalGate(RNNCell):
    """Old style: variables made in __call__ under the scope given."""
    def __init__(self, num_units):
        self._num_units = num_units

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            d = inputs.get_shape()[1].value
            Wf = tf.get_variable("Wf", [d + self._num_units, self._num_units], initializer=init)
            bf = tf.get_variable("bf", [self._num_units], initializer=tf.ones_initializer())
            W = tf.get_variable("W", [d + self._num_units, self._num_units], initializer=init)
            f = tf.sigmoid(tf.matmul(tf.concat([inputs, state], 1), Wf) + bf)
            h = tf.tanh(tf.matmul(tf.concat([inputs, f * state], 1), W))
            new = (1 - f) * state + f * h
        return new, new


class TwoTimescales(tf.nn.rnn_cell.RNNCell):
    """New style: call(); a state of (tuple, int)."""
    def __init__(self, n, reuse=None, name=None):
        super(TwoTimescales, self).__init__(_reuse=reuse, name=name)
        self.n = n

    @property
    def state_size(self):
        return ((self.n, self.n), 1)

    @property
    def output_size(self):
        return self.n

    def call(self, inputs, state):
        (fast, slow), count = state
        w = tf.get_variable("w", [int(inputs.shape[-1]), self.n], initializer=init)
        u = tf.get_variable("u", [self.n, self.n], initializer=init)
        fast = tf.nn.tanh(tf.matmul(inputs, w) + tf.matmul(fast, u) + slow)
        slow = 0.9 * slow + 0.1 * fast
        return fast + slow, ((fast, slow), count + 1)


class Built(tf.nn.rnn_cell.RNNCell):
    def __init__(self, n):
        super(Built, self).__init__()
        self.n = n

    state_size = property(lambda self: tf.contrib.rnn.LSTMStateTuple(self.n, self.n))
    output_size = property(lambda self: self.n)

    def build(self, inputs_shape):
        self.kernel = self.add_variable("kernel", [inputs_shape[1].value + self.n, 3 * self.n], initializer=init)
        self.bias = self.add_variable("bias", [3 * self.n], initializer=tf.zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        c, h = state
        z = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), self.kernel), self.bias)
        i, j, o = tf.split(value=z, num_or_size_splits=3, axis=1)
        g = tf.sigmoid(i)
        c = (1 - g) * c + g * tf.tanh(j)
        h = tf.sigmoid(o) * tf.tanh(c)
        return h, tf.contrib.rnn.LSTMStateTuple(c, h)


x = tf.placeholder(tf.float32, [None, 5, 2])
lens = tf.placeholder(tf.int32, [None])
losses, states = [], []
for make in (lambda: MinimalGate(3), lambda: TwoTimescales(3), lambda: Built(3),
             lambda: tf.contrib.rnn.MultiRNNCell([MinimalGate(2), TwoTimescales(3, name="tt"), Built(2)])):
    with tf.variable_scope("n%d" % len(losses)):
        with tf.variable_scope("x", initializer=init):
            c = make()
            o, s = tf.nn.dynamic_rnn(c, x, sequence_length=lens, dtype=tf.float32)
    losses.append(tf.reduce_mean(tf.square(o - .25)))
    states.append(s)
total = tf.add_n(losses)
train = tf.train.GradientDescentOptimizer(0.3).minimize(total)
for v in tf.trainable_variables():
    print(v.name, v.shape)
isinstance_ok = all(isinstance(c, rnn_cell_impl.RNNCell) for c in [MinimalGate(1), Built(1)])
print(isinstance_ok)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fd = {x: np.sin(np.arange(40.)).reshape(4, 5, 2), lens: [5, 3, 0, 1]}
    for i in range(12):
        ls, _ = sess.run([losses, train], fd)
        print(" ".join("%.5f" % l for l in ls))
    st = sess.run(states, fd)
    print(st[1][1].ravel(), st[3][1][1].ravel())
    for leaf in tf.contrib.framework.nest.flatten(st):
        print(leaf.shape, "%.5f" % leaf.sum())
