"""Every cell and wrapper has every property of a good one. A new cell joins by a line in conformance.py."""

from __future__ import annotations

import copy
import importlib
import pkgutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.rnn.conformance import CASES, Case, Cells, nest
from tests.rnn.unrolled import Unrolled, fresh, start

import recell.rnn
import recell.v1 as tf
from recell.rnn.cell import LayerRNNCell, RNNCell

BASES = {RNNCell, LayerRNNCell}


def having(name: str) -> Any:
    """The cases that have this property, as parameters; the reason of one that has not is shown."""
    cases = [
        pytest.param(case, id=case.name, marks=pytest.mark.skip(case.without[name]) if name in case.without else ())
        for case in CASES
    ]
    return pytest.mark.parametrize("case", cases)


def equal(ours: list[np.ndarray], theirs: list[np.ndarray], tolerance: float = 1e-12) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@having("gradients")
@pytest.mark.parametrize("order", [1, 2])
def test_gradients_are_derivatives(case: Case, order: int) -> None:
    """The derivative along a random direction, by inputs, initial states and variables, against differences."""
    with fresh() as session:
        run = Unrolled(case, lengths=[4, 2, 0])
        wrt = run.differentiable
        random = np.random.RandomState(1)
        slope = _weighted([leaf for leaf in run.outputs + run.final if leaf.dtype.is_floating], random)
        for _ in range(order - 1):
            slope = _weighted([g for g in tf.gradients(slope, wrt) if g is not None], random)
        gradients = tf.gradients(slope, wrt)
        values = start(session)
        points = [run.feed[t] if t in run.feed else values[t.op.name] for t in wrt]
        directions = [random.uniform(-1.0, 1.0, point.shape) for point in points]
        known = [(g, d) for g, d in zip(gradients, directions, strict=True) if g is not None]
        dense = session.run([tf.convert_to_tensor(g) for g, _ in known], run.feed)
        analytic = sum(float(np.sum(g * d)) for g, (_, d) in zip(dense, known, strict=True))

        def at(step: float) -> float:
            feed = dict(run.feed)
            for tensor, point, direction in zip(wrt, points, directions, strict=True):
                moved = point + step * direction
                if tensor in feed:
                    feed[tensor] = moved
                else:
                    tensor.load(moved, session)
            return float(session.run(slope, feed))

        numeric = (at(1e-5) - at(-1e-5)) / 2e-5
        assert abs(analytic) > 1e-9
        assert analytic == pytest.approx(numeric, rel=1e-5, abs=1e-8)


def _weighted(tensors: list[Any], random: np.random.RandomState) -> Any:
    tensors = [tf.convert_to_tensor(tensor) for tensor in tensors]
    return tf.add_n([tf.reduce_sum(t * random.uniform(-1.0, 1.0, t.shape.as_list())) for t in tensors])


@having("half precision")
@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_follows_single(case: Case, kind: str) -> None:
    with fresh() as session:
        run = Unrolled(case, lengths=[4, 2, 0], dtype="float32")
        values = start(session)
        exact = run.results(session)
    with fresh() as session:
        half = tf.as_dtype(kind)
        run = Unrolled(case, lengths=[4, 2, 0], dtype="float32")
        cell = case.make()
        narrow = lambda t: tf.cast(t, half) if t.dtype.is_floating else t  # noqa: E731
        inputs = nest.map_structure(narrow, run.inputs)
        state = nest.pack_sequence_as(cell.state_size, [narrow(leaf) for leaf in run.initial])
        with tf.variable_scope("half"):
            outputs, final = tf.nn.dynamic_rnn(cell, inputs, sequence_length=[4, 2, 0], initial_state=state)
        results = nest.flatten(outputs) + nest.flatten(final)
        assert {leaf.dtype for leaf in results if leaf.dtype.is_floating} == {half}
        wide = [tf.cast(leaf, tf.float32) if leaf.dtype.is_floating else leaf for leaf in results]
        session.run(tf.global_variables_initializer())
        assigned = [
            v.assign(tf.cast(values[v.op.name[len("half/") :]], v.dtype.base_dtype))
            for v in tf.global_variables()
            if v.op.name.startswith("half/")
        ]
        session.run(assigned)
        for ours, theirs in zip(session.run(wide, run.feed), exact, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0.1, atol=0.02 if kind == "float16" else 0.1)


@having("numpy inputs")
def test_numpy_inputs(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case, "step", time=1)
        inputs = nest.map_structure(lambda t: run.feed[t][:, 0], run.inputs)
        state = nest.pack_sequence_as(run.cell.state_size, [run.feed[t] for t in run.initial])
        with tf.variable_scope("rnn", reuse=True):
            output, final = run.cell(inputs, state)
        start(session)
        again = session.run([tf.convert_to_tensor(leaf) for leaf in nest.flatten(output) + nest.flatten(final)])
        equal(again, [value[:, 0] if k < len(run.outputs) else value for k, value in enumerate(run.results(session))])


@having("restored")
def test_restored_by_name(case: Case) -> None:
    """The values of the variables, by name, are all that a cell of the same configuration needs."""
    with fresh() as session:
        run = Unrolled(case)
        values, results = start(session), run.results(session)
    with fresh() as session:
        run = Unrolled(case)
        start(session, values)
        equal(run.results(session), results)


@having("configuration")
def test_configuration_makes_the_same_cell(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case)
        made = run.cell.get_config()
        values, results = start(session), run.results(session)
    with fresh() as session:
        cell = type(run.cell).from_config(made)
        run = Unrolled(replace(case, make=lambda: cell))
        start(session, values, by_name=False)
        equal(run.results(session), results)


@having("deepcopy")
def test_deepcopy_makes_another_cell(case: Case) -> None:
    with fresh():
        cell = case.make()
        other = copy.deepcopy(cell)
        first = Unrolled(replace(case, make=lambda: cell))
        made = len(tf.global_variables())
        with tf.variable_scope("other"):
            second = Unrolled(replace(case, make=lambda: other))
        assert len(tf.global_variables()) == 2 * made > 0
        assert [t.shape for t in first.outputs] == [t.shape for t in second.outputs]
        with pytest.raises(TypeError, match="copy"):
            copy.deepcopy(cell)


@having("drivers")
@pytest.mark.parametrize("driver", ["static", "loop"])
def test_drivers_agree(case: Case, driver: str) -> None:
    with fresh() as session:
        run = Unrolled(case)
        values, results = start(session), run.results(session)
        names = [v.op.name for v in tf.global_variables()]
    with fresh() as session:
        run = Unrolled(case, driver)
        start(session, values)
        assert [v.op.name for v in tf.global_variables()] == names
        equal(run.results(session), results)


@having("drivers")
def test_drivers_agree_on_lengths(case: Case) -> None:
    """Rows of lengths 0, 1, all and beyond: past its length a row's output is zero and its state stays."""
    lengths, time = [0, 1, 4, 9], 4
    with fresh() as session:
        run = Unrolled(case, batch=4, lengths=lengths)
        values, results = start(session), run.results(session)
        initial = [run.feed[leaf] for leaf in run.initial]
    with fresh() as session:
        static = Unrolled(case, "static", batch=4, lengths=lengths)
        start(session, values)
        equal(static.results(session), results)
    with fresh() as session:
        unbounded = Unrolled(case, batch=4)
        start(session, values)
        whole = unbounded.results(session)
    with fresh() as session:
        single = Unrolled(case, batch=4, time=4, lengths=[1] * 4)
        start(session, values)
        after_one = single.results(session)[len(run.outputs) :]
    outputs, final = results[: len(run.outputs)], results[len(run.outputs) :]
    for ours, full in zip(outputs, whole, strict=False):
        expected = full.copy()
        for row, length in enumerate(lengths):
            expected[row, min(length, time) :] = 0
        np.testing.assert_array_equal(ours == 0, (expected == 0) | (ours == 0))
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)
    for k, ours in enumerate(final):
        if ours.ndim and ours.shape[0] == 4:
            np.testing.assert_array_equal(ours[0], initial[k][0])
            np.testing.assert_allclose(ours[1], after_one[k][1], rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(ours[2:], whole[len(outputs) + k][2:], rtol=1e-12, atol=1e-12)


@having("one step")
def test_one_step_is_one_call(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case, "step", time=1)
        values, results = start(session), run.results(session)
    with fresh() as session:
        run = Unrolled(case, "dynamic", time=1)
        start(session, values)
        equal(run.results(session), results)


@having("rows apart")
def test_rows_do_not_see_each_other(case: Case) -> None:
    """A batch of one gives what the row gives in a larger batch."""
    with fresh() as session:
        run = Unrolled(case)
        values, results = start(session), run.results(session)
        fed = [value[1:2] if value.ndim else value for value in run.feed.values()]
    with fresh() as session:
        run = Unrolled(case, batch=1)
        start(session, values)
        alone = session.run(run.outputs + run.final, dict(zip(run.feed, fed, strict=True)))
        equal(alone, [value[1:2] if value.ndim else value for value in results], 1e-10)


@having("empty batch")
def test_empty_batch(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case, batch=0)
        gradients = tf.gradients([t for t in run.outputs if t.dtype.is_floating], tf.trainable_variables())
        start(session)
        results = run.results(session)
        assert all(value.shape[0] == 0 for value in results if value.ndim)
        assert [value.shape[1] for value in results[: len(run.outputs)]] == [4] * len(run.outputs)
        for gradient in gradients:
            assert gradient is None or not np.any(session.run(tf.convert_to_tensor(gradient), run.feed))


@having("no steps")
def test_no_steps_give_the_initial_state(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case, time=0)
        start(session)
        results = run.results(session)
        assert [value.shape[:2] for value in results[: len(run.outputs)]] == [(3, 0)] * len(run.outputs)
        equal(results[len(run.outputs) :], [run.feed[leaf] for leaf in run.initial])


class _Nested(RNNCell):
    """A cell inside of a state that is nested further: `(inner, {"steps": 1})`."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    state_size = property(lambda self: (self.inner.state_size, {"steps": 1}))  # type: ignore[assignment]
    output_size = property(lambda self: self.inner.output_size)  # type: ignore[assignment]

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        return self.inner.zero_state(batch_size, dtype), {"steps": tf.zeros([batch_size, 1], dtype)}

    def call(self, inputs: Any, state: Any) -> Any:
        output, new = self.inner(inputs, state[0])
        return output, (new, {"steps": state[1]["steps"] + 1})


@having("nested")
def test_nested_state(case: Case) -> None:
    with fresh() as session:
        run = Unrolled(case, lengths=[4, 2, 0])
        values, results = start(session), run.results(session)
        fed = list(run.feed.values())
    with fresh() as session:
        run = Unrolled(replace(case, make=lambda: _Nested(case.make())), lengths=[4, 2, 0])
        start(session, values, by_name=False)
        *again, steps = session.run(run.outputs + run.final, dict(zip(run.feed, [*fed, np.zeros([3, 1])], strict=True)))
        equal(again, results)
        np.testing.assert_array_equal(steps[:, 0], [4, 2, 0])


def test_the_table_names_every_cell() -> None:
    """Whatever is a cell in `recell.rnn` has a line in conformance.py."""
    known: set[type] = set()
    for module in pkgutil.walk_packages(recell.rnn.__path__, "recell.rnn."):
        for value in vars(importlib.import_module(module.name)).values():
            # The others are bases, and name no symbol of TensorFlow's.
            if isinstance(value, type) and issubclass(value, RNNCell) and f".{value.__name__}`" in str(value.__doc__):
                known.add(value)
    with tf.Graph().as_default():
        shown = {type(case.make()) for case in CASES}
    assert {cell.__name__ for cell in known - shown - BASES} == set()


class TestTheSuiteItself:
    """Cells that break a property, which the suite must reject."""

    @staticmethod
    def broken(step: Any) -> Case:
        class Broken(Cells.GRUCell):  # type: ignore[misc]
            def call(self, inputs: Any, state: Any) -> Any:
                return step(*super().call(inputs, state))

        return Case("Broken", lambda: Broken(4))

    def test_rejects_a_wrong_gradient(self) -> None:
        case = self.broken(lambda output, state: (output + tf.stop_gradient(output**2), state))
        with pytest.raises(AssertionError):
            test_gradients_are_derivatives(case, 1)

    def test_rejects_rows_that_mix(self) -> None:
        case = self.broken(lambda output, state: (output - tf.reduce_mean(output, axis=0, keepdims=True), state))
        with pytest.raises(AssertionError):
            test_rows_do_not_see_each_other(case)

    def test_rejects_a_dtype_of_its_own(self) -> None:
        case = self.broken(lambda output, state: (tf.cast(output, tf.float32), state))
        with pytest.raises(AssertionError):
            test_half_precision_follows_single(case, "bfloat16")
