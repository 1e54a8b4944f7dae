"""Random tensors. Symbols: tf.random_uniform, random_normal, truncated_normal, random_shuffle, multinomial, ...

Each operation takes the pair of seeds that TF 1 gives it, from the graph's and its own, and draws TF 1's numbers;
without any seed the numbers differ from session to session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.seeds import get_seed as _pair_of_seeds
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import invalid, is_strings, sizes
from recell.ops.math_binary import add, multiply, realdiv
from recell.ops.math_cast import cast
from recell.ops.op import ANY, FLOATS, INDEX, INTS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_SHAPED = {"shape": INDEX}


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of an operation made now in the default graph. TF symbol: `tf.get_seed`."""
    graph = get_default_graph()
    return _pair_of_seeds(graph.seed, op_seed, graph._last_id)


def _shape_tensor(shape: Any) -> Any:
    return convert_to_tensor(shape, preferred_dtype=dtypes.int32, name="shape")


def _drawn(i: Inference) -> TensorShape:
    return i.value_as_shape("shape")


def _checked(shape: Any) -> tuple[int, ...]:
    wanted = sizes(shape)
    if min(wanted, default=0) < 0:
        raise invalid(f"Dimension {min(wanted)} must be >= 0")
    return wanted


@op("RandomUniform", shape=_drawn, types=_SHAPED, dtype="dtype", differentiable=False, stateful=True)
def _uniform(ctx: Any, shape: Tensor, dtype: Any, seed: Any = None, seed2: Any = None) -> Tensor:
    return ctx.stream.uniform(_checked(shape), torch_dtype(dtype))


@op(
    "RandomUniformInt",
    shape=_drawn,
    types=_SHAPED,
    dtype=lambda i: i.dtype("minval"),
    differentiable=False,
    stateful=True,
)
def _uniform_int(
    ctx: Any, shape: Tensor, minval: Tensor, maxval: Tensor, seed: Any = None, seed2: Any = None
) -> Tensor:
    low, high = int(minval), int(maxval)
    wanted = _checked(shape)
    if low >= high and 0 not in wanted:
        raise invalid(f"Need minval < maxval, got {low} >= {high}")
    return ctx.stream.random_uniform_int(wanted, low, high, minval.dtype)


@op("RandomStandardNormal", shape=_drawn, types=_SHAPED, dtype="dtype", differentiable=False, stateful=True)
def _normal(ctx: Any, shape: Tensor, dtype: Any, seed: Any = None, seed2: Any = None) -> Tensor:
    return ctx.stream.normal(_checked(shape), torch_dtype(dtype))


@op("TruncatedNormal", shape=_drawn, types=_SHAPED, dtype="dtype", differentiable=False, stateful=True)
def _truncated(ctx: Any, shape: Tensor, dtype: Any, seed: Any = None, seed2: Any = None) -> Tensor:
    return ctx.stream.truncated_normal(_checked(shape), torch_dtype(dtype))


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Numbers evenly spread over `[minval, maxval)`; of integers `maxval` must be given.

    TF symbol: `tf.random_uniform`. Raises ValueError for a dtype that is neither floating nor int32 or int64, or
    without `maxval` for integers.
    """
    dtype = as_dtype(dtype).base_dtype
    if dtype not in FLOATS and dtype not in INDEX:
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform") as scope:
        shape = _shape_tensor(shape)
        minval = convert_to_tensor(minval, dtype, name="min")
        maxval = convert_to_tensor(maxval, dtype, name="max")
        first, second = get_seed(seed)
        if dtype.is_integer:
            return _uniform_int(shape, minval, maxval, first, second, name=scope)
        numbers = _uniform(shape, dtype, first, second)
        return add(numbers * (maxval - minval), minval, name=scope)


def _spread(
    builder: Any, default: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None, name: str | None
) -> Any:
    dtype = as_dtype(dtype).base_dtype
    with name_scope(name, default) as scope:
        shape = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype, name="stddev")
        numbers = builder(shape, dtype, *get_seed(seed))
        return add(numbers * stddev, mean, name=scope)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal numbers. TF symbol: `tf.random_normal`."""
    return _spread(_normal, "random_normal", shape, mean, stddev, dtype, seed, name)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal numbers, drawn again beyond two standard deviations. TF symbol: `tf.truncated_normal`."""
    return _spread(_truncated, "truncated_normal", shape, mean, stddev, dtype, seed, name)


@op("RandomShuffle", shape=rules.unchanged, differentiable=False, stateful=True)
def _shuffle(ctx: Any, value: Tensor, seed: Any = None, seed2: Any = None) -> Tensor:
    if value.ndim == 0:
        return value.clone()
    order = ctx.stream.shuffle(value.shape[0])
    if is_strings(value):
        return value[order.numpy()]
    return value.index_select(0, order)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """The rows of `value` in random order. TF symbol: `tf.random_shuffle`."""
    return _shuffle(value, *get_seed(seed), name=name)


def _multinomial_shape(i: Inference) -> TensorShape:
    logits, count = i.shape("logits"), i.value("num_samples")
    if logits.ndims not in (None, 2):
        raise i.mismatch(f"Shape must be rank 2 but is rank {logits.ndims}")
    return TensorShape([logits[0].value if logits.ndims else None, None if count is None else int(count)])


@op(
    "Multinomial",
    shape=_multinomial_shape,
    types={"logits": frozenset(FLOATS | INTS), "num_samples": dtypes.int32},
    dtype="output_dtype",
    differentiable=False,
    stateful=True,
)
def _multinomial(
    ctx: Any, logits: Tensor, num_samples: Tensor, seed: Any = None, seed2: Any = None, output_dtype: Any = dtypes.int64
) -> Tensor:
    if logits.shape[1] == 0 and logits.shape[0] and int(num_samples):
        raise invalid(f"num_classes should be positive, got {logits.shape[1]}")
    values = logits if logits.is_floating_point() else logits.double()
    return ctx.stream.multinomial(values, int(num_samples), torch_dtype(output_dtype))


def multinomial(
    logits: Any, num_samples: Any, seed: int | None = None, name: str | None = None, output_dtype: Any = None
) -> Any:
    """`num_samples` classes a row, with probabilities `softmax(logits)`. TF symbol: `tf.multinomial`.

    `logits` is `[batch, classes]`, the result `[batch, num_samples]` of `output_dtype` (int64). ValueError for another
    rank.
    """
    output_dtype = dtypes.int64 if output_dtype is None else as_dtype(output_dtype)
    with name_scope(name, "multinomial", [logits] if hasattr(logits, "graph") else []):
        logits = convert_to_tensor(logits, name="logits")
        num_samples = convert_to_tensor(num_samples, dtypes.int32)
        return _multinomial(logits, num_samples, *get_seed(seed), output_dtype)


def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: int | None = None, name: str | None = None
) -> Any:
    """As `multinomial`. TF symbol: `tf.random.categorical`."""
    return multinomial(logits, num_samples, seed, name or "categorical", dtype)


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Any:
    """A block of shape `size` from a random place of `value`. TF symbol: `tf.random_crop`.

    InvalidArgumentError when `value` is smaller.
    """
    from recell.ops.array_shape import shape as shape_of
    from recell.ops.math_binary import floormod
    from recell.ops.slicing import slice_

    with name_scope(name, "random_crop", [value] if hasattr(value, "graph") else []) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtypes.int32, name="size")
        shape = shape_of(value)
        room = _room(shape, size)
        dims = shape.shape
        offset = floormod(random_uniform(dims, dtype=dtypes.int32, maxval=dtypes.int32.max, seed=seed), room)
        return slice_(value, offset, size, name=scope)


@op("CropRoom", shape=rules.merged, T=INDEX, differentiable=False)
def _room(shape: Tensor, size: Tensor) -> Tensor:
    if bool((shape < size).any()):
        raise invalid(f"assertion failed: [Need value.shape >= size, got ] {shape.tolist()} {size.tolist()}")
    return shape - size + 1


def _sampled(i: Inference) -> TensorShape:
    return i.value_as_shape("shape").concatenate(i.shape(1))


@op(
    "RandomGamma",
    shape=_sampled,
    types={**_SHAPED, "alpha": ANY},
    dtype=lambda i: i.dtype("alpha"),
    stateful=True,
    differentiable=False,
)
def _gamma(ctx: Any, shape: Tensor, alpha: Tensor, seed: Any = None, seed2: Any = None) -> Tensor:
    return ctx.stream.random_gamma(_checked(shape), alpha.detach()).to(alpha.dtype)


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Gamma numbers of shape `alpha` and rate `beta`: `shape` of them for each. TF symbol: `tf.random_gamma`.

    No gradient goes to `alpha`.
    """
    with name_scope(name, "random_gamma") as scope:
        shape = _shape_tensor(shape)
        alpha = convert_to_tensor(alpha, dtype, name="alpha")
        beta = convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
        # Each pair of an alpha and a beta has numbers of its own.
        spread = add(alpha, multiply(beta, convert_to_tensor(0, alpha.dtype.base_dtype)))
        return realdiv(_gamma(shape, spread, *get_seed(seed)), beta, name=scope)


@op(
    "RandomPoissonV2",
    shape=_sampled,
    types={**_SHAPED, "rate": frozenset(FLOATS | INTS)},
    dtype="dtype",
    differentiable=False,
    stateful=True,
)
def _poisson(ctx: Any, shape: Tensor, rate: Tensor, dtype: Any, seed: Any = None, seed2: Any = None) -> Tensor:
    return ctx.stream.random_poisson(_checked(shape), rate, torch_dtype(dtype))


def random_poisson(
    lam: Any, shape: Any, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None
) -> Any:
    """Poisson numbers of the rates `lam`, `shape` of them for each. TF symbol: `tf.random_poisson`."""
    with name_scope(name, "random_poisson"):
        shape = _shape_tensor(shape)
        rate = convert_to_tensor(lam, name="rate")
        return cast(_poisson(shape, rate, as_dtype(dtype), *get_seed(seed)), dtype)
