"""Flags, files, logging, data sets, versions: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.v1._release": (
            "VERSION GIT_VERSION COMPILER_VERSION GRAPH_DEF_VERSION CXX11_ABI_FLAG MONOLITHIC_BUILD "
            "__version__=VERSION __git_version__=GIT_VERSION __compiler_version__=COMPILER_VERSION "
            "__cxx11_abi_flag__=CXX11_ABI_FLAG "
            "__monolithic_build__=MONOLITHIC_BUILD"
        ),
    },
    "version": {"recell.v1._release": "VERSION GIT_VERSION COMPILER_VERSION GRAPH_DEF_VERSION"},
    "examples.tutorials.mnist.input_data": {"recell.datasets.mnist": "read_data_sets"},
    "contrib.learn.python.learn.datasets.mnist": {
        "recell.datasets.mnist": "DataSet read_data_sets load_mnist dense_to_one_hot extract_images extract_labels",
    },
    "contrib.learn.python.learn.datasets.base": {"recell.datasets.mnist": "Datasets"},
    "contrib.learn.datasets": {"recell.datasets.mnist": "Datasets"},
}
