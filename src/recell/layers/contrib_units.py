"""Small layers of `tf.contrib.layers`: the ELU layer, maxout, and a gradient that is scaled."""

from __future__ import annotations

import functools
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.layers.arg_scope import add_arg_scope
from recell.layers.contrib_layers import fully_connected
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.custom_gradient import custom_gradient
from recell.ops.nn_activations import elu as nn_elu
from recell.ops.reductions import reduce_max
from recell.ops.state import identity

elu = functools.partial(fully_connected, activation_fn=nn_elu)


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: str | None = None) -> Any:
    """The largest of every group of features along `axis`, `num_units` of them. TF symbol: `tf.contrib.layers.maxout`.

    ValueError when the number of features is unknown or no multiple of `num_units`. (Goodfellow et al. 2013.)
    """
    with name_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes = inputs.shape.as_list()
        features = sizes[axis]
        if features is None:
            raise ValueError(
                f"The features along axis {axis} of '{inputs.name}' must be known, but it is {inputs.shape}"
            )
        if features % num_units:
            raise ValueError(f"number of features({features}) is not a multiple of num_units({num_units})")
        sizes[axis] = num_units
        wanted = [shape_of(inputs)[k] if size is None else size for k, size in enumerate(sizes)]
        outputs = reduce_max(reshape(inputs, [*wanted, features // num_units]), axis=-1, name="Max")
        outputs.set_shape(sizes)
        return outputs


def scale_gradient(inputs: Any, gradient_multiplier: Any) -> Any:
    """The same value, with a gradient times `gradient_multiplier`. TF symbol: `tf.contrib.layers.scale_gradient`."""

    @custom_gradient
    def scaled(x: Any) -> Any:
        return identity(x), lambda gradient: gradient * gradient_multiplier

    return scaled(convert_to_tensor(inputs))


__all__ = ["elu", "maxout", "scale_gradient"]
