"""What cells of `tf.contrib.rnn` share whose arguments are Keras': `units`, activations and initializers by name."""

from __future__ import annotations

from typing import Any

from recell.ops.keras_activations import get as get_activation
from recell.ops.keras_initializers import get as get_initializer
from recell.ops.layer import InputSpec
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.unit_state import UnitState


class KerasArguments(UnitState, LayerRNNCell):
    """A cell with one kind of kernel, one of bias, and an activation; the names are public, as Keras has them.

    `activation=None` is none. Raises ValueError for a name that is not known.
    """

    _argument_prefix = ""

    @keeps_arguments
    def __init__(
        self,
        units: Any,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "ones",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = units
        self.activation = get_activation(activation)
        self.kernel_initializer = get_initializer(kernel_initializer)
        self.bias_initializer = get_initializer(bias_initializer)


__all__ = ["KerasArguments"]
