"""The configuration messages that programs pass to a session: `ConfigProto` and what it holds.

Every field TF1 programs set is accepted. Honoured: `intra_op_parallelism_threads` (torch's threads, process-wide), and
the time limits `operation_timeout_in_ms` and `RunOptions.timeout_in_ms` of what waits for queues. The rest concerns
devices and graph rewriting that do not exist here, and has no effect.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar


class Message:
    """A record with declared fields. AttributeError (ValueError in the constructor) for any other field."""

    _fields: ClassVar[dict[str, Any]] = {}
    _made_anew: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls._made_anew = {k: v for k, v in cls._fields.items() if not isinstance(v, (int, float, str, bytes))}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, **values: Any) -> None:
        fields = self.__dict__
        fields.update(self._fields)
        for name, default in self._made_anew.items():
            fields[name] = default() if isinstance(default, type) else copy.copy(default)
        for name, value in values.items():
            if name not in self._fields:
                raise ValueError(f'Protocol message {type(self).__name__} has no "{name}" field.')
            current = getattr(self, name)
            if isinstance(current, Message) and isinstance(value, dict):
                value = type(current)(**value)
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._fields:
            raise AttributeError(f'Protocol message {type(self).__name__} has no "{name}" field.')
        object.__setattr__(self, name, value)

    def CopyFrom(self, other: Message) -> None:
        self.__dict__.update(copy.deepcopy(other.__dict__))

    def MergeFrom(self, other: Message) -> None:
        for name, default in self._fields.items():
            value = getattr(other, name)
            if isinstance(value, Message):
                getattr(self, name).MergeFrom(value)
            elif value != (default() if isinstance(default, type) else default):
                object.__setattr__(self, name, copy.copy(value))

    def HasField(self, name: str) -> bool:
        default = self._fields[name]
        return getattr(self, name) != (default() if isinstance(default, type) else default)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields if self.HasField(name))
        return f"{type(self).__name__}({shown})"


class GPUOptions(Message):
    """TF symbol: `tf.GPUOptions`."""

    _fields: ClassVar[dict[str, Any]] = {
        "per_process_gpu_memory_fraction": 0.0,
        "allow_growth": False,
        "allocator_type": "",
        "deferred_deletion_bytes": 0,
        "visible_device_list": "",
        "polling_active_delay_usecs": 0,
        "polling_inactive_delay_msecs": 0,
        "force_gpu_compatible": False,
    }


class OptimizerOptions(Message):
    """TF symbol: `tf.OptimizerOptions`."""

    L0, L1, DEFAULT, OFF, ON_1, ON_2 = -1, 0, 0, -1, 1, 2
    _fields: ClassVar[dict[str, Any]] = {
        "do_common_subexpression_elimination": False,
        "do_constant_folding": False,
        "do_function_inlining": False,
        "max_folded_constant_in_bytes": 0,
        "opt_level": 0,
        "global_jit_level": 0,
    }


class GraphOptions(Message):
    """TF symbol: `tf.GraphOptions`."""

    _fields: ClassVar[dict[str, Any]] = {
        "enable_recv_scheduling": False,
        "optimizer_options": OptimizerOptions,
        "build_cost_model": 0,
        "build_cost_model_after": 0,
        "infer_shapes": False,
        "place_pruned_graph": False,
        "enable_bfloat16_sendrecv": False,
        "timeline_step": 0,
    }


class ConfigProto(Message):
    """TF symbol: `tf.ConfigProto`."""

    _fields: ClassVar[dict[str, Any]] = {
        "device_count": dict,
        "intra_op_parallelism_threads": 0,
        "inter_op_parallelism_threads": 0,
        "use_per_session_threads": False,
        "session_inter_op_thread_pool": list,
        "placement_period": 0,
        "device_filters": list,
        "gpu_options": GPUOptions,
        "allow_soft_placement": False,
        "log_device_placement": False,
        "graph_options": GraphOptions,
        "operation_timeout_in_ms": 0,
        "isolate_session_state": False,
    }


class RunOptions(Message):
    """TF symbol: `tf.RunOptions`."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = 0, 1, 2, 3
    _fields: ClassVar[dict[str, Any]] = {
        "trace_level": 0,
        "timeout_in_ms": 0,
        "inter_op_thread_pool": 0,
        "output_partition_graphs": False,
        "report_tensor_allocations_upon_oom": False,
    }


class RunMetadata(Message):
    """TF symbol: `tf.RunMetadata`. Runs leave it empty: nothing is traced."""

    _fields: ClassVar[dict[str, Any]] = {"step_stats": list, "cost_graph": list, "partition_graphs": list}
