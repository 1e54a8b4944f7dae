"""Models of every kind that are saved, and looked at again in a process that has not built them.

Each function builds one in the default graph, and gives what is run, in this order, and what is fed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.rnn.conformance import CASES, Case
from tests.rnn.unrolled import Unrolled

import recell.v1 as tf

Cells = tf.nn.rnn_cell
Model = tuple[list[Any], dict[Any, Any]]
BATCH, TIME, DEPTH = 3, 4, 5


def numbers(*shape: int) -> np.ndarray:
    return np.random.RandomState(0).uniform(-1.0, 1.0, shape).astype(np.float32)


def sequences() -> Any:
    return tf.placeholder(tf.float32, [None, TIME, DEPTH], name="x")


def trained(outputs: list[Any], feed: dict[Any, Any], optimizer: Any = None) -> Model:
    """The outputs, then three steps of training with a loss of each, then the outputs again."""
    loss = tf.add_n([tf.reduce_mean(tf.square(tf.cast(o, tf.float32))) for o in outputs if o.dtype.is_floating])
    step = tf.train.get_or_create_global_step()
    train = (optimizer or tf.train.AdamOptimizer(0.01)).minimize(loss, step)
    return [outputs, *([[loss, step, train]] * 3), outputs], feed


def cell(case: Case, driver: str) -> Model:
    tf.set_random_seed(3)
    run = Unrolled(case, driver, lengths=None if driver == "loop" else [4, 2, 0])
    return trained(run.outputs + run.final, run.feed)


MODELS: dict[str, Callable[[], Model]] = {
    **{f"{case.name}, dynamic": functools.partial(cell, case, "dynamic") for case in CASES},
    **{f"{case.name}, static": functools.partial(cell, case, "static") for case in CASES[::3]},
    **{f"{case.name}, loop": functools.partial(cell, case, "loop") for case in CASES[1::3]},
}


def model(function: Callable[[], Model]) -> Callable[[], Model]:
    MODELS[function.__name__] = function
    return function


# -- drivers and cells ----------------------------------------------------------------------------------------------


@model
def bidirectional() -> Model:
    x = sequences()
    n = tf.placeholder(tf.int32, [None], name="n")
    outputs, states = tf.nn.bidirectional_dynamic_rnn(Cells.GRUCell(3), Cells.LSTMCell(2), x, n, dtype=tf.float32)
    return trained([*outputs, states[0], *states[1]], {x: numbers(BATCH, TIME, DEPTH), n: [4, 0, 2]})


@model
def stacked_bidirectional() -> Model:
    x = sequences()
    cells = [[Cells.LSTMCell(3), Cells.GRUCell(2)] for _ in range(2)]
    outputs, _, _ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(*cells, x, dtype=tf.float32)
    return trained([outputs], {x: numbers(BATCH, TIME, DEPTH)})


@model
def static_bidirectional() -> Model:
    x = sequences()
    steps = tf.unstack(x, TIME, 1)
    outputs, _, _ = tf.nn.static_bidirectional_rnn(Cells.BasicLSTMCell(3), Cells.GRUCell(2), steps, dtype=tf.float32)
    return trained(list(outputs), {x: numbers(BATCH, TIME, DEPTH)})


@model
def written_with_raw_rnn() -> Model:
    x = tf.placeholder(tf.float32, [TIME, BATCH, DEPTH], name="x")
    lstm = Cells.LSTMCell(4)
    array = tf.TensorArray(tf.float32, TIME).unstack(x)

    def step(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        following = lstm.zero_state(BATCH, tf.float32) if output is None else state
        done = time >= [4, 2, 3]
        over = tf.reduce_all(done)
        taken = tf.cond(over, lambda: tf.zeros([BATCH, DEPTH]), lambda: array.read(time))
        return done, taken, following, output, None

    outputs, state, _ = tf.nn.raw_rnn(lstm, step)
    return trained([outputs.stack(), *state], {x: numbers(TIME, BATCH, DEPTH)})


@model
def dropout_with_seeds() -> Model:
    x, keep = sequences(), tf.placeholder_with_default(0.7, [], name="keep")
    layers = [
        Cells.DropoutWrapper(Cells.BasicLSTMCell(4), keep, keep, keep, True, DEPTH, tf.float32, seed=5),
        Cells.DropoutWrapper(Cells.GRUCell(4), output_keep_prob=0.5, seed=6),
    ]
    outputs, _ = tf.nn.dynamic_rnn(Cells.MultiRNNCell(layers), x, dtype=tf.float32)
    return trained([tf.nn.dropout(outputs, keep, seed=7)], {x: numbers(BATCH, TIME, DEPTH)})


@model
def activations_of_the_programs_own() -> Model:
    x = sequences()
    outputs, _ = tf.nn.dynamic_rnn(Cells.LSTMCell(4, activation=lambda z: tf.nn.relu(z) - 0.1 * z), x, dtype=tf.float32)
    more, _ = tf.nn.dynamic_rnn(Cells.GRUCell(4, activation=tf.nn.softsign), outputs, dtype=tf.float32, scope="more")
    linear, _ = tf.nn.dynamic_rnn(Cells.BasicRNNCell(2, activation="linear"), more, dtype=tf.float32, scope="linear")
    return trained([linear], {x: numbers(BATCH, TIME, DEPTH)})


class Leaky(Cells.RNNCell):
    """A cell as programs write them."""

    @property
    def state_size(self) -> int:
        return 4

    @property
    def output_size(self) -> int:
        return 4

    def call(self, inputs: Any, state: Any) -> Any:
        kept = tf.get_variable("kept", [4], initializer=tf.constant_initializer(0.3))
        new = tf.sigmoid(kept) * state + tf.tanh(tf.layers.dense(tf.concat([inputs, state], 1), 4))
        return tf.contrib.layers.layer_norm(new), new


@model
def cell_of_the_programs_own() -> Model:
    x = sequences()
    outputs, state = tf.nn.dynamic_rnn(Leaky(), x, [4, 1, 0], dtype=tf.float32, swap_memory=True)
    return trained([outputs, state], {x: numbers(BATCH, TIME, DEPTH)})


@model
def fused_cells() -> Model:
    x = tf.placeholder(tf.float32, [TIME, BATCH, DEPTH], name="x")
    fused, _ = tf.contrib.rnn.LSTMBlockFusedCell(4)(x, dtype=tf.float32)
    adapted, _ = tf.contrib.rnn.FusedRNNCellAdaptor(Cells.GRUCell(3), use_dynamic_rnn=True)(fused, dtype=tf.float32)
    return trained([adapted], {x: numbers(TIME, BATCH, DEPTH)})


@model
def cudnn_layers() -> Model:
    x = tf.placeholder(tf.float32, [TIME, BATCH, DEPTH], name="x")
    outputs, states = tf.contrib.cudnn_rnn.CudnnLSTM(2, 4)(x)
    return trained([outputs, *states], {x: numbers(TIME, BATCH, DEPTH)})


# -- sequences to sequences -----------------------------------------------------------------------------------------


def _attending(memory: Any, batch: int) -> tuple[Any, Any]:
    mechanism = tf.contrib.seq2seq.BahdanauAttention(4, memory, memory_sequence_length=[4, 3, 2][:batch])
    wrapped = tf.contrib.seq2seq.AttentionWrapper(Cells.LSTMCell(4), mechanism, attention_layer_size=4)
    return wrapped, wrapped.zero_state(batch, tf.float32)


@model
def attention_with_a_teacher() -> Model:
    x = sequences()
    wrapped, state = _attending(x, BATCH)
    helper = tf.contrib.seq2seq.TrainingHelper(x, [4, 2, 3])
    decoder = tf.contrib.seq2seq.BasicDecoder(wrapped, helper, state, tf.layers.Dense(6))
    outputs, final, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
    labels = tf.zeros([BATCH, TIME], tf.int32)
    loss = tf.contrib.seq2seq.sequence_loss(outputs.rnn_output, labels, tf.sequence_mask(lengths, TIME, tf.float32))
    return trained([outputs.rnn_output, final.attention, loss], {x: numbers(BATCH, TIME, DEPTH)})


@model
def greedy_and_beam_decoding() -> Model:
    x = sequences()
    embedding = tf.get_variable("embedding", [6, DEPTH])
    wrapped, state = _attending(x, BATCH)
    helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(embedding, [1] * BATCH, 0)
    decoder = tf.contrib.seq2seq.BasicDecoder(wrapped, helper, state, tf.layers.Dense(6))
    greedy, _, _ = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=5)
    lstm, project = Cells.LSTMCell(4), tf.layers.Dense(6)
    start = tf.contrib.seq2seq.tile_batch(lstm.zero_state(BATCH, tf.float32), 2)
    beam = tf.contrib.seq2seq.BeamSearchDecoder(lstm, embedding, [1] * BATCH, 0, start, 2, project)
    found, _, _ = tf.contrib.seq2seq.dynamic_decode(beam, maximum_iterations=5)
    return [[greedy.sample_id, greedy.rnn_output, found.predicted_ids]], {x: numbers(BATCH, TIME, DEPTH)}


@model
def legacy_attention() -> Model:
    words = tf.placeholder(tf.int32, [TIME, BATCH], name="words")
    steps = tf.unstack(words)
    outputs, _ = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(steps, steps, Cells.GRUCell(4), 7, 7, 5)
    feed = {words: np.random.RandomState(0).randint(0, 7, [TIME, BATCH])}
    return trained(list(outputs), feed, tf.train.GradientDescentOptimizer(0.1))


# -- control flow and functions -------------------------------------------------------------------------------------


@model
def loops_and_branches() -> Model:
    x, flag = tf.placeholder(tf.float32, [3], name="x"), tf.placeholder(tf.bool, [], name="flag")
    w = tf.get_variable("w", [3])

    def body(i: Any, y: Any, array: Any) -> Any:
        y = tf.cond(tf.reduce_sum(y) > 1.0, lambda: y * w, lambda: tf.map_fn(lambda r: r + 0.5, y))
        return i + 1, y, array.write(i, y)

    _, y, array = tf.while_loop(lambda i, *_: i < 4, body, [0, x, tf.TensorArray(tf.float32, 4)])
    sums = tf.scan(lambda a, r: a + r, x * w)
    chosen = tf.case([(flag, lambda: y), (tf.logical_not(flag), lambda: sums)], default=lambda: x)
    return trained([y, array.stack(), sums, chosen], {x: [0.2, 0.4, -0.3], flag: True})


@model
def gradients_of_the_programs_own() -> Model:
    x = tf.placeholder(tf.float32, [3], name="x")

    @tf.custom_gradient
    def clipped(z: Any) -> Any:
        return tf.tanh(z), lambda dz: tf.clip_by_value(dz, -0.1, 0.1)

    y = clipped(x * tf.get_variable("w", [3], initializer=tf.ones_initializer()))
    return trained([y, *tf.gradients(y, x)], {x: [0.2, 0.4, -0.3]})


@model
def second_derivatives() -> Model:
    x = sequences()
    outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(4), x, dtype=tf.float32)
    slope = tf.gradients(outputs, x)[0]
    return trained([tf.norm(slope, axis=-1)], {x: numbers(BATCH, TIME, DEPTH)})


# -- losses, layers, words ------------------------------------------------------------------------------------------


@model
def words_with_sparse_gradients() -> Model:
    ids = tf.placeholder(tf.int32, [BATCH, TIME], name="ids")
    table = tf.get_variable("table", [20, DEPTH], partitioner=tf.fixed_size_partitioner(2))
    outputs, _ = tf.nn.dynamic_rnn(Cells.LSTMCell(4), tf.nn.embedding_lookup(table, ids, "div"), dtype=tf.float32)
    logits = tf.layers.dense(outputs, 20, use_bias=False)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=logits))
    variables = tf.trainable_variables()
    gradients, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 0.5)
    rate = tf.train.exponential_decay(0.5, tf.train.get_or_create_global_step(), 2, 0.5, staircase=True)
    pairs = zip(gradients, variables, strict=True)
    train = tf.train.AdagradOptimizer(rate).apply_gradients(pairs, tf.train.get_global_step())
    feed = {ids: np.random.RandomState(0).randint(0, 20, [BATCH, TIME])}
    return [[loss, norm, rate], *([[train, tf.train.get_global_step()]] * 3), [loss, norm, rate]], feed


@model
def layers_and_averages() -> Model:
    x, training = tf.placeholder(tf.float32, [None, 8, 8, 1], name="x"), tf.placeholder(tf.bool, [], name="training")
    h = tf.layers.conv2d(x, 3, 3, activation=tf.nn.relu, kernel_regularizer=tf.contrib.layers.l2_regularizer(0.1))
    h = tf.layers.max_pooling2d(tf.layers.batch_normalization(h, training=training), 2, 2)
    y = tf.layers.dense(tf.layers.flatten(h), 2, name="y")
    loss = tf.losses.mean_squared_error(tf.ones_like(y), y) + tf.losses.get_regularization_loss()
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True).minimize(loss)
    average = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([train]):
        train = average.apply(tf.trainable_variables())
    kept = average.average(tf.trainable_variables()[0])
    return [[y, loss], [train], [train], [y, loss, kept]], {x: numbers(2, 8, 8, 1), training: True}


@model
def ctc_and_crf() -> Model:
    x = sequences()
    outputs, _ = tf.nn.dynamic_rnn(Cells.LSTMCell(4), x, dtype=tf.float32)
    logits = tf.layers.dense(outputs, 4)
    labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 0]], [0, 1, 2, 0], [BATCH, 2])
    ctc = tf.nn.ctc_loss(labels, logits, [TIME] * BATCH, time_major=False)
    decoded, _ = tf.nn.ctc_greedy_decoder(tf.transpose(logits, [1, 0, 2]), [TIME] * BATCH)
    crf, transitions = tf.contrib.crf.crf_log_likelihood(logits, tf.zeros([BATCH, TIME], tf.int32), [4, 2, 3])
    best, _ = tf.contrib.crf.crf_decode(logits, transitions, [4, 2, 3])
    return trained([ctc, crf, decoded[0].values, best], {x: numbers(BATCH, TIME, DEPTH)})


@model
def variables_as_resources() -> Model:
    x = sequences()
    with tf.variable_scope("model", use_resource=True):
        outputs, _ = tf.nn.dynamic_rnn(Cells.GRUCell(4), x, dtype=tf.float32)
    return trained([outputs], {x: numbers(BATCH, TIME, DEPTH)}, tf.train.FtrlOptimizer(0.1))


@model
def metrics_and_summaries() -> Model:
    x = tf.placeholder(tf.float32, [4], name="x")
    w = tf.get_variable("w", [4], initializer=tf.ones_initializer())
    value, update = tf.metrics.mean(x * w)
    tf.summary.scalar("mean", value)
    tf.summary.histogram("w", w)
    reset = tf.variables_initializer(tf.local_variables())
    tf.add_to_collection(tf.GraphKeys.LOCAL_INIT_OP, reset)
    return [[reset], [update], [update], [value, tf.summary.merge_all()]], {x: [1.0, 2.0, 3.0, 4.0]}


# -- input ----------------------------------------------------------------------------------------------------------


@model
def tables_of_words() -> Model:
    words = tf.placeholder(tf.string, [None], name="words")
    table = tf.contrib.lookup.index_table_from_tensor(["a", "b", "c"], num_oov_buckets=2)
    back = tf.contrib.lookup.index_to_string_table_from_tensor(["a", "b", "c"], default_value="?")
    rows = tf.nn.embedding_lookup(tf.get_variable("rows", [5, 2]), table.lookup(words))
    filled = tf.tables_initializer()
    return [[filled], [rows, back.lookup(table.lookup(words))]], {words: ["c", "a", "x"]}


@model
def datasets() -> Model:
    data = tf.data.Dataset.from_tensor_slices(numbers(6, 2)).map(lambda r: (r * 2.0, tf.reduce_sum(r)))
    data = data.filter(lambda row, total: total > -1.0).shuffle(4, seed=3).repeat(2)
    again = data.padded_batch(2, ([None], [])).make_initializable_iterator()
    once = data.batch(3).make_one_shot_iterator()
    rows, sums = again.get_next()
    w = tf.get_variable("w", [2])
    return [[again.initializer], [rows * w, sums], [rows, *once.get_next()], [sums]], {}


@model
def queues_by_hand() -> Model:
    queue = tf.PaddingFIFOQueue(10, [tf.int32, tf.float32], [[None], []], name="queue")
    put = queue.enqueue_many([tf.constant([[1, 2], [3, 0]]), tf.get_variable("w", [2])])
    taken = queue.dequeue_many(2)
    return [[put], [put], list(taken), [queue.size()]], {}
