"""Printing what a checkpoint holds. TF module: `tensorflow.python.tools.inspect_checkpoint`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from recell.graph import errors
from recell.train.checkpoint_reader import CheckpointReader


def print_tensors_in_checkpoint_file(
    file_name: Any,
    tensor_name: str,
    all_tensors: bool,
    all_tensor_names: bool = False,
    count_exclude_pattern: str = "",
) -> None:
    """Prints tensors of a checkpoint, and how many numbers it holds.

    TF symbol: `print_tensors_in_checkpoint_file` of `tensorflow.python.tools.inspect_checkpoint`.

    Args:
      file_name: the checkpoint's prefix.
      tensor_name: which tensor to print; "" for a list of names, dtypes and shapes.
      all_tensors: prints all of them, with their values.
      all_tensor_names: prints all names.
      count_exclude_pattern: a pattern of names that are not counted.

    What goes wrong with the checkpoint is printed, not raised.
    """
    try:
        reader = CheckpointReader(file_name)
        if all_tensors or all_tensor_names:
            for key in sorted(reader.get_variable_to_shape_map()):
                print("tensor_name: ", key)
                if all_tensors:
                    print(reader.get_tensor(key))
        elif not tensor_name:
            print(reader.debug_string().decode("utf-8", errors="ignore"))
        else:
            print("tensor_name: ", tensor_name)
            print(reader.get_tensor(tensor_name))
        print(f"# Total number of params: {_count(reader.get_variable_to_shape_map(), count_exclude_pattern)}")
    except errors.OpError as error:
        print(error.message)


def _count(shapes: Mapping[str, list[int]], pattern: str) -> int:
    """How many numbers there are, without those whose names fit the pattern; those are reported."""
    excluded = [name for name in shapes if pattern and re.search(pattern, name)]
    if excluded:
        left_out = sum(math.prod(shapes[name]) for name in excluded)
        print(f"# Excluding {len(excluded)} tensors ({left_out} params) that match {pattern} when counting.")
    return sum(math.prod(shape) for name, shape in shapes.items() if name not in excluded)


__all__ = ["print_tensors_in_checkpoint_file"]
