"""Hyper-parameters by name, each of one type, read from text. TF symbol: `tf.contrib.training.HParams`."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Mapping
from typing import Any

_ENTRY = re.compile(
    r"""
    (?P<name>[A-Za-z][\w.]*)
    (?:\[\s*(?P<index>\d+)\s*\])?
    \s*=\s*
    (?:\[(?P<items>[^\]]*)\] | (?P<single>[^,\[]*))
    (?:,\s* | $)
    """,
    re.VERBOSE,
)
_TRUTHS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}


def parse_values(values: str, type_map: Mapping[str, type], ignore_unknown: bool = False) -> dict[str, Any]:
    """What a text such as `"a=1,b=[x,y],c[3]=0.5"` says, each value as `type_map` names its type.

    TF symbol: `tf.contrib.training.parse_values`. A list gives a list, an index a dict from indices. Names that
    `type_map` lacks are an error, or left out with `ignore_unknown`.

    ValueError for text that cannot be read, a value of another type, and a name or an index given twice.
    """
    found: dict[str, Any] = {}
    at = 0
    while at < len(values):
        entry = _ENTRY.match(values, at)
        if entry is None:
            raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
        at = entry.end()
        name = entry["name"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        _enter(found, entry, _read(entry, name, type_map[name], values), values)
    return found


def _enter(found: dict[str, Any], entry: re.Match[str], value: Any, values: str) -> None:
    name = entry["name"]
    if entry["index"] is None:
        if name in found:
            raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
        found[name] = value
        return
    held = found.setdefault(name, {})
    if not isinstance(held, dict):
        raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
    index = int(entry["index"])
    if index in held:
        raise ValueError(f"Multiple assignments to variable '{name}[{index}]' in {values}")
    held[index] = value


def _read(entry: re.Match[str], name: str, kind: type, values: str) -> Any:
    items = entry["items"]
    text = entry["single"] if items is None else items
    try:
        if items is None:
            return _parsed(text, kind)
        return [_parsed(item, kind) for item in re.split(r"[,\s]+", items.strip()) if item]
    except ValueError:
        raise ValueError(
            f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{text}' in {values}"
        ) from None


def _parsed(text: str, kind: type) -> Any:
    if kind is not bool:
        return kind(text)
    if text not in _TRUTHS:
        raise ValueError(text)
    return _TRUTHS[text]


def _cast(name: str, kind: type, value: Any) -> Any:
    """The value as one of `kind`. ValueError where something would be lost, or where only one of them is a bool."""
    if kind is type(None):
        return value
    fits = issubclass(kind, bool) == isinstance(value, bool)
    if fits and issubclass(kind, int):
        fits = isinstance(value, numbers.Integral)
    elif fits and issubclass(kind, float):
        fits = isinstance(value, numbers.Number)
    elif fits and issubclass(kind, (str, bytes)):
        fits = isinstance(value, (str, bytes))
    if not fits:
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return kind(value)


class HParams:
    """Hyper-parameters, read and set as attributes. TF symbol: `tf.contrib.training.HParams`.

    A parameter's type is that of its first value, for a list that of its first element (so a list must not be empty);
    one that starts as None takes anything. `model_structure` is kept as it is.

    Example:
      >>> hparams = HParams(learning_rate=0.1, layers=[64, 64], cell="lstm")
      >>> hparams.parse("learning_rate=0.5,layers=[32]")
      HParams([('cell', 'lstm'), ('layers', [32]), ('learning_rate', 0.5)])
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        if hparam_def is not None:
            raise AssertionError(
                f"hparam_def must be None: HParamDef is not there. Give values by keyword, not {hparam_def!r}."
            )
        self._hparam_types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """A further parameter. ValueError for a name that is taken, or an empty list."""
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Another value for a parameter. KeyError for an unknown one, ValueError for a value of another type."""
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, item) for item in value])
        elif is_list:
            raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
        else:
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name: str) -> None:
        """Takes a parameter away, if it is there."""
        if name in self._hparam_types:
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values: str) -> HParams:
        """Sets parameters as a text says (see `parse_values`), and gives this object.

        ValueError for unknown names, other types, and text that cannot be read; some may have been set by then.
        """
        types = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, types))

    def override_from_dict(self, values_dict: Mapping[str, Any]) -> HParams:
        """Sets parameters by name, and gives this object. Errors as in `set_hparam`."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def set_from_map(self, values_map: Mapping[str, Any]) -> HParams:
        """The older name of `override_from_dict`."""
        return self.override_from_dict(values_dict=values_map)

    def parse_json(self, values_json: str) -> HParams:
        """Sets parameters as a JSON object says, and gives this object."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """The parameters as a JSON object; the arguments are those of `json.dumps`. TypeError for what JSON lacks."""
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self) -> dict[str, Any]:
        """All parameters by name."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key: str, default: Any = None) -> Any:
        """A parameter, or `default` where there is none. ValueError when the default is of another type than it."""
        if key not in self._hparam_types:
            return default
        if default is not None:
            self._check_default(key, default)
        return getattr(self, key)

    def _check_default(self, key: str, default: Any) -> None:
        kind, is_list = self._hparam_types[key]
        told = f"list<{kind}>" if is_list else str(kind)
        words = f"Hparam '{key}' of type '{told}' is incompatible with default={default}"
        if isinstance(default, list) != is_list:
            raise ValueError(words)
        try:
            for item in default if is_list else [default]:
                _cast(key, kind, item)
        except ValueError as error:
            raise ValueError(f"{words}. {error}") from None

    def set_model_structure(self, model_structure: Any) -> None:
        self._model_structure = model_structure

    def get_model_structure(self) -> Any:
        return self._model_structure

    def __contains__(self, key: object) -> bool:
        return key in self._hparam_types

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.values().items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self.values().items())})"


__all__ = ["HParams", "parse_values"]
