"""Beam search: TensorFlow's goldens and answers, and what must hold of every search."""

from __future__ import annotations

import doctest
import importlib
import itertools
import pathlib

import numpy as np
import pytest
from tests import figures
from tests.seq2seq.golden_beam import BEAM, check_beam, hidden

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("beam_cases.txt")
S = tf.contrib.seq2seq


@pytest.fixture(autouse=True)
def _fresh_graph():
    with tf.Graph().as_default():
        yield


def run(fetches, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feed)


@pytest.mark.parametrize("name", sorted(BEAM))
def test_golden(name: str) -> None:
    check_beam(tf, name)


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.mark.parametrize("module", ["beam_search_decoder", "gather_tree", "tile_batch"])
def test_examples(module: str) -> None:
    found = doctest.testmod(importlib.import_module("recell.seq2seq." + module))
    assert found.attempted > 0
    assert found.failed == 0


class Table(tf.nn.rnn_cell.RNNCell):
    """A chain: the inputs, rows of a table, are the next token's logits; the state counts the steps."""

    state_size = 1

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self._tokens = tokens

    @property
    def output_size(self) -> int:
        return self._tokens

    def call(self, inputs, state):
        return inputs, state + 1.0


def search(table, start, end, width, **options):
    """`(ids [time, beam], log probabilities [beam], lengths [beam])` of the first row."""
    steps = options.pop("maximum_iterations", None)
    d = S.BeamSearchDecoder(
        Table(len(table)), tf.constant(table), [start], end, tf.zeros([width, 1], table.dtype), width, **options
    )
    outputs, state, _ = S.dynamic_decode(d, maximum_iterations=steps)
    ids, log_probs, lengths = run([outputs.predicted_ids, state.log_probs, state.lengths])
    return ids[0], log_probs[0], lengths[0]


def log_table(tokens, seed):
    logits = np.random.RandomState(seed).randn(tokens, tokens)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def all_sequences(table, start, end, steps):
    """Every sequence of at most `steps` tokens that is finished or of full length, with its log probability."""
    found = {}
    for tokens in itertools.product(range(len(table)), repeat=steps):
        cut = tokens[: tokens.index(end) + 1] if end in tokens else tokens
        found[cut] = sum(table[a, b] for a, b in zip((start, *cut[:-1]), cut, strict=True))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weight", [0.0, 0.9])
def test_a_beam_of_every_sequence_finds_the_best_ones(seed: int, weight: float) -> None:
    tokens, steps, end = 3, 4, 0
    table = log_table(tokens, seed)
    every = all_sequences(table, 1, end, steps)
    # Finished sequences are ranked by the length without the end token at the step that finishes them, and by the
    # whole length from then on: all are by the last step but those finished there.
    late = {cut: len(cut) - (len(cut) == steps and cut[-1] == end) for cut in every}
    score = {cut: p / ((5 + late[cut]) / 6) ** weight for cut, p in every.items()}
    ids, log_probs, lengths = search(table, 1, end, len(every), length_penalty_weight=weight, maximum_iterations=steps)
    got = [tuple(column[:length]) for column, length in zip(ids.T.tolist(), lengths, strict=True)]
    assert set(got) == set(every)
    # Sequences of the same transitions in another order are as likely, but for a rounding error.
    np.testing.assert_allclose([score[cut] for cut in got], sorted(score.values(), reverse=True), rtol=1e-6)
    np.testing.assert_allclose(log_probs, [every[cut] for cut in got], rtol=1e-12)


def test_one_beam_is_greedy() -> None:
    table = log_table(6, 3)
    ids, log_probs, lengths = search(table, 1, 5, 1, maximum_iterations=8)
    token, expected, total = 1, [], 0.0
    while len(expected) < 8 and (not expected or expected[-1] != 5):
        total += table[token].max()
        token = int(table[token].argmax())
        expected.append(token)
    assert ids[: len(expected), 0].tolist() == expected
    assert lengths.tolist() == [len(expected)]
    np.testing.assert_allclose(log_probs, [total])


def test_rows_do_not_disturb_each_other() -> None:
    table = log_table(5, 0)
    together = S.BeamSearchDecoder(Table(5), tf.constant(table), [1, 2, 3], 0, tf.zeros([9, 1], tf.float64), 3)
    ids, log_probs = run([S.dynamic_decode(together, maximum_iterations=6)[k] for k in (0, 1)])
    for row, start in enumerate([1, 2, 3]):
        alone = search(table, start, 0, 3, maximum_iterations=6)
        steps = min(len(alone[0]), ids.predicted_ids.shape[1])
        np.testing.assert_array_equal(ids.predicted_ids[row, :steps], alone[0][:steps])
        np.testing.assert_allclose(log_probs.log_probs[row], alone[1])


def test_the_cells_states_go_with_their_beams() -> None:
    class Memory(tf.nn.rnn_cell.RNNCell):
        """Its state is the sum of the tokens' weights that it has seen."""

        state_size = 1
        output_size = 4

        def call(self, inputs, state):
            return inputs[:, :4], state + inputs[:, 4:]

    table = np.concatenate([log_table(4, 5), [[1.0], [10.0], [100.0], [1000.0]]], 1)
    d = S.BeamSearchDecoder(Memory(), tf.constant(table), [1], 0, tf.zeros([3, 1], tf.float64), 3)
    outputs, state, _ = S.dynamic_decode(d, maximum_iterations=5)
    ids, sums, lengths = run([outputs.predicted_ids, state.cell_state, state.lengths])
    unfinished = [k for k in range(3) if 0 not in ids[0, :, k]]
    assert unfinished
    for k in unfinished:
        seen = [1, *ids[0, : lengths[0, k] - 1, k]]
        assert sums[0, k, 0] == sum(10.0**token for token in seen)


class TestHidden:
    """Functions of the module that programs and TensorFlow's own tests call."""

    def test_only_finished_beams_are_masked(self) -> None:
        probs = tf.constant([[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]])
        masked = run(hidden(tf, "_mask_probs")(probs, 1, tf.constant([[True, False]])))
        low = np.finfo(np.float32).min
        np.testing.assert_array_equal(masked, np.float32([[[low, 0, low], [0.4, 0.5, 0.6]]]))

    def test_length_penalty(self) -> None:
        penalty = hidden(tf, "_length_penalty")
        assert penalty(tf.constant([1]), 0.0) == 1.0
        np.testing.assert_allclose(run(penalty(tf.constant([1, 7]), 0.5)), [1.0, np.sqrt(2)], rtol=1e-6)

    def test_coverage_is_for_finished_beams_and_of_attended_places(self) -> None:
        covered = tf.constant([[[0.0, 0.5, 0.2, 1.5], [0.1, 0.1, 0.1, 0.1]]])
        scores = hidden(tf, "_get_scores")(
            tf.constant([[[-1.0], [-2.0]]]), tf.constant([[[1], [1]]]), 0.0, 0.3, tf.constant([[True, False]]), covered
        )
        np.testing.assert_allclose(run(scores), [[[-1 + 0.3 * np.log(0.1)], [-2]]], rtol=1e-6)

    def test_coverage_needs_attention(self) -> None:
        one = tf.ones([1, 1, 1])
        with pytest.raises(ValueError, match="can be None only if coverage penalty is disabled"):
            hidden(tf, "_get_scores")(one, tf.ones([1, 1, 1]), 0.0, 0.3, tf.constant([[True]]), None)
        with pytest.raises(ValueError, match="should be a scalar, but saw shape: \\(1,\\)"):
            hidden(tf, "_get_scores")(one, tf.ones([1, 1, 1]), 0.0, [0.3], tf.constant([[True]]), one)
        with pytest.raises(ValueError, match=r"must be 0\.0 if no cell is attentional"):
            hidden(tf, "get_attention_probs")((one,), 0.3)

    @pytest.mark.parametrize(
        ("shape", "batch", "width", "fits"),
        [
            ([None, 2], 2, 3, True),
            ([6], 2, 3, True),
            ([6, None], 2, 3, True),
            ([3, 1], 3, 1, True),
            ([7, 4], None, 3, True),
            ([6, 2], 2, 3, False),
            ([2, 3, 2], 2, 3, False),
            ([5], 2, 3, False),
            ([3, 2], 3, 1, False),
        ],
    )
    def test_shapes_that_may_hold_beams(self, shape, batch, width, fits) -> None:
        check = hidden(tf, "_check_static_batch_beam_maybe")
        assert check(tf.TensorShape(shape), batch, width) is fits

    @pytest.mark.parametrize(
        ("shape", "fits"),
        [((4, 6, 2), True), ((4, 2, 3), True), ((4, 6), True), ((4, 5, 2), False), ((4, 3, 2), False)],
    )
    def test_elements_that_hold_beams(self, shape, fits) -> None:
        check = hidden(tf, "_check_batch_beam")(tf.zeros(shape), tf.constant(2), 3)
        if fits:
            run(check)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="expects elements to be reshapable to"):
                run(check)

    @pytest.mark.parametrize("shape", [(4, 6), (4, 2, 3), (4, 2, 3, 5, 2), (4, 6, 1)])
    def test_elements_of_any_shape_follow_their_beams(self, shape) -> None:
        random = np.random.RandomState(2)
        parents = random.randint(0, 3, [4, 2, 3]).astype(np.int32)
        lengths = np.int64([[4, 2, 3], [1, 0, 4]])
        t = random.randn(*shape)
        got = run(hidden(tf, "gather_tree_from_array")(tf.constant(t), parents, tf.constant(lengths)))
        assert got.shape == shape
        parted, expected = t.reshape(4, 2, 3, -1), t.reshape(4, 2, 3, -1).copy()
        for row, beam in itertools.product(range(2), range(3)):
            place = beam
            for step in range(lengths[row].max() - 1, -1, -1):
                if step < lengths[row, beam]:
                    expected[step, row, beam] = parted[step, row, place]
                place = parents[step, row, place]
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)


def test_a_parent_beyond_the_last_beam_is_an_error() -> None:
    # TensorFlow reads what lies behind the row when the number is that of the beams.
    parents = np.int32([[[0, 0]], [[0, 2]]])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"invalid parent id 2 at .* == \(0, 0, 1\)"):
        run(S.gather_tree(parents, parents, [2], 7))
