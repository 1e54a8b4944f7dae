"""Which public name of TensorFlow 1 is which object: the whole table.

Rows stand in `table_*.py` by area, as `ROWS`: namespace (`""` is `tf` itself, `"nn"` is `tf.nn`) -> {source module:
"name name public=private ..."}. Add a symbol by adding its name to a row; a namespace exists once it has a row.
"""

from __future__ import annotations

from recell.v1.table_control import ROWS as CONTROL
from recell.v1.table_data import ROWS as DATA
from recell.v1.table_estimator import ROWS as ESTIMATOR
from recell.v1.table_graph import ROWS as GRAPH
from recell.v1.table_inputs import ROWS as INPUTS
from recell.v1.table_layers import ROWS as LAYERS
from recell.v1.table_meta_graph import ROWS as META_GRAPH
from recell.v1.table_metrics import ROWS as METRICS
from recell.v1.table_monitoring import ROWS as MONITORING
from recell.v1.table_nn import ROWS as NN
from recell.v1.table_ops import ROWS as OPS
from recell.v1.table_parsing import ROWS as PARSING
from recell.v1.table_platform import ROWS as PLATFORM
from recell.v1.table_rnn import ROWS as RNN
from recell.v1.table_seq2seq import ROWS as SEQ2SEQ
from recell.v1.table_summary import ROWS as SUMMARY
from recell.v1.table_train import ROWS as TRAIN
from recell.v1.table_variables import ROWS as VARIABLES

SAME: dict[str, str] = {
    "contrib.learn.datasets.mnist": "contrib.learn.python.learn.datasets.mnist",
    # alias -> the namespace that it is the same object as
    "compat.v1": "",
    "python.compat.v1": "",
    "app.flags": "flags",
    "python.platform.flags": "flags",
    "python.platform.app": "app",
    "python.platform.gfile": "gfile",
    "python.platform.tf_logging": "logging",
    "python.platform.test": "test",
    "python.util.nest": "nest",
    "python.util.compat": "compat",
    "python.nest": "nest",
    "contrib.framework.nest": "nest",
    "contrib.framework.python.framework.nest": "nest",
    "python.framework.errors": "errors",
    "python.framework.errors_impl": "errors",
    "python.framework.dtypes": "dtypes",
    "python.training": "train",
    "python.training.training": "train",
    "python.ops.nn": "nn",
    "python.ops.nn_ops": "nn",
    "python.ops.nn_impl": "nn",
    "python.ops.rnn_cell_impl": "python.ops.rnn_cell",
    "python.ops.rnn.rnn_cell_impl": "python.ops.rnn_cell",
    "contrib.rnn.python.ops.core_rnn_cell_impl": "python.ops.rnn_cell",
    "contrib.rnn.python.ops.core_rnn_cell": "python.ops.rnn_cell",
    "contrib.rnn.python.ops.rnn": "contrib.rnn",
    "contrib.rnn.python.ops.core_rnn": "python.ops.rnn",
    "contrib.grid_rnn.python.ops.grid_rnn_cell": "contrib.grid_rnn",
    "models.rnn.rnn_cell": "python.ops.rnn_cell",
    "models.rnn.rnn": "python.ops.rnn",
    **{
        f"contrib.seq2seq.python.ops.{module}": "contrib.seq2seq"
        for module in (
            "basic_decoder",
            "beam_search_ops",
            "decoder",
            "loss",
        )
    },
    "contrib.legacy_seq2seq.python.ops.seq2seq": "contrib.legacy_seq2seq",
    "nn.seq2seq": "contrib.legacy_seq2seq",
    "models.rnn.seq2seq": "contrib.legacy_seq2seq",
    "python.ops.seq2seq": "contrib.legacy_seq2seq",
    "python.layers.layers": "layers",
    "python.layers.core": "layers",
    "python.layers.base": "layers",
    "python.layers.convolutional": "layers",
    "python.layers.normalization": "layers",
    "python.layers.pooling": "layers",
    "python.keras": "keras",
    "python.keras.engine.base_layer": "layers",
    "python.keras.engine.input_spec": "layers",
    "python.ops.ctc_ops": "nn",
    "contrib.crf.python.ops.crf": "contrib.crf",
    "contrib.framework.python.ops": "contrib.framework",
    "contrib.framework.python.ops.variables": "contrib.framework",
    "contrib.layers.python.layers": "contrib.layers",
    "contrib.layers.python.layers.layers": "contrib.layers",
    "contrib.layers.python.layers.initializers": "contrib.layers",
    "contrib.layers.python.layers.regularizers": "contrib.layers",
    "python.framework.constant_op": "python.framework.ops",
    "python.framework.tensor_shape": "python.framework.ops",
    "python.framework.tensor_util": "python.framework.ops",
    "python.framework.random_seed": "python.framework.ops",
    "python.framework.sparse_tensor": "python.framework.ops",
    "python.framework.function": "python.framework.ops",
    "python.client.session": "python.framework.ops",
    "python.ops.metrics": "python.ops.metrics_impl",
    "python.ops.sets": "sets",
    "python.ops.sets_impl": "sets",
    "contrib.metrics.python.ops.metric_ops": "contrib.metrics",
    "contrib.metrics.python.ops.set_ops": "contrib.metrics",
    "contrib.slim.metrics": "contrib.metrics",
    "python.ops.losses": "losses",
    "python.ops.losses.losses": "losses",
    "python.ops.losses.losses_impl": "losses",
    "contrib.losses.python.losses.loss_ops": "contrib.losses",
    "contrib.slim.losses": "contrib.losses",
    "contrib.training.python.training.hparam": "contrib.training",
    "contrib.training.python.training.training": "contrib.training",
    "contrib.slim.python.slim.learning": "contrib.slim.learning",
}

# Modules of `tensorflow.python.ops` that programs import by themselves hold names that `tf` holds too, and which of
# them holds which changed with the releases: each answers to all of tf's own names.
_OF_ROOT = (
    "array_ops candidate_sampling_ops check_ops clip_ops control_flow_ops data_flow_ops embedding_ops functional_ops "
    "gradients gradients_impl init_ops io_ops linalg_ops logging_ops math_ops parsing_ops random_ops "
    "resource_variable_ops script_ops sparse_ops standard_ops state_ops string_ops tensor_array_ops "
    "partitioned_variables variable_scope variables"
)

# The modules that these bring with `import *`, as they import them for themselves.
_IMPORTED = {
    **{f"{name}_ops": f"python.ops.{name}_ops" for name in ("array", "clip", "init", "math", "random")},
    **dict.fromkeys(("constant_op", "ops", "tensor_shape", "tensor_util"), "python.framework.ops"),
    "nn_ops": "nn",
    "dtypes": "dtypes",
    "nest": "nest",
    "logging": "logging",
    "base_layer": "layers",
    "initializers": "keras.initializers",
    "activations": "keras.activations",
    "control_flow_ops": "python.ops.control_flow_ops",
    "tensor_array_ops": "python.ops.tensor_array_ops",
    "partitioned_variables": "python.ops.partitioned_variables",
    "vs": "python.ops.variable_scope",
    "tf_variables": "python.ops.variables",
}
SAME |= {
    f"{module}.{name}": target
    for module in ("python.ops.rnn", "python.ops.rnn_cell", "contrib.rnn.python.ops.rnn_cell")
    for name, target in _IMPORTED.items()
}

INCLUDES: dict[str, tuple[str, ...]] = {
    # namespace -> namespaces whose names it has besides its own rows (names, not sub-namespaces)
    **{f"python.ops.{module}": ("",) for module in _OF_ROOT.split()},
    "python.ops.init_ops": ("", "initializers"),
    "python.ops.embedding_ops": ("", "nn"),
    "python.ops.metrics_impl": ("metrics",),
    "python.ops.rnn_cell": ("nn.rnn_cell", "contrib.rnn"),
    "python.ops.rnn": ("nn", "contrib.rnn"),
    "python.framework.ops": ("",),
    "contrib.rnn": ("nn.rnn_cell",),
    "contrib.rnn.python.ops.rnn_cell": ("contrib.rnn",),
    "contrib.seq2seq.python.ops.attention_wrapper": ("contrib.seq2seq",),
    "contrib.seq2seq.python.ops.beam_search_decoder": ("contrib.seq2seq",),
    "contrib.seq2seq.python.ops.helper": ("contrib.seq2seq",),
    "contrib.slim": ("contrib.layers", "contrib.framework"),
    "models.rnn": (),
    "python": ("",),
}


def _merge(*areas: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """One table of all areas. ValueError for a namespace and module that two areas (or an alias) write rows for."""
    merged: dict[str, dict[str, str]] = {}
    for area in areas:
        for namespace, sources in area.items():
            if namespace in SAME:
                raise ValueError(f"{namespace!r} is an alias of {SAME[namespace]!r}: write the row there")
            for module, names in sources.items():
                rows = merged.setdefault(namespace, {})
                rows[module] = f"{rows[module]} {names}" if module in rows else names
    return merged


TABLE = _merge(
    *(GRAPH, VARIABLES, CONTROL, OPS, NN, RNN, TRAIN, LAYERS, SEQ2SEQ, PLATFORM),
    *(INPUTS, PARSING, DATA, METRICS, SUMMARY, MONITORING, META_GRAPH, ESTIMATOR),
)
