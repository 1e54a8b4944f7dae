"""Which tensors of a checkpoint belong to others, by their names alone: optimizers' slots and moving averages.

TensorFlow names the slot of `rnn/kernel` after the optimizer: `rnn/kernel/Adam`, a second one `rnn/kernel/Adam_1`,
those of a second optimizer `rnn/kernel/Adam_2` and on. A scope that was open comes in front: `train/rnn/kernel/Adam`;
that of the variable itself too: `Model/Model/rnn/kernel/Adam` of `Model/rnn/kernel`. An optimizer with a `name=` of its
own is not known here: its slots count as variables.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable
from typing import NamedTuple

OPTIMIZER = "optimizer"
AVERAGE = "average"

_OPTIMIZERS = (
    # tf.train
    *("Adadelta", "Adagrad", "AdagradDA", "Adam", "Ftrl", "Momentum", "ProximalAdagrad", "RMSProp"),
    # tf.contrib.opt
    *("AdaMax", "AdamW", "AddSignOptimizer", "AGNOptimizer", "ElasticAverageOptimizer", "LARSOptimizer"),
    *("ModelAverageOptimizer", "MomentumW", "PowerSignOptimizer", "RegAdagrad", "Shampoo", "VariableClipping"),
    # spread by other libraries and by well-known models
    *("AMSGrad", "Adafactor", "AdaBelief", "AdaBound", "LAMB", "LAMBOptimizer", "LazyAdam", "Nadam", "RAdam", "Yogi"),
    *("adam_m", "adam_v", "lamb_m", "lamb_v"),
)
_KERAS = ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD")
_KERAS_SLOTS = ("accum_grad", "accum_var", "accumulator", "linear", "m", "mg", "momentum", "rms", "v", "vhat")
_KERAS_NUMBERS = ("beta_1", "beta_2", "decay", "epsilon", "iter", "learning_rate", "momentum", "rho")

_OPTIMIZER = re.compile(rf"(?:{'|'.join(_OPTIMIZERS)})(?:_\d+)?")
_AVERAGE = re.compile(r"ExponentialMovingAverage(?:_\d+)?|biased|local_step")
_KERAS_OPTIMIZER = re.compile(rf"(?:{'|'.join(_KERAS)})(?:_\d+)?")
_POWER = re.compile(r"beta[12]_power(?:_\d+)?")
# TensorFlow cuts the scope off by its length, so that under one a slot of a partitioned variable, as a whole, is called
# `kernel/art_0/Adam`.
_PART = re.compile(r"[^/]*_\d+")
_SCOPES = 32
"""How many scopes in front of a variable's name are looked behind. No program nests deeper; a made-up name may."""
_LINKS = 8
"""How far what belongs to what belongs to a variable is followed, for the same reason."""


class Slot(NamedTuple):
    """What a tensor is to another: the `variable` that it belongs to, its `label` beside it, and its `kind`."""

    variable: str
    label: str
    kind: str


def slot_of(name: str, names: Collection[str]) -> Slot | None:
    """What `name` is to one of `names`; None when it stands for itself.

    Args:
      name: a tensor's name.
      names: those of the whole checkpoint: a set or a dict, it is looked into often.
    """
    found = slot = _direct(name, names)
    # The moving average of a slot belongs to the variable, through the slot.
    for _ in range(_LINKS):
        if found is None or slot is None:
            return slot
        found = _direct(slot.variable, names)
        if found is not None:
            kind = OPTIMIZER if OPTIMIZER in (slot.kind, found.kind) else AVERAGE
            slot = Slot(found.variable, f"{found.label}/{slot.label}", kind)
    return None


def _direct(name: str, names: Collection[str]) -> Slot | None:
    path, _, last = name.rpartition("/")
    kind = OPTIMIZER if _OPTIMIZER.fullmatch(last) else AVERAGE if _AVERAGE.fullmatch(last) else None
    if kind is not None:
        whole, _, part = path.rpartition("/")
        owner = without_scopes(path, names)
        if owner is None and _PART.fullmatch(part):
            owner = without_scopes(whole, names)
        return None if owner is None else Slot(owner, last, kind)
    return _keras_slot(path, last, names) if last in _KERAS_SLOTS else None


def _keras_slot(path: str, last: str, names: Collection[str]) -> Slot | None:
    """Keras puts the optimizer in front: `training/Adam/dense/kernel/m`."""
    parts = path.split("/")
    for position, part in enumerate(parts[:_SCOPES]):
        if _KERAS_OPTIMIZER.fullmatch(part):
            variable = "/".join(parts[position + 1 :])
            if variable in names:
                return Slot(variable, f"{part}/{last}", OPTIMIZER)
    return None


def without_scopes(name: str, names: Container[str]) -> str | None:
    """The longest end of the path `name` that is a tensor's name."""
    for _ in range(_SCOPES):
        if name and name in names:
            return name
        _, _, name = name.partition("/")
    return None


def is_optimizer_state(name: str, names: Collection[str]) -> bool:
    """Whether only an optimizer needs the tensor: its slots, and numbers such as `beta1_power`.

    Moving averages and `global_step` are not counted as such.
    """
    path, _, last = name.rpartition("/")
    if _POWER.fullmatch(last):
        return True
    if last in _KERAS_NUMBERS and _KERAS_OPTIMIZER.fullmatch(path.rpartition("/")[2]):
        return True
    slot = slot_of(name, names)
    return slot is not None and slot.kind == OPTIMIZER


def fold(names: Iterable[str]) -> dict[str, list[tuple[str, Slot]]]:
    """Tensors that stand for themselves -> those that belong to them (name and what it is), both in the order given."""
    listed = list(names)
    known = frozenset(listed)
    slots = {name: slot_of(name, known) for name in listed}
    groups: dict[str, list[tuple[str, Slot]]] = {name: [] for name, slot in slots.items() if slot is None}
    for name, slot in slots.items():
        if slot is not None:
            groups[slot.variable].append((name, slot))
    return groups
