"""Rows of tables looked up by number: tf.nn.embedding_lookup and its kin.

Every look-up is a `gather` along the first axis, so that the gradient of a table is an `IndexedSlices`: the rows that
were looked up and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.array_index import gather
from recell.ops.array_shape import shape as shape_of
from recell.ops.op import INDEX, op
from recell.ops.state import identity

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

Transform = Callable[[Any], Any]


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Any:
    """The rows of `params` numbered `ids`. TF symbol: `tf.nn.embedding_lookup`.

    Args:
        params: a table `[rows, ...]`; or a list of tables, or a partitioned variable, which hold the rows of one.
        ids: int32 or int64, of any shape.
        partition_strategy: how rows are dealt out to several tables: `"mod"` in turn, `"div"` in contiguous blocks.
        max_norm: rows with a larger Euclidean norm are scaled down to it.

    Returns:
        A tensor of shape `ids.shape + params.shape[1:]`.

    Raises:
        ValueError: no tables, or an unknown strategy.
        InvalidArgumentError: while running, for an id that no row has.
    """
    return _lookup(params, ids, partition_strategy, name, max_norm)


def tables_of(params: Any) -> list[Any]:
    """The tables that `params` stands for. ValueError when there are none."""
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, (list, tuple)) or (
        hasattr(params, "_as_tensor") and hasattr(params, "__iter__") and hasattr(params, "_get_variable_list")
    ):
        tables = list(params)
    else:
        tables = [params]
    if not tables:
        raise ValueError("Need at least one param")
    return tables


def _lookup(params: Any, ids: Any, partition_strategy: str, name: str | None, max_norm: float | None) -> Any:
    tables = tables_of(params)
    with name_scope(name, "embedding_lookup", [*tables, ids]) as scope:
        ids = convert_to_tensor(ids, name="ids")
        tables = [convert_to_tensor(table, name="params") for table in tables]
        if len(tables) == 1:
            rows = _clipped(gather(tables[0], ids, name=scope), ids, max_norm)
            return identity(rows)
        return _sharded(tables, ids, partition_strategy, max_norm)


def _clipped(rows: Any, ids: Any, max_norm: float | None) -> Any:
    """`rows` with the long ones scaled down to `max_norm`."""
    if max_norm is None:
        return rows
    rank = ids.shape.ndims
    total = rows.shape.ndims
    if rank is None or total is None:
        raise ValueError("embedding_lookup with max_norm needs the ranks of `ids` and `params`.")
    return _clip_rows(rows, tuple(range(rank, total)), float(max_norm))


@op("ClipRows", shape=lambda i: i.shape(0))
def _clip_rows(rows: Tensor, axes: tuple[int, ...], max_norm: float) -> Tensor:
    squares = (rows * rows).sum(axes, keepdim=True)
    # A row of zeros has no direction: the root of one instead keeps its gradient finite.
    norm = torch.where(squares > 0, squares, torch.ones_like(squares)).sqrt()
    return rows * max_norm / norm.clamp(min=max_norm)


# -- several tables -------------------------------------------------------------------------------------------------


def _deal_shape(i: Inference) -> list[TensorShape]:
    return [TensorShape([None])] * (2 * i["count"])


@op("DealIds", shape=_deal_shape, types={"ids": INDEX, "sizes": INDEX}, differentiable=False)
def _deal_ids(ids: Tensor, sizes: Tensor, count: int, contiguous: bool) -> list[Tensor]:
    """For each of `count` tables, the rows wanted from it; then for each their positions among the flat ids."""
    flat = ids.reshape(-1)
    if contiguous:
        total = int(sizes.sum())
        least, extras = divmod(total, count)
        table = torch.maximum(
            torch.div(flat, least + 1, rounding_mode="floor"),
            torch.div(flat - extras, max(least, 1), rounding_mode="floor"),
        )
        row = torch.where(table < extras, flat % (least + 1), (flat - extras) % max(least, 1))
    else:
        table, row = flat % count, torch.div(flat, count, rounding_mode="floor")
    positions = [torch.nonzero(table == k).reshape(-1) for k in range(count)]
    return [row[p] for p in positions] + [p.to(ids.dtype) for p in positions]


def _joined_shape(i: Inference) -> TensorShape:
    ids, rows = i.shape("ids").tuple, i.shapes("parts")[0].tuple
    return TensorShape(None) if ids is None or rows is None else TensorShape.of((*ids, *rows[1:]))


@op("JoinRows", shape=_joined_shape, types={"ids": INDEX, "positions": INDEX}, dtype=lambda i: i.dtype("parts"))
def _join_rows(parts: list[Tensor], ids: Tensor, positions: list[Tensor]) -> Tensor:
    rows, order = torch.cat(parts), torch.cat(positions).long()
    back = torch.empty_like(order)
    back[order] = torch.arange(order.numel(), dtype=order.dtype, device=order.device)
    return rows.index_select(0, back).reshape((*ids.shape, *rows.shape[1:]))


def _sharded(tables: Sequence[Any], ids: Any, partition_strategy: str, max_norm: float | None) -> Any:
    if partition_strategy not in ("mod", "div"):
        raise ValueError(f"Unrecognized partition strategy: {partition_strategy}")
    count = len(tables)
    sizes = convert_to_tensor([shape_of(table, out_type=ids.dtype.base_dtype)[0] for table in tables])
    dealt = _deal_ids(ids, sizes, count, partition_strategy == "div")
    rows, positions = dealt[:count], dealt[count:]
    found = [_clipped(gather(table, row), row, max_norm) for table, row in zip(tables, rows, strict=True)]
    return _join_rows(found, ids, positions, name="Reshape_1")


__all__ = ["embedding_lookup", "tables_of"]
