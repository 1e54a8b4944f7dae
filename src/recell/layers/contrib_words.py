"""Embeddings of words and bags of them. TF symbols: `tf.contrib.layers.bow_encoder`, `embedding_lookup_unique`, ..."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.sparse_tensor import SparseTensor
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import variable_scope
from recell.layers.arg_scope import add_arg_scope
from recell.layers.contrib_scope import collect_output, model_variable
from recell.ops.array_index import gather, gather_nd
from recell.ops.array_join import concat
from recell.ops.array_order import unique
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import not_equal, where
from recell.ops.embedding import embedding_lookup
from recell.ops.embedding_sparse import safe_embedding_lookup_sparse
from recell.ops.reductions import reduce_mean


@add_arg_scope
def dense_to_sparse(
    tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: str | None = None
) -> SparseTensor:
    """The elements that are not `eos_token`, as a SparseTensor. TF symbol: `tf.contrib.layers.dense_to_sparse`."""
    with name_scope(scope, "dense_to_sparse", [tensor]):
        tensor = convert_to_tensor(tensor)
        eos_token = convert_to_tensor(eos_token, tensor.dtype.base_dtype)
        indices = where(not_equal(tensor, eos_token))
        values = gather_nd(tensor, indices)
        found = SparseTensor(indices, values, shape_of(tensor, out_type=dtypes.int64))
        return collect_output(found, outputs_collections)


def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """The mean of the embeddings of each row's words: `[batch, words]` -> `[batch, embed_dim]`.

    TF symbol: `tf.contrib.layers.bow_encoder`. Words 0 do not count, unless `sparse_lookup` is False or a row has
    no others. `ids` is a tensor
    or a SparseTensor (TypeError for one without `sparse_lookup`). The variable is `embeddings`
    `[vocab_size, embed_dim]`.
    """
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = model_variable(
            "embeddings",
            None,
            shape=[vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        if sparse_lookup:
            sparse = ids if isinstance(ids, SparseTensor) else dense_to_sparse(ids)
            found: Tensor = safe_embedding_lookup_sparse([embeddings], sparse, combiner="mean", default_id=0)
            return found
        if isinstance(ids, SparseTensor):
            raise TypeError(f"ids are expected to be dense Tensor, got: {ids}. Use sparse_lookup=True.")
        averaged: Tensor = reduce_mean(embedding_lookup(embeddings, ids), axis=1, name="Mean")
        return averaged


def embedding_lookup_unique(params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None) -> Tensor:
    """`tf.nn.embedding_lookup` that looks every different id up only once.

    TF symbol: `tf.contrib.layers.embedding_lookup_unique`.
    """
    with name_scope(name, "EmbeddingLookupUnique", [ids]):
        ids = convert_to_tensor(ids)
        different, places = unique(reshape(ids, [-1]))
        rows = embedding_lookup(params, different, partition_strategy)
        found = gather(rows, places)
        outputs: Tensor = reshape(found, concat([shape_of(ids), shape_of(rows)[1:]], 0))
        outputs.set_shape(ids.shape.concatenate(rows.shape[1:]))
        return outputs


__all__ = ["bow_encoder", "dense_to_sparse", "embedding_lookup_unique"]
