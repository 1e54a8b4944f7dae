"""Initializers as `tf.keras.initializers` names them, with its defaults, and by name."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.ops import initializers as base
from recell.ops.initializers import (
    Constant,
    Identity,
    Initializer,
    Ones,
    Orthogonal,
    VarianceScaling,
    Zeros,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)


class RandomNormal(base.RandomNormal):
    """Normal numbers, of standard deviation 0.05 by default. TF symbol: `tf.keras.initializers.RandomNormal`."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


class RandomUniform(base.RandomUniform):
    """Uniform numbers, within 0.05 of zero by default. TF symbol: `tf.keras.initializers.RandomUniform`."""

    def __init__(
        self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(minval, maxval, seed, dtype)


class TruncatedNormal(base.TruncatedNormal):
    """Normal numbers cut off at two standard deviations of 0.05. TF symbol: `tf.keras.initializers.TruncatedNormal`."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


zeros = Zeros
ones = Ones
constant = Constant
identity = Identity
orthogonal = Orthogonal
uniform = random_uniform = RandomUniform
normal = random_normal = RandomNormal
truncated_normal = TruncatedNormal
glorot_uniform = base.GlorotUniform
glorot_normal = base.GlorotNormal

_BY_NAME: dict[str, Any] = {
    "Constant": Constant,
    "GlorotNormal": base.GlorotNormal,
    "GlorotUniform": base.GlorotUniform,
    "Identity": Identity,
    "Initializer": Initializer,
    "Ones": Ones,
    "Orthogonal": Orthogonal,
    "RandomNormal": RandomNormal,
    "RandomUniform": RandomUniform,
    "TruncatedNormal": TruncatedNormal,
    "VarianceScaling": VarianceScaling,
    "Zeros": Zeros,
    "constant": Constant,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "identity": Identity,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "normal": RandomNormal,
    "ones": Ones,
    "orthogonal": Orthogonal,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "uniform": RandomUniform,
    "zeros": Zeros,
}


def serialize(initializer: Any) -> dict[str, Any]:
    """Class name and configuration of an initializer, as plain data. TF: `tf.keras.initializers.serialize`."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that `serialize` described. ValueError for an unknown name."""
    name = config["class_name"]
    found = (custom_objects or {}).get(name, _BY_NAME.get(name))
    if found is None:
        raise ValueError(f"Unknown initializer:{name}. Known: {', '.join(sorted(_BY_NAME))}.")
    return found(**config.get("config", {}))


def get(identifier: Any) -> Any:
    """An initializer from its name, its description or itself; None from None. TF: `tf.keras.initializers.get`.

    Raises ValueError for an unknown name or something that is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")
