"""How a dataset may be executed. TF symbols: `tf.data.Options`, `tf.data.experimental.*Options`."""

from __future__ import annotations

from typing import Any


class _Checked:
    """Properties of known names and types; None where they are not set. AttributeError and TypeError for others."""

    _kinds: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it, each subclass has its own

    def __init__(self) -> None:
        for name, kind in self._kinds.items():
            made = kind() if isinstance(kind, type) and issubclass(kind, _Checked) else None
            object.__setattr__(self, name, made)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._kinds:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        kind = self._kinds[name]
        if value is not None and not isinstance(value, kind):
            raise TypeError(f'Property "{name}" must be of type {kind}, got: {value!r} (type: {type(value)})')
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def _merged(self, other: Any) -> Any:
        """Both together. ValueError where they say different things."""
        result = type(self)()
        for name in self._kinds:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, _Checked) and isinstance(theirs, _Checked):
                value = mine._merged(theirs)
            elif mine is not None and theirs is not None and mine != theirs:
                raise ValueError(f"Cannot merge incompatible values {mine} and {theirs} of option: {name}")
            else:
                value = theirs if mine is None else mine
            object.__setattr__(result, name, value)
        return result


class MapVectorizationOptions(_Checked):
    """TF symbol: `tf.data.experimental.MapVectorizationOptions`. Says how a graph is rewritten: without effect."""

    _kinds = {"enabled": bool, "use_choose_fastest": bool}  # noqa: RUF012 - nobody changes it


class OptimizationOptions(_Checked):
    """TF symbol: `tf.data.experimental.OptimizationOptions`.

    `apply_default_optimizations` and `shuffle_and_repeat_fusion` decide whether a shuffle and the repetition behind it
    are one, which shows in the order of the elements. The others change nothing.
    """

    _kinds = {  # noqa: RUF012 - nobody changes it
        **dict.fromkeys(
            (
                "apply_default_optimizations",
                "autotune",
                "filter_fusion",
                "filter_with_random_uniform_fusion",
                "hoist_random_uniform",
                "map_and_batch_fusion",
                "map_and_filter_fusion",
                "map_fusion",
                "map_parallelization",
                "noop_elimination",
                "parallel_batch",
                "shuffle_and_repeat_fusion",
                "autotune_buffers",
            ),
            bool,
        ),
        **dict.fromkeys(("autotune_algorithm", "autotune_cpu_budget"), int),
        "map_vectorization": MapVectorizationOptions,
    }


class DistributeOptions(_Checked):
    """TF symbol: `tf.data.experimental.DistributeOptions`. There is one process: without effect."""

    _kinds = {"auto_shard": bool, "num_devices": int}  # noqa: RUF012 - nobody changes it


class ThreadingOptions(_Checked):
    """TF symbol: `tf.data.experimental.ThreadingOptions`. Without effect: threads are those that datasets ask for."""

    _kinds = {"max_intra_op_parallelism": int, "private_threadpool_size": int}  # noqa: RUF012 - nobody changes it


class StatsOptions(_Checked):
    """TF symbol: `tf.data.experimental.StatsOptions`. No statistics are gathered: without effect."""

    _kinds = {"aggregator": object, "prefix": str, "counter_prefix": str, "latency_all_edges": bool}  # noqa: RUF012 - nobody changes it


class Options(_Checked):
    """How a dataset may be executed, for `Dataset.with_options`. TF symbol: `tf.data.Options`.

    Every property is None until set. AttributeError for a property that there is none of, TypeError for a value of
    another type.
    """

    _kinds = {  # noqa: RUF012 - nobody changes it
        "experimental_deterministic": bool,
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "experimental_slack": bool,
        "experimental_stats": StatsOptions,
        "experimental_threading": ThreadingOptions,
        "experimental_stateful_whitelist": object,
    }

    def merge(self, options: Options) -> Options:
        """These options and others together; where both set one, that of `options`."""
        return self._merged(options)

    @property
    def _joins_repeats(self) -> bool:
        """Whether a shuffle and the repetition behind it become one."""
        wanted = self.experimental_optimization  # type: ignore[attr-defined] # of `_kinds`
        if wanted.shuffle_and_repeat_fusion is not None:
            return bool(wanted.shuffle_and_repeat_fusion)
        return wanted.apply_default_optimizations is not False
