"""GNMT-style encoders: a bidirectional layer, then residual ones; residual_fn with tuples and wider inputs; highways."""
import numpy as np
import tensorflow as tf

H, B, T, E, V = 4, 3, 5, 6, 11


def gnmt_residual_fn(inputs, outputs):
    """The output plus the part of the inputs that has its size; the context behind it stays out."""
    def front(inp, out):
        out_dim = out.get_shape().as_list()[-1]
        inp_dim = inp.get_shape().as_list()[-1]
        return tf.split(inp, [out_dim, inp_dim - out_dim], axis=-1)[0]
    actual_inputs = tf.contrib.framework.nest.map_structure(front, inputs, outputs)
    tf.contrib.framework.nest.assert_same_structure(outputs, actual_inputs)
    return tf.contrib.framework.nest.map_structure(lambda inp, out: inp + out, actual_inputs, outputs)


class PassesContext(tf.contrib.rnn.RNNCell):
    """Runs a cell on the first of two inputs and hands the second on."""
    def __init__(self, cell):
        super(PassesContext, self).__init__()
        self._cell = cell

    state_size = property(lambda self: self._cell.state_size)
    output_size = property(lambda self: (self._cell.output_size, 2))

    def call(self, inputs, state):
        out, state = self._cell(inputs[0], state)
        return (out, inputs[1]), state


def single_cell(unit_type, num_units, residual=False, residual_fn=None, device=None):
    if unit_type == "lstm":
        cell = tf.contrib.rnn.BasicLSTMCell(num_units, forget_bias=.9)
    elif unit_type == "gru":
        cell = tf.contrib.rnn.GRUCell(num_units)
    else:
        cell = tf.contrib.rnn.LayerNormBasicLSTMCell(num_units, forget_bias=.9, layer_norm=True)
    if residual:
        cell = tf.contrib.rnn.ResidualWrapper(cell, residual_fn=residual_fn)
    if device:
        cell = tf.contrib.rnn.DeviceWrapper(cell, device)
    return cell


def cell_list(unit_type, n, residual_layers, **kw):
    cells = [single_cell(unit_type, H, residual=(i >= n - residual_layers), device="/cpu:0", **kw) for i in range(n)]
    return cells[0] if len(cells) == 1 else tf.contrib.rnn.MultiRNNCell(cells)


ids = tf.placeholder(tf.int32, [None, None])
lens = tf.placeholder(tf.int32, [None])
target = tf.placeholder(tf.float32, [None, None, H])
total = []
with tf.variable_scope("dynamic_seq2seq", initializer=tf.random_uniform_initializer(-.5, .5, seed=41)):
    table = tf.get_variable("embedding_encoder", [V, H])
    embedded = tf.nn.embedding_lookup(table, ids)
    for unit in ["lstm", "gru", "layer_norm_lstm"]:
        with tf.variable_scope("encoder_" + unit):
            both, both_state = tf.nn.bidirectional_dynamic_rnn(
                cell_list(unit, 1, 0), cell_list(unit, 1, 0), embedded, dtype=tf.float32, sequence_length=lens, swap_memory=True)
            joined = tf.layers.dense(tf.concat(both, -1), H, use_bias=False, name="joined")
            uni, uni_state = tf.nn.dynamic_rnn(cell_list(unit, 3, 2), joined, dtype=tf.float32, sequence_length=lens)
        total.append(tf.losses.mean_squared_error(target, uni, weights=tf.expand_dims(tf.sequence_mask(lens, tf.shape(ids)[1], tf.float32), -1)))
        print(unit, uni.shape, len(tf.contrib.framework.nest.flatten((both_state, uni_state))))
    with tf.variable_scope("tuples"):
        context = tf.layers.dense(embedded, 2, name="context")
        cells = [tf.contrib.rnn.ResidualWrapper(PassesContext(tf.contrib.rnn.GRUCell(H)), residual_fn=lambda i, o: (i[0] + o[0], o[1] * .5 + i[1])) for _ in range(2)]
        (out, passed), state = tf.nn.dynamic_rnn(tf.contrib.rnn.MultiRNNCell(cells), (embedded, context), sequence_length=lens, dtype=tf.float32)
        total.append(tf.reduce_mean(tf.square(out - target)) + tf.reduce_mean(tf.square(passed)))
    with tf.variable_scope("wide"):
        wide = tf.concat([embedded, tf.zeros_like(embedded)[:, :, :2]], -1)
        out, _ = tf.nn.dynamic_rnn(tf.contrib.rnn.ResidualWrapper(tf.contrib.rnn.GRUCell(H), gnmt_residual_fn), wide, dtype=tf.float32)
        total.append(tf.reduce_mean(tf.square(out - target)))
    with tf.variable_scope("highway"):
        deep = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.HighwayWrapper(tf.contrib.rnn.UGRNNCell(H), couple_carry_transform_gates=k == 0,
                                                                          carry_bias_init=-.5) for k in range(2)])
        out, _ = tf.nn.dynamic_rnn(deep, embedded, lens, dtype=tf.float32)
        total.append(tf.reduce_mean(tf.square(out - target)))
loss = tf.add_n(total)
params = tf.trainable_variables()
gradients = tf.gradients(loss, params, colocate_gradients_with_ops=True)
clipped, norm = tf.clip_by_global_norm(gradients, 2.)
step = tf.Variable(0, trainable=False, name="step")
rate = tf.train.exponential_decay(tf.cond(step < 3, lambda: tf.constant(.1), lambda: tf.constant(.4)), step, 4, .7, staircase=True)
update = tf.train.GradientDescentOptimizer(rate).apply_gradients(zip(clipped, params), global_step=step)
for p in params:
    print("  %s, %s" % (p.name, str(p.get_shape())))
rs = np.random.RandomState(2)
feed = {ids: rs.randint(0, V, (B, T)), lens: [5, 3, 1], target: rs.rand(B, T, H)}
with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(5):
        values, n, r, _ = sess.run([total, norm, rate, update], feed)
        print("%d %s norm %.3g rate %.4f" % (i, " ".join("%.5f" % v for v in values), n, r))
