"""Programs' own cells made of TensorFlow's: overridden calls, private attributes, sizes set anew, copied drivers."""
import collections
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import dtypes, ops, tensor_shape
from tensorflow.python.layers import base as base_layer
from tensorflow.python.ops import array_ops, init_ops, math_ops, nn_ops, variable_scope as vs
from tensorflow.python.ops import rnn, rnn_cell, rnn_cell_impl
from tensorflow.python.ops.rnn_cell_impl import LSTMStateTuple, _zero_state_tensors
from tensorflow.python.util import nest
from tensorflow.contrib.rnn import LayerNormBasicLSTMCell
try:
    from tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl import _linear
except ImportError:
    from tensorflow.contrib.rnn.python.ops.core_rnn_cell import _linear

_concat = rnn_cell_impl._concat
_BIAS_VARIABLE_NAME = rnn_cell_impl._BIAS_VARIABLE_NAME


class StatesAsOutputs(tf.nn.rnn_cell.LSTMCell):
    def __init__(self, *args, **kwargs):
        kwargs["state_is_tuple"] = False
        returns = super(StatesAsOutputs, self).__init__(*args, **kwargs)
        self._output_size = self._state_size
        return returns

    def __call__(self, inputs, state, scope=None):
        output, next_state = super(StatesAsOutputs, self).__call__(inputs, state)
        return next_state, next_state


class NormWithCount(LayerNormBasicLSTMCell):
    """A normalised LSTM whose state counts its steps."""
    @property
    def state_size(self):
        return (self._num_units, self._num_units, tensor_shape.TensorShape([]))

    def call(self, inputs, state):
        c, h, count = state
        args = array_ops.concat([inputs, h], 1)
        concat = self._linear(args)
        dtype = args.dtype
        i, j, f, o = array_ops.split(value=concat, num_or_size_splits=4, axis=1)
        if self._layer_norm:
            i = self._norm(i, "input", dtype=dtype)
            j = self._norm(j, "transform", dtype=dtype)
            f = self._norm(f, "forget", dtype=dtype)
            o = self._norm(o, "output", dtype=dtype)
        g = self._activation(j)
        if (not isinstance(self._keep_prob, float)) or self._keep_prob < 1:
            g = nn_ops.dropout(g, self._keep_prob, seed=self._seed)
        new_c = c * math_ops.sigmoid(f + self._forget_bias) + math_ops.sigmoid(i) * g
        if self._layer_norm:
            new_c = self._norm(new_c, "state", dtype=dtype)
        new_h = self._activation(new_c) * math_ops.sigmoid(o)
        return new_h, (new_c, new_h, count + 1.)


class AttentionGRU(rnn_cell.GRUCell):
    """Attends to an encoder's outputs by its own, through _linear, as question answering models did."""
    def __init__(self, num_units, encoder_output, scope=None):
        self.hs = encoder_output
        super(AttentionGRU, self).__init__(num_units)

    def __call__(self, inputs, state, scope=None):
        gru_out, gru_state = super(AttentionGRU, self).__call__(inputs, state, scope)
        with vs.variable_scope(scope or type(self).__name__):
            with vs.variable_scope("Attn"):
                ht = _linear(gru_out, self._num_units, True)
                ht = tf.expand_dims(ht, axis=1)
            scores = tf.reduce_sum(self.hs * ht, reduction_indices=2, keep_dims=True)
            scores = tf.exp(scores - tf.reduce_max(scores, reduction_indices=1, keep_dims=True))
            scores = scores / (1e-6 + tf.reduce_sum(scores, reduction_indices=1, keep_dims=True))
            context = tf.reduce_sum(self.hs * scores, reduction_indices=1)
            with vs.variable_scope("AttnConcat"):
                out = tf.nn.relu(_linear([context, gru_out], self._num_units, True, tf.constant_initializer(.1)))
        return out, out


class VecAttGRUCell(rnn_cell_impl.LayerRNNCell):
    """A GRU whose update gate is scaled by a score that comes with the inputs; made like TensorFlow's own."""
    def __init__(self, num_units, activation=None, reuse=None, bias_initializer=None, name=None):
        super(VecAttGRUCell, self).__init__(_reuse=reuse, name=name)
        self.input_spec = base_layer.InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation or math_ops.tanh
        self._bias_initializer = bias_initializer

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        depth = inputs_shape[-1].value - 1
        self._gate_kernel = self.add_variable("gates/kernel", shape=[depth + self._num_units, 2 * self._num_units])
        self._gate_bias = self.add_variable("gates/%s" % _BIAS_VARIABLE_NAME, shape=[2 * self._num_units], initializer=(
            self._bias_initializer if self._bias_initializer is not None else init_ops.constant_initializer(1.0, dtype=self.dtype)))
        self._candidate_kernel = self.add_variable("candidate/kernel", shape=[depth + self._num_units, self._num_units])
        self._candidate_bias = self.add_variable("candidate/bias", shape=[self._num_units], initializer=init_ops.zeros_initializer(dtype=self.dtype))
        self.built = True

    def call(self, inputs, state):
        inputs, score = inputs[:, :-1], inputs[:, -1:]
        value = math_ops.sigmoid(nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, state], 1), self._gate_kernel), self._gate_bias))
        r, u = array_ops.split(value=value, num_or_size_splits=2, axis=1)
        c = self._activation(nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, r * state], 1), self._candidate_kernel), self._candidate_bias))
        u = (1.0 - score) * u
        new_h = u * state + (1 - u) * c
        return new_h, new_h


class Masked(tf.nn.rnn_cell.BasicLSTMCell):
    """Calls the grandmother's constructor, sets the rest by itself, and masks the kernel that the mother builds."""
    def __init__(self, num_units, forget_bias=1.0, reuse=None):
        super(tf.nn.rnn_cell.BasicLSTMCell, self).__init__(_reuse=reuse)
        self.input_spec = base_layer.InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = True
        self._activation = tf.nn.elu

    def build(self, inputs_shape):
        rows = inputs_shape[1].value + self._num_units
        self._mask = self.add_variable("mask", [rows, 4 * self._num_units], trainable=False, initializer=init_ops.ones_initializer())
        super(Masked, self).build(inputs_shape)

    def call(self, inputs, state):
        c, h = state
        z = nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, h], 1), math_ops.multiply(self._mask, self._kernel)), self._bias)
        i, j, f, o = array_ops.split(value=z, num_or_size_splits=4, axis=1)
        new_c = c * math_ops.sigmoid(f + self._forget_bias) + math_ops.sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * math_ops.sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


PointerState = collections.namedtuple("PointerState", ("cell_state", "attention", "time"))


class Pointer(tf.contrib.rnn.RNNCell):
    def __init__(self, cell, memory):
        super(Pointer, self).__init__()
        self._cell, self._memory = cell, memory

    @property
    def state_size(self):
        return PointerState(self._cell.state_size, self._memory.shape[-1].value, tensor_shape.TensorShape([]))

    @property
    def output_size(self):
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return PointerState(self._cell.zero_state(batch_size, dtype), _zero_state_tensors(self.state_size.attention, batch_size, dtype),
                                array_ops.zeros([], dtype=dtypes.int32))

    def call(self, inputs, state):
        out, cell_state = self._cell(tf.concat([inputs, state.attention], -1), state.cell_state)
        query = tf.layers.dense(out, self._memory.shape[-1].value, use_bias=False, name="query")
        weights = tf.nn.softmax(tf.reduce_sum(self._memory * tf.expand_dims(query, 1), 2))
        attention = tf.reduce_sum(self._memory * tf.expand_dims(weights, 2), 1)
        return out, PointerState(cell_state, attention, state.time + 1)


def copied_rnn(cell, inputs, lengths):
    """static_rnn by hand, of the private helpers of rnn.py."""
    state = cell.zero_state(rnn._best_effort_input_batch_size([rnn._transpose_batch_time(inputs)]), tf.float32)
    batch = tf.shape(inputs)[0]
    zero = tf.zeros(_concat(batch, cell.output_size), rnn._infer_state_dtype(None, state))
    outputs = []
    for time, step in enumerate(tf.unstack(inputs, axis=1)):
        out, state = rnn._rnn_step(time, lengths, tf.reduce_min(lengths), tf.reduce_max(lengths), zero, state, lambda: cell(step, state), cell.state_size)
        outputs.append(out)
    return tf.stack(rnn._reverse_seq(outputs, lengths), 1), state


init = tf.random_uniform_initializer(-.7, .7, seed=13)
x = tf.placeholder(tf.float32, [None, 4, 3])
lens = tf.placeholder(tf.int32, [None])
losses, finals = [], []


def run(name, make, driver=None):
    with vs.variable_scope(name, initializer=init):
        cell = make()
        if driver is None:
            out, state = tf.nn.dynamic_rnn(cell, x, sequence_length=lens, dtype=tf.float32)
        else:
            out, state = driver(cell, x, lens)
    print(name, out.shape, cell.state_size, cell.output_size, len(cell.variables))
    losses.append(tf.reduce_mean(tf.square(out - .3)))
    finals.append(state)


run("states", lambda: StatesAsOutputs(3, num_proj=2))
run("norm", lambda: NormWithCount(3, activation=math_ops.sigmoid))
run("bias", lambda: NormWithCount(3, layer_norm=False, forget_bias=.3))
run("attend", lambda: AttentionGRU(3, x))
run("vec", lambda: tf.nn.rnn_cell.MultiRNNCell([VecAttGRUCell(3), VecAttGRUCell(2, tf.nn.relu, name="upper")]))
run("masked", lambda: Masked(3))
run("pointer", lambda: Pointer(tf.nn.rnn_cell.GRUCell(4), x))
run("copied", lambda: tf.contrib.rnn.LSTMBlockCell(2), copied_rnn)
total = tf.add_n(losses)
opt = tf.train.AdamOptimizer(.03)
train = opt.apply_gradients([(tf.clip_by_norm(g, 1.), v) for g, v in opt.compute_gradients(total)])
for v in tf.global_variables():
    if "Adam" not in v.name and "power" not in v.name:
        print(v.name, v.shape)
data = np.random.RandomState(3).rand(4, 4, 3)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: data, lens: [4, 2, 0, 3]}
    for i in range(8):
        values, _ = sess.run([losses, train], feed)
        print(" ".join("%.5f" % v for v in values))
    for s in sess.run(finals, feed):
        print(" ".join("%.4f" % np.sum(leaf) for leaf in nest.flatten(s)))
