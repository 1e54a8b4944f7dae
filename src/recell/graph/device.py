"""Device names: recorded as asked for, merged as TF1 merges them, with no effect on where things run."""

from __future__ import annotations

import re
from typing import Any

_PARTS = ("job", "replica", "task", "device")
_SHORT = re.compile(r"^(cpu|gpu|tpu|xla_cpu|xla_gpu)(?::(\*|\d+))?$", re.IGNORECASE)


def _parse(name: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in filter(None, name.split("/")):
        short = _SHORT.match(piece)
        if short:
            parts["device"] = f"{short[1].upper()}:{short[2] or '*'}" if short[2] else f"{short[1].upper()}:*"
            continue
        key, _, value = piece.partition(":")
        if key not in _PARTS or not value:
            raise ValueError(f"Unknown attribute: '{key}' in '{name}'")
        parts[key] = value.upper() if key == "device" else value
    return parts


def _join(parts: dict[str, str]) -> str:
    return "".join(f"/{key}:{parts[key]}" for key in _PARTS if key in parts)


def canonical_device(spec: Any) -> str | None:
    """`/gpu:0` as `/device:GPU:0`. ValueError for what is no device name; objects with `to_string` are asked."""
    if spec is None:
        return None
    if hasattr(spec, "to_string"):
        spec = spec.to_string()
    return _join(_parse(spec))


def merge_devices(outer: str, inner: str | None) -> str:
    """`inner` where it says something, `outer` for the rest; None forgets the outer one."""
    if inner is None:
        return ""
    if not outer:
        return inner
    return _join({**_parse(outer), **_parse(inner)})


class DeviceQuery:
    """What a device function may look at: the type (and a name) of the operation about to be made."""

    def __init__(self, op_type: str) -> None:
        self.type = op_type
        self.name = op_type
        self.device = ""
        self.inputs: tuple[Any, ...] = ()
        self.node_def = self
        self.op = op_type
