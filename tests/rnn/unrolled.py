"""One cell unrolled over one batch, in a graph and session of its own: what the conformance suite looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from tests.rnn.conformance import Case, nest

import recell.v1 as tf


class Unrolled:
    """Inputs, states and results as flat lists; `feed` gives the inputs and states that were drawn.

    Args:
      case: the cell.
      driver: "dynamic", "static", "loop" (the cell called by hand, once a step) or "step" (its only call).
      dtype: of floating inputs and states.
    """

    def __init__(
        self,
        case: Case,
        driver: str = "dynamic",
        batch: int = 3,
        time: int = 4,
        lengths: Sequence[int] | None = None,
        dtype: str = "float64",
        seed: int = 0,
    ) -> None:
        random = np.random.RandomState(seed)
        self.time = time
        self.dtype = tf.as_dtype(dtype)
        self.cell = case.make()
        values = nest.map_structure(lambda a: _typed(a, dtype), case.inputs(random, batch, time))
        self.inputs = nest.map_structure(_placeholder, values)
        zero = nest.map_structure(tf.convert_to_tensor, self.cell.zero_state(batch, tf.as_dtype(dtype)))
        shapes = [leaf.shape.as_list() for leaf in nest.flatten(zero)]
        kinds = [leaf.dtype.as_numpy_dtype for leaf in nest.flatten(zero)]
        states = [
            _typed(random.uniform(case.lowest, 0.5, s), np.dtype(k).name) for s, k in zip(shapes, kinds, strict=True)
        ]
        self.initial = [_placeholder(value) for value in states]
        self.feed = dict(zip(nest.flatten(self.inputs), nest.flatten(values), strict=True))
        self.feed |= dict(zip(self.initial, states, strict=True))
        state = nest.pack_sequence_as(zero, self.initial)
        outputs, final = getattr(self, "_" + driver)(state, lengths)
        self.outputs, self.final = nest.flatten(outputs), nest.flatten(final)

    def _dynamic(self, state: Any, lengths: Any) -> Any:
        return tf.nn.dynamic_rnn(self.cell, self.inputs, lengths, state, self.dtype)

    def _static(self, state: Any, lengths: Any) -> Any:
        outputs, state = tf.nn.static_rnn(self.cell, self._steps(), state, self.dtype, lengths)
        return _joined(outputs), state

    def _loop(self, state: Any, lengths: Any) -> Any:
        assert lengths is None
        outputs = []
        with tf.variable_scope("rnn") as scope:
            for number, x in enumerate(self._steps()):
                if number == 1:  # the idiom of such loops: some wrappers know no other way to find their variables
                    scope.reuse_variables()
                output, state = self.cell(x, state)
                outputs.append(output)
        return _joined(outputs), state

    def _step(self, state: Any, lengths: Any) -> Any:
        assert lengths is None
        assert self.time == 1
        with tf.variable_scope("rnn"):
            output, state = self.cell(self._steps()[0], state)
        return _joined([output]), state

    def _steps(self) -> list[Any]:
        apart = [tf.unstack(leaf, axis=1) for leaf in nest.flatten(self.inputs)]
        return [nest.pack_sequence_as(self.inputs, [leaf[t] for leaf in apart]) for t in range(self.time)]

    @property
    def differentiable(self) -> list[Any]:
        """The floating inputs and states, and the variables."""
        fed = [tensor for tensor in self.feed if tensor.dtype.is_floating]
        return fed + tf.trainable_variables()

    def results(self, session: Any) -> list[np.ndarray]:
        """Outputs and final states."""
        return session.run(self.outputs + self.final, self.feed)


def _typed(value: Any, dtype: str) -> np.ndarray:
    value = np.asarray(value)
    return value.astype(dtype) if value.dtype.kind == "f" else value


def _placeholder(value: np.ndarray) -> Any:
    return tf.placeholder(tf.as_dtype(value.dtype), value.shape)


def _joined(outputs: list[Any]) -> Any:
    leaves = [nest.flatten(output) for output in outputs]
    return [tf.stack([step[k] for step in leaves], axis=1) for k in range(len(leaves[0]))]


@contextmanager
def fresh() -> Iterator[Any]:
    """A graph and a session of their own."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(3)
        yield session


def start(session: Any, values: dict[str, np.ndarray] | None = None, by_name: bool = True) -> dict[str, np.ndarray]:
    """Initializes the variables, loads `values` into them by name (or in their order), and returns all values by name.

    Values that are drawn are moved away from what symmetric initializers give (gates of ones, biases of zeros).
    """
    session.run(tf.global_variables_initializer())
    random = np.random.RandomState(5)
    for number, variable in enumerate(tf.global_variables()):
        value = session.run(variable)
        if values is not None:
            value = values[variable.op.name] if by_name else list(values.values())[number]
        elif value.dtype.kind == "f":
            value = value + random.uniform(-0.1, 0.1, value.shape)
        variable.load(np.asarray(value).astype(variable.dtype.as_numpy_dtype), session)
    return {variable.op.name: session.run(variable) for variable in tf.global_variables()}
