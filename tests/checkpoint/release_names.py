"""How releases of TensorFlow name the variables of cells and drivers: `release_names.json`.

    python tests/checkpoint/release_names.py     with a genuine TensorFlow of any 1.x release, or 0.12 (Python 2.7)

adds that release to the file. A case is a graph; what an old release does not have is left out. Programs of the tests
build the same cases with Recell.
"""

import json
import os
import sys

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "release_names.json")


def cases(tf, rnn, legacy):
    """Functions that build a graph each, by name. `rnn` has cells and drivers, `legacy` the old seq2seq."""

    def inputs():
        return tf.zeros([2, 5, 4])

    def steps(size):
        return [tf.zeros([2, size])] * 2

    def words():
        return [tf.zeros([2], tf.int32)] * 2

    def ends():
        return tf.constant([3, 3])

    def dynamic(make):
        return lambda: tf.nn.dynamic_rnn(make(), inputs(), dtype=tf.float32)

    def direct(make, size=4):
        def build():
            cell = make()
            cell(tf.zeros([2, size]), cell.zero_state(2, tf.float32))

        return build

    def bidirectional(name):
        return lambda: getattr(tf.nn, name)(rnn.LSTMCell(3), rnn.LSTMCell(3), inputs(), ends(), dtype=tf.float32)

    def gru():
        return rnn.GRUCell(3)

    def stack():
        return rnn.MultiRNNCell([rnn.BasicLSTMCell(3), rnn.GRUCell(3)])

    def wrapped(name):
        return lambda: getattr(rnn, name)(gru(), 5)

    def embedded():
        cell = rnn.EmbeddingWrapper(stack(), 7, 5)
        cell(tf.zeros([2, 1], tf.int32), cell.zero_state(2, tf.float32))

    found = {
        "basic_rnn": dynamic(lambda: rnn.BasicRNNCell(3)),
        "gru": dynamic(gru),
        "gru_direct": direct(gru),
        "gru_static": lambda: rnn.static_rnn(gru(), steps(4), dtype=tf.float32),
        "basic_lstm": dynamic(lambda: rnn.BasicLSTMCell(3)),
        "lstm": dynamic(lambda: rnn.LSTMCell(4, use_peepholes=True, num_proj=2)),
        "lstm_block": dynamic(lambda: rnn.LSTMBlockCell(3, use_peephole=True)),
        "lstm_fused": lambda: rnn.LSTMBlockFusedCell(3, use_peephole=True)(tf.zeros([5, 2, 4]), dtype=tf.float32),
        "gru_block": dynamic(lambda: rnn.GRUBlockCell(3)),
        "layer_norm": dynamic(lambda: rnn.LayerNormBasicLSTMCell(3)),
        "coupled": dynamic(lambda: rnn.CoupledInputForgetGateLSTMCell(4, use_peepholes=True, num_proj=2)),
        "nas": dynamic(lambda: rnn.NASCell(3, num_proj=2)),
        "ugrnn": dynamic(lambda: rnn.UGRNNCell(3)),
        "intersection": dynamic(lambda: rnn.IntersectionRNNCell(4)),
        "phased": lambda: tf.nn.dynamic_rnn(
            rnn.PhasedLSTMCell(3, use_peepholes=True), (tf.zeros([2, 5, 1]), inputs()), dtype=tf.float32
        ),
        "time_freq": direct(lambda: rnn.TimeFreqLSTMCell(4, True, feature_size=2, frequency_skip=1)),
        "grid": dynamic(lambda: rnn.GridLSTMCell(4, feature_size=2, frequency_skip=1, num_frequency_blocks=[3])),
        "grid_rnn": direct(lambda: tf.contrib.grid_rnn.Grid2LSTMCell(3)),
        "stack": dynamic(stack),
        "input_projection": dynamic(wrapped("InputProjectionWrapper")),
        "output_projection": dynamic(wrapped("OutputProjectionWrapper")),
        "both_projections": dynamic(lambda: rnn.InputProjectionWrapper(rnn.OutputProjectionWrapper(stack(), 2), 6)),
        "embedding": embedded,
        "attention": dynamic(lambda: rnn.AttentionCellWrapper(gru(), 4, state_is_tuple=True)),
        "highway": dynamic(lambda: rnn.HighwayWrapper(rnn.GRUCell(4))),
        "bidirectional": bidirectional("bidirectional_dynamic_rnn"),
        "bidirectional_static": lambda: rnn.static_bidirectional_rnn(stack(), stack(), steps(4), dtype=tf.float32),
        "stack_bidirectional": lambda: rnn.stack_bidirectional_dynamic_rnn(
            [rnn.LSTMCell(3), gru()], [rnn.LSTMCell(3), gru()], inputs(), sequence_length=ends(), dtype=tf.float32
        ),
        "stack_bidirectional_static": lambda: rnn.stack_bidirectional_rnn(
            [gru(), gru()], [gru(), gru()], steps(4), dtype=tf.float32
        ),
        "basic_seq2seq": lambda: legacy.basic_rnn_seq2seq(steps(3), steps(3), gru()),
        "tied_seq2seq": lambda: legacy.tied_rnn_seq2seq(steps(3), steps(3), gru()),
        "embedding_seq2seq": lambda: legacy.embedding_rnn_seq2seq(words(), words(), gru(), 5, 6, 3),
        "attention_seq2seq": lambda: legacy.embedding_attention_seq2seq(
            words(), words(), stack(), 5, 6, 3, num_heads=2
        ),
        "attention_seq2seq_projected": lambda: legacy.embedding_attention_seq2seq(
            words(), words(), gru(), 5, 6, 3, output_projection=(tf.zeros([3, 6]), tf.zeros([6]))
        ),
        "fully_connected": lambda: tf.contrib.layers.fully_connected(tf.zeros([2, 3]), 4),
    }
    return found


class Names:
    """Cells and drivers, wherever the release has them."""

    def __init__(self, tf):
        self.places = [tf.contrib.rnn, getattr(tf.nn, "rnn_cell", None)]
        self.older = {"static_rnn": "rnn", "static_bidirectional_rnn": "bidirectional_rnn"}
        self.tf = tf

    def __getattr__(self, name):
        for place in self.places:
            if hasattr(place, name):
                return getattr(place, name)
        return getattr(self.tf.nn, self.older.get(name, name))


def variables(tf, build):
    """Names and shapes of what a case makes."""
    listed = getattr(tf, "global_variables", None) or tf.all_variables
    with tf.Graph().as_default():
        build()
        return {str(v.op.name): v.get_shape().as_list() for v in listed()}


def of_release(tf):
    """All cases that this TensorFlow can build."""
    legacy = getattr(tf.contrib, "legacy_seq2seq", None) or tf.nn.seq2seq
    found = {}
    for name, build in cases(tf, Names(tf), legacy).items():
        try:
            found[name] = variables(tf, build)
        except AttributeError as error:  # the release does not have it yet
            sys.stderr.write(name + ": " + str(error) + "\n")
    return found


def main():
    import tensorflow as tf

    held = {}
    if os.path.exists(FILE):
        with open(FILE) as file:
            held = json.load(file)
    held[tf.__version__] = of_release(tf)
    with open(FILE, "w") as file:
        file.write(as_text(held))


def as_text(held):
    """A case a line."""
    blocks = []
    for release in sorted(held, key=lambda text: [int(part) for part in text.split(".")]):
        made = held[release]
        rows = ["  " + json.dumps(case) + ": " + json.dumps(made[case], sort_keys=True) for case in sorted(made)]
        blocks.append(json.dumps(release) + ": {\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    main()
